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
