"""uvicorn's WebSocket protocol with what it lacks: an end for those who misuse it, a silent log.

For `uvicorn.Config(ws=WebSocketProtocol)`. A socket that never reads cannot be closed politely:
its buffer would stay as long as the peer likes. Control frames and fragments cost more than they
carry, and nothing of ours sees them. And uvicorn logs the query of every WebSocket, where LiveKit
clients put their tokens.
"""

import logging
from asyncio import AbstractEventLoop
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from signaling.limits import Bucket

CUT = "housecall.cut"  # in scope["extensions"]: {"call": Callable[[int, str], None]}

VIOLATION = 1008  # close code (RFC 6455, section 7.4.1)
LINGER = 5.0  # seconds to take our last words
PINGS_PER_SECOND, PINGS_BURST = 5.0, 50.0  # clients ping every few seconds, if at all
MOST_FRAGMENTS = 1000  # of a message: empty ones have no size

_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _log
        self._pings = Bucket(PINGS_PER_SECOND, PINGS_BURST, self.loop.time())

    def handle_ping(self) -> None:
        if self.close_sent:
            return
        if self._pings.take(self.loop.time()):
            super().handle_ping()
        else:
            self.cut(VIOLATION, "too many pings")

    def handle_cont(self, event: Frame) -> None:
        if self.close_sent:
            return
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        else:
            self.cut(VIOLATION, "too many fragments")

    def cut(self, code: int, reason: str) -> None:
        """Say why, if there is anybody to hear it, and end the connection soon in any case."""
        if self.handshake_complete and not (self.close_sent or self.transport.is_closing()):
            self.conn.data_to_send()  # answers to what nobody should have asked
            self.conn.fail(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            self.transport.close()
            self.loop.call_later(LINGER, self.transport.abort)
        else:
            self.transport.abort()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True  # uvicorn logs an error for every denial otherwise

    async def run_asgi(self) -> None:
        extensions = self.scope.setdefault("extensions", {})
        assert extensions is not None
        extensions[CUT] = {"call": self.cut}
        try:
            await super().run_asgi()
        finally:
            self.frames = []
            while not self.queue.empty():  # nobody reads it any more
                self.queue.get_nowait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The parser is part of a cycle, and would keep the last frame until the collector comes:
        megabytes of each connection that has ended."""
        super().connection_lost(exc)
        self.conn.parser.close()
        self.conn.reader.discard()
