"""The ASGI callable for /twirp/: read a request, check it, let it be carried out, answer."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from google.protobuf.message import Message

from api.middleware import Receive, Scope, Send, header, respond
from api.twirp import codec, grants
from api.twirp.errors import TwirpError, bad_route, denied, of_failure
from api.twirp.methods import Method, methods
from signaling.administration import Code, Failure, refused
from signaling.admission import Refused, Visit, authenticate
from signaling.config import Limits
from signaling.tokens import Claims

_log = logging.getLogger(__name__)

PATH = "/twirp/"
BODY_TIMEOUT = 30.0  # seconds for a body to arrive
LITTLE = 64 * 1024  # bytes that are read of one who may ask for nothing, to tell what is wrong

Administer = Callable[[str, Message], Awaitable[Message]]  # raises Failure
# Asked with the method's path and who calls it, after the grants. Raises Refused.
Guard = Callable[[str, Claims], None]


def nobody_minds(path: str, claims: Claims) -> None:
    """The guard of a server whose tokens say all there is to say."""


class TwirpServer:
    """`administer` carries out what is allowed; `unix` is the wall clock in seconds."""

    def __init__(
        self,
        administer: Administer,
        keys: Mapping[str, str],
        limits: Limits,
        unix: Callable[[], float],
        guard: Guard = nobody_minds,
    ) -> None:
        self._administer = administer
        self._keys = keys
        self._limits = limits
        self._unix = unix
        self._guard = guard
        self._methods = methods()
        self._services = {path.partition("/")[0] for path in self._methods}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(PATH)
        if "/" not in path or path.partition("/")[0] not in self._services:
            await respond(send, 404, "404 page not found\n")
            return
        try:
            claims = authenticate(_visit(scope), self._keys, self._unix())
        except Refused as refused:  # by what stands before all services: plain text
            await respond(send, refused.status, refused.text)
            return
        try:
            media = codec.media_type((header(scope, b"content-type") or b"").decode("latin-1"))
            body = await self._serve(path, media, claims, scope, receive)
        except TwirpError as error:
            await _send_json(send, error.status, error.body)
        else:
            await _send_json(send, 200, body, media)

    async def _serve(
        self, path: str, media: str, claims: Claims | None, scope: Scope, receive: Receive
    ) -> bytes:
        method = self._find(path, media, scope)
        if claims is None:
            raise denied()  # who has no token need not be listened to
        most = None if grants.any_of(claims) else LITTLE
        request = codec.decode(method.request, await _body(receive, most), media)
        method.check(claims, self._limits, request)
        try:
            self._guard(path, claims)
            answer = await self._administer(path.removeprefix("livekit."), request)
        except Refused as by:
            raise of_failure(refused(by)) from None
        except Failure as failure:
            raise of_failure(failure) from None
        except Exception as error:  # ours: the caller's message may be in its text
            trace = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s failed with %s\n%s", path, type(error).__name__, trace)
            raise TwirpError(Code.INTERNAL, "internal error") from None
        return codec.encode(answer, media)

    def _find(self, path: str, media: str, scope: Scope) -> Method:
        verb, full = scope["method"], scope["path"]
        if verb != "POST":
            text = f'unsupported method "{verb}" (only POST is allowed)'
            raise bad_route(text, verb, full)
        if path not in self._methods:
            raise bad_route(f'no handler for path "{full}"', verb, full)
        if media not in (codec.JSON, codec.PROTOBUF):
            given = (header(scope, b"content-type") or b"").decode("latin-1")
            raise bad_route(f'unexpected Content-Type: "{given}"', verb, full)
        return self._methods[path]


def _visit(scope: Scope) -> Visit:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    given = header(scope, b"authorization")
    return Visit(
        single=False,
        query={name: values[0] for name, values in query.items()},
        authorization=given.decode("latin-1") if given else None,
    )


async def _body(receive: Receive, most: int | None) -> bytes:
    """Of at most so many bytes; the middleware has bounded what administrators may send."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise TwirpError(Code.MALFORMED, "failed to read request body")
                body += message.get("body", b"")
                if most is not None and len(body) > most:
                    raise denied()
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise TwirpError(Code.DEADLINE_EXCEEDED, "the request did not arrive in time") from None


async def _send_json(send: Send, status: int, body: bytes, media: str = codec.JSON) -> None:
    headers = [
        (b"content-type", media.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
