"""Where a media node listens, and what it tells clients of that.

Apart from the engine: who only starts media processes need not load what forwards packets.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from sfu.aio.buffers import enlarge
from sfu.config import PlaneConfig
from sfu.gather import GatherRule
from sfu.media import Candidate


@dataclass(slots=True)
class EngineConfig:
    """Where a media node listens and what it tells clients."""

    node_id: str
    addresses: Sequence[str]  # local addresses to bind, one UDP and one TCP socket each
    udp_port: int = 7882  # 0: any free one
    tcp_port: int | None = 7881  # None: no ICE-TCP
    advertise: Sequence[str] = ()  # addresses for clients instead of the bound ones (NAT)
    elsewhere: Sequence[Candidate] = ()  # where others accept TCP for the node
    plane: PlaneConfig = field(default_factory=PlaneConfig)
    gather: GatherRule = field(default_factory=GatherRule)
    portable: bool = False  # receive, seal and send one by one, as on systems without better ways


def advertised(config: EngineConfig, bound: str) -> Sequence[str]:
    """What clients are told instead of a bound address, in its own family."""
    family = ":" in bound
    return [a for a in config.advertise if (":" in a) == family] or [bound]


def unique(candidates: list[Candidate]) -> list[Candidate]:
    """Several bound addresses behind one advertised one are one candidate."""
    seen: list[Candidate] = []
    for candidate in candidates:
        if candidate not in seen:
            seen.append(candidate)
    return seen


def bind_udp(address: str, port: int) -> socket.socket:
    """A non-blocking socket on one local address; OSError when it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        enlarge(sock)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock
