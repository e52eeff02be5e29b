"""Free ports of this machine, so that runs side by side do not meet.

They lie above the kernel's ephemeral ones (32768–60999), so that no outgoing connection takes one between the look and the bind, and each is
reserved by a lock on its own byte of one file: the kernel releases it with the process.
"""
import fcntl
import os
import pathlib
import random
import socket
import tempfile

kFirst, kEnd = 61000, 65536

_reservations = None  # the file; kept open, for closing it would release every lock of this process
_ours = set()         # a process is never refused its own locks


def _reserve(port):
    global _reservations
    if _reservations is None:
        _reservations = open(pathlib.Path(tempfile.gettempdir()) / f"hotline-ports-{os.geteuid()}", "ab")
    if port in _ours:
        return False
    try:
        fcntl.lockf(_reservations, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _ours.add(port)
    return True


def release(first, count=1):
    for port in range(first, first + count):
        if port in _ours:
            fcntl.lockf(_reservations, fcntl.LOCK_UN, 1, port)
            _ours.discard(port)


def free_ports(count, host="127.0.0.1"):
    """The first of `count` ports in a row that are free on UDP and TCP alike; this process keeps them to itself."""
    for _ in range(1000):
        first = random.randrange(kFirst, kEnd - count + 1)
        row = range(first, first + count)
        reserved = [port for port in row if _reserve(port)]
        if len(reserved) == count and not any(is_bound(port, host, kind) for port in row for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            return first
        for port in reserved:
            release(port)
    raise OSError(f"no {count} free ports in a row between {kFirst} and {kEnd - 1}")


def free_port(host="127.0.0.1"):
    return free_ports(1, host)


def is_bound(port, host="127.0.0.1", kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
            return False
        except OSError:
            return True


def is_taken(port, kind=socket.SOCK_DGRAM):
    """As the kernel's tables say. Unlike is_bound() it takes no port for a moment itself, which whoever is about to bind it could meet."""
    tables, listening = (("udp", "udp6"), None) if kind == socket.SOCK_DGRAM else (("tcp", "tcp6"), "0A")
    for table in tables:
        try:
            lines = pathlib.Path("/proc/net", table).read_text().splitlines()[1:]
        except FileNotFoundError:  # a kernel without IPv6
            continue
        for _, local, _, state, *_ in map(str.split, lines):
            if int(local.rpartition(":")[2], 16) == port and listening in (None, state):
                return True
    return False
