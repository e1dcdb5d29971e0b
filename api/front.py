"""One port for all that comes by TCP: look how a connection begins, then give it to whom it is for.

The first bytes are only looked at: they stay in the socket, so that whoever gets it (the web
server, the relay, TLS, a media process) reads everything itself.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, cast

from api.protocol import HEAD_TIMEOUT, Waiting
from api.rules.sorting import ENOUGH, Kind, kind_of
from turn.aio.accepting import Acceptor

TLS_HANDSHAKE = 10.0  # seconds, as for the head of a request
TLS_SHUTDOWN = 2.0  # seconds for the other side's close_notify

MakeProtocol = Callable[[], asyncio.Protocol]
TakeSocket = Callable[[socket.socket, str], None]  # from which nothing has been read, and whence

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Guests:
    """Who else comes by the port of the web server."""

    tls: ssl.SSLContext | None = None
    relay: TakeSocket | None = None  # TURN over TCP
    relay_in_tls: MakeProtocol | None = None
    media: TakeSocket | None = None  # ICE-TCP


class Front:
    """Accepts for everybody. `http`, if there is such, is served inside TLS alone when `secure`."""

    def __init__(
        self,
        http: MakeProtocol | None,
        guests: Guests,
        waiting: Waiting,
        *,
        secure: bool,
    ) -> None:
        self.guests = guests
        self.waiting = waiting
        self.loop = asyncio.get_running_loop()
        self._http = http
        self._is_secure = secure
        self._acceptor = Acceptor(self._sort, "connections")
        self._unsorted: set[Unsorted] = set()
        self._connecting: set[asyncio.Task[Any]] = set()

    def open(self, sockets: Sequence[socket.socket]) -> None:
        """Accept from these listening sockets, which stay the caller's."""
        self._acceptor.open(sockets)

    def close(self) -> None:
        """Connections that have been given away go on."""
        self._acceptor.close()
        for unsorted in list(self._unsorted):
            unsorted.abort()
        for task in self._connecting:
            task.cancel()

    def give(self, kind: Kind, sock: socket.socket, source: str) -> None:
        """A connection is sorted; without anybody for it it ends."""
        guests = self.guests
        match kind:
            case Kind.TLS if guests.tls is not None:
                self._connect(lambda: Inside(self), sock, guests.tls)
            case Kind.HTTP if self._http is not None and not self._is_secure:
                self._connect(self._http, sock)
            case Kind.RELAY if guests.relay is not None:
                guests.relay(sock, source)
            case Kind.MEDIA if guests.media is not None:
                guests.media(sock, source)
            case _:
                sock.close()

    def inside(self, kind: Kind) -> asyncio.Protocol | None:
        """Who speaks inside TLS."""
        if kind is Kind.HTTP and self._http is not None:
            return self._http()
        if kind is Kind.RELAY and self.guests.relay_in_tls is not None:
            return self.guests.relay_in_tls()
        return None

    def forget(self, unsorted: "Unsorted") -> None:
        self._unsorted.discard(unsorted)
        self.waiting.discard(unsorted)

    def _sort(self, sock: socket.socket, source: str) -> None:
        unsorted = Unsorted(self, sock, source)
        self._unsorted.add(unsorted)
        self.waiting.add(unsorted)

    def _connect(
        self, make: MakeProtocol, sock: socket.socket, tls: ssl.SSLContext | None = None
    ) -> None:
        connecting: Coroutine[Any, Any, Any] = self.loop.connect_accepted_socket(
            make,
            sock,
            ssl=tls,
            ssl_handshake_timeout=TLS_HANDSHAKE if tls else None,
            ssl_shutdown_timeout=TLS_SHUTDOWN if tls else None,
        )
        task = self.loop.create_task(connecting)
        self._connecting.add(task)
        task.add_done_callback(self._connected)

    def _connected(self, task: asyncio.Task[Any]) -> None:
        """A handshake that fails is the client's business."""
        self._connecting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.debug("a connection was not made: %s", type(error).__name__)


class Unsorted:
    """A connection that nobody has read from."""

    def __init__(self, front: Front, sock: socket.socket, source: str) -> None:
        self._front = front
        self._sock = sock
        self._source = source
        self._timer = front.loop.call_later(HEAD_TIMEOUT, self.abort)
        front.loop.add_reader(sock.fileno(), self._look)

    def abort(self) -> None:
        self._leave()
        self._sock.close()

    def _look(self) -> None:
        try:
            first = self._sock.recv(ENOUGH, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            return self.abort()
        kind = kind_of(first)
        if kind is None and first and self._has_patience():
            return
        self._leave()
        self._front.give(kind or Kind.UNKNOWN, self._sock, self._source)

    def _has_patience(self) -> bool:
        """To be woken for what has been seen already would not end: not before there is more.

        False: we were, since the other end will send nothing more.
        """
        if self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == ENOUGH:
            return False
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, ENOUGH)
        return True

    def _leave(self) -> None:
        self._front.loop.remove_reader(self._sock.fileno())
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        self._timer.cancel()
        self._front.forget(self)


class Inside(asyncio.Protocol):
    """What comes inside TLS, until it is known what it is."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._first = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none
        self._timer = self._front.loop.call_later(HEAD_TIMEOUT, self.abort)
        self._front.waiting.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._leave()

    def data_received(self, data: bytes) -> None:
        self._first += data
        kind = kind_of(self._first)
        if kind is None:
            return
        self._leave()
        protocol = self._front.inside(kind)
        if protocol is None:
            return self.abort()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._first)

    def abort(self) -> None:
        self._transport.abort()

    def _leave(self) -> None:
        self._timer.cancel()
        self._front.waiting.discard(self)
