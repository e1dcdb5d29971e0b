"""Where a datagram came from and where one shall go.

A UDP path is `(socket number, remote address)`: the socket number says which of our addresses was
asked, so that the answer leaves from it. A TCP path is `(-1, (host, port, connection number))`: the
framing of RFC 4571 is done by the shell. Every remote begins with host and port.

Media is told apart by the remote's raw bytes, which the system gives for many packets at once.
"""

import ipaddress
import struct
import sys
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Path = tuple[int, Any]
Key = bytes  # a socket address as the kernel has it: 16 bytes of IPv4, 28 of IPv6

TCP = -1  # the socket number of every TCP path

INET = struct.Struct("=H2s4s8x")  # family, port, address (RFC 3493, struct sockaddr_in)
INET6 = struct.Struct("=H2sI16sI")  # family, port, flow label, address, scope (sockaddr_in6)
AF_INET, AF_INET6 = 2, 10  # Linux; keys never leave this process
NAME_SIZE = 32  # bytes of a key with zeros behind it, as compiled loops compare them
CACHED = 4096  # addresses


class Transmit(NamedTuple):
    data: bytes
    to: Path


@lru_cache(CACHED)
def key(path: Path) -> Key:
    """The bytes by which media of this path is known; unique among the paths of its socket."""
    number, (host, port, *rest) = path
    if number == TCP:
        return f"{rest[0]}".encode()
    flow, scope = (*rest, 0, 0)[:2]
    address = ipaddress.ip_address(host.partition("%")[0]).packed
    if len(address) == 4:
        return INET.pack(AF_INET, port.to_bytes(2, "big"), address)
    return INET6.pack(AF_INET6, port.to_bytes(2, "big"), flow, address, scope)


def name_of(remote: Key) -> NDArray[np.uint32]:
    """The key as one row of words."""
    return np.frombuffer(remote.ljust(NAME_SIZE, b"\0"), np.uint32).reshape(1, -1)


def key_in(name: bytes, number: int) -> Key:
    """The key of a path by our socket `number`, without the zeros."""
    if number == TCP:
        return name.rstrip(b"\0")
    family = int.from_bytes(name[:2], sys.byteorder)
    return name[: INET.size if family == AF_INET else INET6.size]


@lru_cache(CACHED)
def path_of(number: int, remote: Key) -> Path:
    """The path of a UDP datagram that came by our socket `number`."""
    if len(remote) == INET.size:
        _, port, address = INET.unpack(remote)
        return number, (str(ipaddress.IPv4Address(address)), int.from_bytes(port, "big"))
    _, port, flow, address, scope = INET6.unpack(remote)
    host = str(ipaddress.IPv6Address(address))
    return number, (host, int.from_bytes(port, "big"), flow, scope)


def describe(path: Path) -> str:
    """For logs and events: "192.0.2.1:5000/udp"."""
    number, (host, port, *_) = path
    protocol = "tcp" if number == TCP else "udp"
    return f"[{host}]:{port}/{protocol}" if ":" in host else f"{host}:{port}/{protocol}"
