"""uvicorn's HTTP protocol with bounds on the head of a request: its size and how long it may take.

uvicorn has neither, so a stranger could hold memory and connections with requests that never end.
Nor has it a bound on connections that have not asked for anything, or not again.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_HEAD = 96 * 1024  # bytes of request line and headers; clients are promised 64 KiB
MAX_HEADERS = 100  # `websockets` stops at 128 and does not answer then
HEAD_TIMEOUT = 10.0  # seconds from the first chance to send a head until all of it is here
MOST_WAITING = 1000  # connections without a head, of all together: one more ends the oldest
LINGER = 1.0  # seconds to read on after a refusal: closing at once could lose the answer


class HeadRefused(Exception):
    """The head of a request is not acceptable; the parser stops at it."""


class Connection(Protocol):
    def abort(self) -> None: ...


class Waiting:
    """Connections of one server whose next head is not complete, the oldest first. Clients send
    theirs at once, so that the oldest of very many are those of an attack."""

    def __init__(self) -> None:
        self._connections: dict[Connection, None] = {}

    def add(self, connection: Connection) -> None:
        self._connections[connection] = None
        if len(self._connections) > MOST_WAITING:
            oldest = next(iter(self._connections))
            self.discard(oldest)
            oldest.abort()

    def discard(self, connection: Connection) -> None:
        self._connections.pop(connection, None)


class HttpProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, waiting: Waiting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting = waiting
        self._deadline: asyncio.TimerHandle | None = None
        self._refusal = HTTPStatus.BAD_REQUEST
        self._refused = False
        self._in_head = False
        self._began = False  # the head began within the chunk that is being parsed
        self._unparsed = 0  # bytes of a head that the parser has not reported yet

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def abort(self) -> None:
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._began = False
        super().data_received(data)
        if self._refused or self.transport.get_protocol() is not self:
            return  # it is a WebSocket now
        if self._in_head and not self._began:
            self._unparsed += len(data)
            if self._unparsed > MAX_HEAD:
                self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                self.send_400_response("")
        elif self._deadline is None and self._is_idle():
            self._expect_head()  # uvicorn takes anything for the start of the next request

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._began = True
        self._unparsed = self._size = 0
        if self._deadline is None:
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._measure(len(url), HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._measure(len(name) + len(value) + 4, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._cancel_deadline()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        try:
            self.url.decode("ascii")
        except UnicodeDecodeError:
            self.send_400_response("")
        else:
            super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Also for the other refusals of a head. The connection ends."""
        self._refused = True
        self._cancel_deadline()
        body = self._refusal.phrase.encode()
        self.transport.write(
            STATUS_LINE[self._refusal]
            + b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
            + b"content-length: %d\r\n\r\n%b" % (len(body), body)
        )
        self._deadline = self.loop.call_later(LINGER, self.transport.close)

    def _measure(self, size: int, refusal: HTTPStatus) -> None:
        self._size += size
        if self._size > MAX_HEAD or len(self.headers) > MAX_HEADERS:
            self._refusal = refusal
            raise HeadRefused

    def _is_idle(self) -> bool:
        return not self._in_head and (self.cycle is None or self.cycle.response_complete)

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_TIMEOUT, self._time_out)
        self._waiting.add(self)

    def _time_out(self) -> None:
        self._refusal = HTTPStatus.REQUEST_TIMEOUT
        self.send_400_response("")

    def _cancel_deadline(self) -> None:
        self._waiting.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
