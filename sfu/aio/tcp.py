"""ICE-TCP, passive side (RFC 6544): framed datagrams over connections that clients open."""

import asyncio
import itertools
import socket
from collections import Counter
from collections.abc import Callable
from typing import cast

from sfu.path import TCP, Path
from sfu.transport.framing import Deframer, FramingError, frame

UNPROVEN_SECONDS = 10.0  # a connection without a valid check by then is closed
UNPROVEN = 256  # such connections at once
UNPROVEN_PER_SOURCE = 16
LAST_WORDS = 1.0  # seconds to take what is left
QUEUED = 1 << 20  # bytes not taken by the client: beyond that datagrams are lost, as on a wire


class Unproven:
    """Connections that no valid check has come by, counted by source."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def admit(self, source: str) -> bool:
        """False: there are too many, of all or of this source."""
        counts = self._counts
        if counts.total() >= UNPROVEN or counts[source] >= UNPROVEN_PER_SOURCE:
            return False
        counts[source] += 1
        return True

    def release(self, source: str) -> None:
        self._counts[source] -= 1
        if self._counts[source] <= 0:
            del self._counts[source]


class TcpListener:
    """Accepts connections on some local addresses and numbers them, each a path of its own.

    It takes those too that another process has accepted (`adopt`).
    """

    def __init__(
        self,
        on_datagram: Callable[[bytes, Path], None],
        on_closed: Callable[[Path], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.on_datagram = on_datagram
        self.on_closed = on_closed
        self.loop = loop
        self.refused = 0  # connections over the bounds
        self.unsent = 0  # datagrams lost to a client that does not read
        self.unproven = Unproven()
        self._adopting: set[asyncio.Task[object]] = set()
        self._servers: list[asyncio.Server] = []
        self._connections: dict[int, TcpConnection] = {}
        self._numbers = itertools.count()

    async def listen(self, sock: socket.socket) -> None:
        self._servers.append(await self.loop.create_server(self._connection, sock=sock))

    def adopt(self, sock: socket.socket, data: bytes) -> None:
        """Go on with a connection from which `data` has been read."""
        connecting = self.loop.connect_accepted_socket(lambda: self._connection(data), sock)
        task = self.loop.create_task(connecting)
        self._adopting.add(task)
        task.add_done_callback(self._adopting.discard)

    def send(self, data: bytes, to: Path) -> None:
        if (connection := self._connections.get(to[1][2])) is None or not connection.send(data):
            self.unsent += 1

    def prove(self, path: Path) -> None:
        """A valid check came by this connection: it may stay."""
        if path[0] == TCP and (connection := self._connections.get(path[1][2])) is not None:
            connection.prove()

    def end(self, path: Path) -> None:
        """Its session is over, or uses others: close it when the last words have left."""
        if (connection := self._connections.get(path[1][2])) is not None:
            connection.close()

    def forget(self, path: Path) -> None:
        if self._connections.pop(path[1][2], None) is not None:
            self.on_closed(path)

    async def close(self) -> None:
        for task in self._adopting:
            task.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self._connections.values()):
            connection.abort()
        for server in self._servers:
            await server.wait_closed()

    def _connection(self, data: bytes = b"") -> "TcpConnection":
        number = next(self._numbers)
        connection = TcpConnection(self, number, data)
        self._connections[number] = connection
        return connection


class TcpConnection(asyncio.Protocol):
    """One client's connection: unproven until the listener says otherwise."""

    _transport: asyncio.Transport

    def __init__(self, listener: TcpListener, number: int, data: bytes) -> None:
        self._listener = listener
        self._number = number
        self._data = data  # read before the connection was ours
        self._path: Path = (TCP, ("", 0, number))
        self._deframer = Deframer()
        self._source: str | None = None  # while unproven
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it
        if (peer := transport.get_extra_info("peername")) is None:  # reset by now
            self._transport.abort()
            return
        source, port, *_ = peer
        self._path = (TCP, (source, port, self._number))
        if not self._listener.unproven.admit(source):
            self._listener.refused += 1
            self._transport.abort()
            return
        self._source = source
        self._timer = self._listener.loop.call_later(UNPROVEN_SECONDS, self._transport.abort)
        if self._data:
            self.data_received(self._data)

    def data_received(self, data: bytes) -> None:
        try:
            datagrams = self._deframer.receive(data)
        except FramingError:
            self._transport.abort()
            return
        for datagram in datagrams:
            self._listener.on_datagram(datagram, self._path)

    def connection_lost(self, exc: Exception | None) -> None:
        self.prove()  # it no longer counts among the unproven
        self._listener.forget(self._path)

    def send(self, data: bytes) -> bool:
        if self._transport.get_write_buffer_size() > QUEUED:
            return False
        self._transport.write(frame(data))
        return True

    def prove(self) -> None:
        if self._source is None:
            return
        self._listener.unproven.release(self._source)
        self._source = None
        if self._timer is not None:
            self._timer.cancel()

    def close(self) -> None:
        self._transport.close()
        self._listener.loop.call_later(LAST_WORDS, self._transport.abort)

    def abort(self) -> None:
        self._transport.abort()
