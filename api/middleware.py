"""What holds for every request before anything looks at it, as in LiveKit.

Plain ASGI, since it wraps the signaling WebSocket too.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS = b"OPTIONS, HEAD, GET, POST, PATCH, DELETE"
UPLOADS = re.compile(r"/api/v1/patients/[0-9a-fA-F-]{36}/files")  # count by themselves
OWN = "/api/"  # our page's endpoints: for its own origin alone


def header(scope: Scope, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


async def respond(
    send: Send, status: int, text: str = "", headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = text.encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                *(headers or []),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def collapse_slashes(app: App) -> App:
    """Users write `wss://host/` as the address, clients append `/rtc`."""

    async def collapsed(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith("//"):
            path = "/" + path.lstrip("/")
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await app(scope, receive, send)

    return collapsed


def limit_bodies(app: App, limit: int) -> App:
    """413 for a body over `limit` bytes, announced or not."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or UPLOADS.fullmatch(scope["path"]):
            return await app(scope, receive, send)
        if int(header(scope, b"content-length") or 0) > limit:
            return await refuse(send)
        received = 0
        answered = refused = False

        async def counted() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received <= limit:
                return message
            refused = True
            if not answered:
                await refuse(send)
            return {"type": "http.disconnect"}

        async def guarded(message: Message) -> None:
            nonlocal answered
            if not refused:
                answered = True
                await send(message)

        return await app(scope, counted, guarded)

    async def refuse(send: Send) -> None:
        await respond(send, 413, "request body too large", [(b"connection", b"close")])

    return limited


def share_with_origins(app: App) -> App:
    """CORS: LiveKit's routes are open to pages of every origin, since tokens alone give access."""

    async def shared(scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin") if scope["type"] == "http" else None
        if origin is None or scope["path"].startswith(OWN):
            return await app(scope, receive, send)
        if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method"):
            return await respond(send, 204, headers=_preflight(scope))

        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                _allow(message)
            await send(message)

        return await app(scope, receive, with_header)

    return shared


def _preflight(scope: Scope) -> list[tuple[bytes, bytes]]:
    # A wildcard would not cover Authorization, so what was asked for is repeated.
    wanted = header(scope, b"access-control-request-headers") or b"*"
    return [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", wanted),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"access-control-request-headers"),
    ]


def _allow(message: Message) -> None:
    headers = list(message.get("headers", []))
    if all(name.lower() != b"access-control-allow-origin" for name, _ in headers):
        headers.append((b"access-control-allow-origin", b"*"))
    headers.append((b"access-control-expose-headers", b"*"))
    message["headers"] = headers
