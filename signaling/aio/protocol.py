"""uvicorn's WebSocket protocol with what it lacks: an abort, and a log that stays silent.

For `uvicorn.Config(ws=WebSocketProtocol)`. A socket that never reads cannot be closed politely:
its buffer would stay as long as the peer likes. And uvicorn logs the query of every WebSocket,
where LiveKit clients put their tokens.
"""

import logging
from asyncio import AbstractEventLoop
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

ABORT = "housecall.abort"  # in scope["extensions"]: {"call": Callable[[], None]}

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

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True  # uvicorn logs an error for every denial otherwise

    async def run_asgi(self) -> None:
        extensions = self.scope.setdefault("extensions", {})
        assert extensions is not None
        extensions[ABORT] = {"call": self.transport.abort}
        await super().run_asgi()
