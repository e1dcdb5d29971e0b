"""uvicorn as we need it: our sockets and TLS context, its signals left to us, a polite end."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn

from api.front import TLS_HANDSHAKE, TLS_SHUTDOWN, Front, Guests
from api.middleware import App
from api.protocol import HttpProtocol, Waiting
from signaling.aio.protocol import WebSocketProtocol

PING_INTERVAL, PING_TIMEOUT = 10.0, 10.0  # seconds: who is silent is gone after 20 s
BACKLOG = 1024


class Server(uvicorn.Server):
    def __init__(
        self,
        app: App,
        tls: ssl.SSLContext | None,
        *,
        message_size: int,
        farewell: Callable[[], Awaitable[None]],
        guests: Guests | None = None,
    ) -> None:
        """`guests`: who else comes by its port."""
        super().__init__(uvicorn_config(app, message_size))
        self._tls = tls
        self._guests = guests
        self._front: Front | None = None
        self._waiting = Waiting()
        self._farewell = farewell  # before the connections are cut
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.servers = []
        if self._guests is not None:
            secure = self._tls is not None
            self._front = Front(self._protocol, self._guests, self._waiting, secure=secure)
            self._front.open(sockets or [])
        else:
            self.servers = [await self._listen(sock) for sock in sockets or []]
        self.started = True
        self.ready.set()

    async def _listen(self, sock: socket.socket) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            self._protocol,
            sock=sock,
            backlog=BACKLOG,
            ssl=self._tls,
            ssl_handshake_timeout=TLS_HANDSHAKE if self._tls else None,
            ssl_shutdown_timeout=TLS_SHUTDOWN if self._tls else None,
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._front is not None:
            self._front.close()
        for server in self.servers:
            server.close()
        await self._farewell()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def _protocol(self) -> asyncio.Protocol:
        return HttpProtocol(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            waiting=self._waiting,
        )


def uvicorn_config(app: App, message_size: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=message_size,
        ws_per_message_deflate=False,  # memory for each connection, and a way to bomb us
        ws_ping_interval=PING_INTERVAL,
        ws_ping_timeout=PING_TIMEOUT,
        lifespan="off",
        log_config=None,
        access_log=False,  # request lines hold tokens
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        timeout_graceful_shutdown=2,
    )
