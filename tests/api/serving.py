"""Our HTTP server on a loopback port of this process, with a small ASGI callable behind it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from api.front import Guests
from api.listen import listen
from api.middleware import App, Message, Receive, Scope, Send, respond
from api.server import Server


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """HTTP: the length of the path and query. WebSocket: an echo."""
    if scope["type"] == "http":
        await respond(send, 200, str(len(scope["path"]) + len(scope["query_string"])))
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send(_echo(message))


def _echo(message: Message) -> Message:
    return {"type": "websocket.send", "bytes": message.get("bytes"), "text": message.get("text")}


@asynccontextmanager
async def serving(
    guests: Guests | None = None, tls: ssl.SSLContext | None = None, app: App = answer
) -> AsyncIterator[int]:
    """The port of a running server."""

    async def farewell() -> None:
        pass

    sockets = listen(["127.0.0.1"], 0)
    server = Server(app, tls, message_size=1 << 16, farewell=farewell, guests=guests)
    task = asyncio.create_task(server.serve(sockets))
    await server.ready.wait()
    try:
        yield sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


def run(check: Callable[[int], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving() as port, asyncio.timeout(20):
            await check(port)

    asyncio.run(main())
