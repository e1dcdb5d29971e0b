"""The relay in a media process: its clients come by what the main process passes on."""

import socket
from collections.abc import Callable

from sfu.aio.engine import Engine
from sfu.aio.messages import AdmitClient, RelayNoted, StartRelay
from turn.aio.service import RelayService
from turn.stats import RelayStats


class Relaying:
    """Does nothing until it is told to `start`. `tell` gets what the relay notes."""

    def __init__(self, tell: Callable[[RelayNoted], None]) -> None:
        self._tell = tell
        self._service: RelayService | None = None

    def start(self, message: StartRelay, engine: Engine, *, by_loops: bool) -> None:
        """For this media, too."""
        terms = message.terms
        self._service = RelayService(terms.config, terms.bind, terms.near, by_loops=by_loops)
        self._service.on_notes = lambda notes: self._tell(RelayNoted(notes))
        engine.join(self._service)

    def open(self, sock: socket.socket) -> None:
        """Clients come by this UDP socket."""
        if self._service is None:
            sock.close()
        else:
            self._service.open_udp(sock)

    def admit(self, message: AdmitClient, sock: socket.socket) -> None:
        """A client's connection."""
        if self._service is None:
            sock.close()
        else:
            self._service.take(sock, message.client)

    async def stats(self) -> RelayStats:
        if self._service is None:
            return RelayStats(0, {}, {}, 0)
        return await self._service.stats()

    async def close(self) -> None:
        if self._service is not None:
            await self._service.close()
