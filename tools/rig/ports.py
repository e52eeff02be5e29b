"""Free ports of 127.0.0.1, from the kernel, so that runs side by side do not meet."""
import socket


def free_port(kind=socket.SOCK_DGRAM, host="127.0.0.1"):
    """A port that was free a moment ago on UDP and TCP alike."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(100):
        with socket.socket(family, kind) as first:
            first.bind((host, 0))
            port = first.getsockname()[1]
            other = socket.SOCK_STREAM if kind == socket.SOCK_DGRAM else socket.SOCK_DGRAM
            with socket.socket(family, other) as second:
                try:
                    second.bind((host, port))
                    return port
                except OSError:
                    continue
    raise OSError("no free port")


def free_media_ports(host="127.0.0.1"):
    """The first of four UDP ports in a row: SIPp takes them for audio and video, RTP and RTCP."""
    for _ in range(100):
        first = free_port(host=host)
        if first < 65530 and not any(is_bound(port, host) for port in range(first + 1, first + 4)):
            return first
    raise OSError("no four free ports in a row")


def is_bound(port, host="127.0.0.1", kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
            return False
        except OSError:
            return True
