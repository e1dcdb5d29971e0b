"""A UDP socket for each peer connection: servers tell clients apart by their addresses."""

import socket
from collections.abc import Iterable
from pathlib import Path

from turn.aio.mmsg import SO_TIMESTAMPNS

BUFFER = 4 << 20  # bytes; the system gives what net.core.rmem_max allows
DROPS = Path("/proc/net")


def connect(host: str, port: int) -> socket.socket:
    """A socket that hears this server only."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.connect((host, port))
    return sock


def dropped(ports: Iterable[int], folder: Path = DROPS) -> int:
    """Datagrams that our sockets had no room for, since they were made (/proc/net/udp)."""
    wanted = set(ports)
    lines = [
        line.split()
        for name in ("udp", "udp6")
        if (folder / name).exists()
        for line in (folder / name).read_text().splitlines()[1:]
    ]
    return sum(int(line[-1]) for line in lines if int(line[1].rpartition(":")[2], 16) in wanted)
