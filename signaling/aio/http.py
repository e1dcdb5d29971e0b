"""ASGI's HTTP side: read what a request brought, respond, refuse an upgrade."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from signaling.admission import Refused, Visit
from signaling.aio.protocol import CUT

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Cut = Callable[[int, str], None]  # close code and reason

MAX_PARAMETERS = 100
ANY_ORIGIN: Headers = [(b"access-control-allow-origin", b"*")]

_PLAIN: Headers = [(b"content-type", b"text/plain; charset=utf-8")]


def visit(scope: Scope, single: bool) -> Visit:
    """Raises Refused."""
    try:
        pairs = parse_qsl(
            scope["query_string"].decode("latin-1"),
            keep_blank_values=True,
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise Refused(400, "too many parameters") from None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Visit(
        single=single,
        query=dict(reversed(pairs)),  # the first of a name counts
        authorization=headers.get("authorization"),
        user_agent=headers.get("user-agent", ""),
        address=_address(headers, scope),
        source=client[0] if (client := scope.get("client")) else "",
    )


async def respond(send: Send, status: int, text: str, headers: Headers | None = None) -> None:
    await _send_response(send, "http.response", status, text, headers or [])


async def deny(scope: Scope, send: Send, refusal: Refused) -> None:
    """In place of the upgrade (ASGI's denial response); without it all that remains is 403."""
    if "websocket.http.response" in (scope.get("extensions") or {}):
        await _send_response(
            send, "websocket.http.response", refusal.status, refusal.text, ANY_ORIGIN
        )
    else:
        await send({"type": "websocket.close"})


def cut_of(scope: Scope) -> Cut:
    """Close a connection whose peer does not read; a server without it closes when it can."""
    extension = (scope.get("extensions") or {}).get(CUT)
    call: Cut = extension["call"] if extension else _nothing
    return call


async def _send_response(send: Send, kind: str, status: int, text: str, headers: Headers) -> None:
    body = text.encode()
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": status, "headers": [*_PLAIN, *length, *headers]})
    await send({"type": f"{kind}.body", "body": body})


def _address(headers: dict[str, str], scope: Scope) -> str:
    """Shown to clients, never trusted (LiveKit)."""
    for name in ("cf-connecting-ip", "x-forwarded-for", "x-real-ip"):
        if headers.get(name):
            return headers[name].split(",")[0].strip()
    client = scope.get("client")
    return client[0] if client else ""


def _nothing(code: int, reason: str) -> None:
    pass
