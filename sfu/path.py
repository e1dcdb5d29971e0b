"""Where a datagram came from and where one shall go: the key of a client's address.

A UDP path is `(socket number, remote address)`: the socket number says which of our addresses was
asked, so that the answer leaves from it. A TCP path is `(-1, (host, port, connection number))`: the
framing of RFC 4571 is done by the shell. Every remote begins with host and port.
"""

from typing import Any, NamedTuple

Path = tuple[int, Any]

TCP = -1  # the socket number of every TCP path


class Transmit(NamedTuple):
    data: bytes
    to: Path


def describe(path: Path) -> str:
    """For logs and events: "192.0.2.1:5000/udp"."""
    number, (host, port, *_) = path
    protocol = "tcp" if number == TCP else "udp"
    return f"[{host}]:{port}/{protocol}" if ":" in host else f"{host}:{port}/{protocol}"
