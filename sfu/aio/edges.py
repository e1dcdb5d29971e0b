"""Which way packets come in and go out on this system: many by one call, or one by one."""

import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Protocol

from sfu.aio.beside import Landed, Way, Whole
from sfu.aio.given import Given
from sfu.aio.native import NativeEgress, NativeReader
from sfu.aio.portable import PortableEgress, PortableReader
from sfu.aio.turn import Turn
from sfu.arena import Arena
from sfu.plane import Plane
from sfu.ring import Batch, Ring
from sfu.tables import Clients
from turn.aio.mmsg import Calls, Unavailable
from turn.aio.probe import probe

log = logging.getLogger(__name__)

SendTcp = Callable[[int, bytes], None]  # number of the connection, datagram


class Reader(Protocol):
    is_drained: bool  # by the last read: the socket was empty
    came: int  # datagrams, by the last read
    most: int  # of them that a read takes

    def read(self) -> Batch | None:
        """None: nothing was there, or nothing of it is left to be done."""


class SocketEgress(Protocol):
    no_path: int

    @property
    def unsent(self) -> int: ...
    def set_clients(self, clients: Clients) -> None: ...
    def add(self, ways: Sequence[Way]) -> None: ...
    def send(self, arena: Arena) -> None: ...


@dataclass(slots=True)
class Edges:
    readers: Sequence[Reader]  # one for each socket
    egress: SocketEgress
    calls: Calls | None  # of the system, where there are any


Land = Callable[
    [int], Landed
]  # for what the relay has for a socket, by the number that it has then


def link(edges: Edges, plane: Plane, clock: Callable[[], float] = time.monotonic) -> Land:
    """Let what comes be forwarded by the loop that receives it, where that is possible.

    Returns what does the same for what comes by the relay.
    """
    calls, egress = edges.calls, edges.egress
    if calls is None or not calls.receive_at or not isinstance(egress, NativeEgress):
        return Whole
    if not plane.regular.state.sealer.sealing.protect:
        return Whole
    readers = [one for one in edges.readers if isinstance(one, NativeReader)]
    edges.readers = [Turn(reader, egress, plane, calls, clock) for reader in readers]
    return partial(Given, egress=egress, plane=plane, calls=calls)


def open_edges(
    sockets: Sequence[socket.socket], ring: Ring, send_tcp: SendTcp, *, portable: bool = False
) -> Edges:
    """The fastest that works here. `portable`: one packet after another in any case."""
    calls, segments = (None, False) if portable else native()
    if calls is None:
        return Edges(
            [PortableReader(number, sock, ring) for number, sock in enumerate(sockets)],
            PortableEgress(sockets, send_tcp),
            None,
        )
    return Edges(
        [NativeReader(number, sock, ring, calls) for number, sock in enumerate(sockets)],
        NativeEgress(sockets, send_tcp, calls, segments=segments),
        calls,
    )


@cache
def native() -> tuple[Calls | None, bool]:
    """The calls of this system and whether messages may have segments. Tried once."""
    try:
        return probe()
    except Unavailable as error:
        log.warning("packets are received and sent one by one: %s", error)
        return None, False
