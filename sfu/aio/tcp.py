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
QUEUED = 1 << 20  # bytes not taken by the client: beyond that datagrams are lost, as on a wire


class TcpListener:
    """Accepts connections on some local addresses and numbers them, each a path of its own."""

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
        self.unproven: Counter[str] = Counter()
        self._servers: list[asyncio.Server] = []
        self._connections: dict[int, TcpConnection] = {}
        self._numbers = itertools.count()

    async def listen(self, sock: socket.socket) -> None:
        self._servers.append(await self.loop.create_server(self._connection, sock=sock))

    def send(self, data: bytes, to: Path) -> None:
        if (connection := self._connections.get(to[1][2])) is None or not connection.send(data):
            self.unsent += 1

    def prove(self, path: Path) -> None:
        """A valid check came by this connection: it may stay."""
        if path[0] == TCP and (connection := self._connections.get(path[1][2])) is not None:
            connection.prove()

    def has_room_for(self, source: str) -> bool:
        return self.unproven.total() < UNPROVEN and self.unproven[source] < UNPROVEN_PER_SOURCE

    def forget(self, path: Path) -> None:
        if self._connections.pop(path[1][2], None) is not None:
            self.on_closed(path)

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections.values()):
            connection.abort()
        for server in self._servers:
            await server.wait_closed()

    def _connection(self) -> "TcpConnection":
        number = next(self._numbers)
        connection = TcpConnection(self, number)
        self._connections[number] = connection
        return connection


class TcpConnection(asyncio.Protocol):
    """One client's connection: unproven until the listener says otherwise."""

    _transport: asyncio.Transport

    def __init__(self, listener: TcpListener, number: int) -> None:
        self._listener = listener
        self._number = number
        self._path: Path = (TCP, ("", 0, number))
        self._deframer = Deframer()
        self._source: str | None = None  # while unproven
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it
        source, port, *_ = transport.get_extra_info("peername")
        self._path = (TCP, (source, port, self._number))
        if not self._listener.has_room_for(source):
            self._listener.refused += 1
            self._transport.abort()
            return
        self._source = source
        self._listener.unproven[source] += 1
        self._timer = self._listener.loop.call_later(UNPROVEN_SECONDS, self._transport.abort)

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
        unproven = self._listener.unproven
        unproven[self._source] -= 1
        if unproven[self._source] <= 0:
            del unproven[self._source]
        self._source = None
        if self._timer is not None:
            self._timer.cancel()

    def abort(self) -> None:
        self._transport.abort()


def bind_tcp(address: str, port: int) -> socket.socket:
    """A listening socket on one local address; OSError when it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock
