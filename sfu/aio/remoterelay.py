"""The relay as the main process sees it when it runs in a media process.

All that listens is here, so that it stays when that process is replaced: UDP sockets are shared
with it, TCP connections are passed to it as they are, and TLS ends here. A process that takes the
place of a lost one is given the same; allocations end with the process that had them.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from sfu.aio.messages import AdmitClient, OpenDoor, StartRelay, ToRelay
from sfu.aio.tunnel import Tunnel
from turn.addresses import Address
from turn.aio import tcp
from turn.aio.accepting import Acceptor, bind_tcp
from turn.aio.udp import bind_udp
from turn.config import Terms
from turn.notes import Note
from turn.stats import RelayStats


class Carrier(Protocol):
    """A media process."""

    on_relay_notes: Callable[[list[Note]], None] | None

    def tell(self, message: ToRelay, passed: socket.socket | None = None) -> None:
        """The passed socket is its own from now on."""

    async def relay_stats(self) -> RelayStats:
        """ConnectionError when it ends meanwhile."""


class RemoteRelay:
    """It relays as soon as some process `begin`s. `terms` are asked each time: they may change."""

    def __init__(self, terms: Callable[[], Terms]) -> None:
        self._terms = terms
        self._carrier: Carrier | None = None
        self.on_notes: Callable[[list[Note]], None] | None = None
        self._doors: list[socket.socket] = []
        self._acceptor = Acceptor(self.take_from, "TCP connections for the relay")
        self._listeners: list[asyncio.Server] = []

    @property
    def is_carried(self) -> bool:
        return self._carrier is not None

    def begin(self, carrier: Carrier) -> None:
        """This process relays from now on."""
        self._carrier = carrier
        carrier.on_relay_notes = self._note
        carrier.tell(StartRelay(self._terms()))
        for door in self._doors:
            carrier.tell(OpenDoor(), door.dup())

    def lose(self, carrier: Carrier) -> None:
        """That process is of no use any more."""
        if self._carrier is carrier:
            self._carrier = None

    def listen_udp(self, host: str, port: int) -> Address:
        """Before somebody begins. Returns where it listens. OSError."""
        sock = bind_udp(host, port)
        self._doors.append(sock)
        return address_of(sock)

    async def listen_tcp(
        self, host: str, port: int, context: ssl.SSLContext | None = None
    ) -> Address:
        """With a context it is TLS. Returns where it listens. OSError."""
        if context is None:
            sock = bind_tcp(host, port)
            self._acceptor.open([sock])
            return address_of(sock)
        listener = await tcp.listen(self.accept, host, port, context)
        self._listeners.append(listener)
        return address_of(listener.sockets[0])

    def accept(self) -> Tunnel:
        """For a client's connection in TLS, which ends in this process."""
        return Tunnel(self._admit)

    def take(self, sock: socket.socket) -> None:
        """A client's connection from which nothing has been read."""
        self._admit(sock, None)

    def take_from(self, sock: socket.socket, source: str) -> None:
        self.take(sock)

    async def stats(self) -> RelayStats | None:
        """None: nobody relays now. ConnectionError when its process ends meanwhile."""
        return await self._carrier.relay_stats() if self._carrier is not None else None

    async def close(self) -> None:
        for sock in [*self._acceptor.close(), *self._doors]:
            sock.close()
        for listener in self._listeners:
            listener.close()

    def _note(self, notes: list[Note]) -> None:
        if self.on_notes is not None:
            self.on_notes(notes)

    def _admit(self, sock: socket.socket, client: Address | None) -> None:
        if self._carrier is None:
            sock.close()
        else:
            self._carrier.tell(AdmitClient(client), sock)


def address_of(sock: socket.socket) -> Address:
    host, port = sock.getsockname()[:2]
    return host, port
