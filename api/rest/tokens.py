"""How the page gets its token: POST /api/v1/rooms/token with a room, its secret and a name.

Whoever has the room's link has the secret. Nothing of a request is logged.
"""

import asyncio
import json
import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from api.rules import links
from api.rules.hosts import is_host
from api.rules.names import clean_name
from signaling.ratelimit import RateLimiter
from signaling.tokens import Claims, VideoGrant, mint

VALIDITY = 600.0  # seconds: to join with; the server sends fresher ones during the call
MAX_BODY = 4096  # bytes
BODY_TIMEOUT = 10.0  # seconds
ATTEMPTS_PER_SECOND, ATTEMPTS_BURST = 5.0, 60  # of one address: a whole clinic may share it


class BadRequest(Exception):
    """The body is not what is asked for; the message says why."""


@dataclass(slots=True)
class Application:
    """What somebody with a link asks with."""

    room: str
    secret: str
    name: str


class RoomTokens:
    """The endpoint. `keys` are the API keys; the first signs."""

    def __init__(
        self,
        link_key: bytes,
        keys: Mapping[str, str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link_key = link_key
        self._key, self._secret = next(iter(keys.items()))
        self._monotonic = monotonic  # seconds
        self._attempts = RateLimiter(rate=ATTEMPTS_PER_SECOND, burst=ATTEMPTS_BURST)

    async def respond(self, request: Request) -> JSONResponse:
        source, now = source_of(request), self._monotonic()
        if not self._attempts.spend(source, now):
            wait = math.ceil(self._attempts.wait(source, now))
            return _error(429, "too many requests", {"retry-after": str(wait)})
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                application = read_application(await _body(request))
        except BadRequest as error:
            return _error(400, str(error))
        except TimeoutError:
            return _error(408, "the request did not arrive in time", {"connection": "close"})
        if not links.is_right(self._link_key, application.room, application.secret):
            return _error(403, "the room or its secret is wrong")
        return self._admit(application, request)

    def _admit(self, application: Application, request: Request) -> JSONResponse:
        claims = Claims(
            identity=f"guest-{secrets.token_urlsafe(12)}",
            name=application.name,
            video=VideoGrant(room_join=True, room=application.room),
        )
        token = mint(claims, self._key, self._secret, now=time.time(), validity=VALIDITY)
        answer = {"token": token}
        if address := socket_address(request):
            answer["url"] = address
        return JSONResponse(answer, headers={"cache-control": "no-store"})


def read_application(body: bytes) -> Application:
    """Raises `BadRequest`."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise BadRequest("the body is not a JSON object")
    texts = [fields.get(name) for name in ("room", "secret", "name")]
    room, secret, typed = (text if isinstance(text, str) else "" for text in texts)
    if (name := clean_name(typed)) is None:
        raise BadRequest("a name of 1 to 64 characters is needed")
    return Application(room, secret, name)


def socket_address(request: Request) -> str | None:
    """Where the page's client connects to: the host that it has asked, or None if that is odd."""
    host = request.headers.get("host", "")
    scheme = "wss" if request.url.scheme == "https" else "ws"
    return f"{scheme}://{host}" if is_host(host) else None


def source_of(request: Request) -> str:
    """Whose attempts are counted together: an address, of IPv6 the customer's network."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return address.exploded[:19]  # the first 64 bits
    return host


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise BadRequest("the body is too long")
    except ClientDisconnect:
        raise BadRequest("the body is not complete") from None
    return body


def _error(status: int, text: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": text}, status, {"cache-control": "no-store", **(headers or {})})
