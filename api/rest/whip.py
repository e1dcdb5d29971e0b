"""WHIP: publish into a room with one HTTP request (RFC 9725; LiveKit's paths and answers)."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from livekit.protocol import rtc
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from signaling import whip
from signaling.admission import Refused
from signaling.aio import http
from signaling.aio.websocket import SignalingApp
from signaling.tokens import Claims, VideoGrant
from signaling.whip import Ingest

PATH = "/whip/v1"
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_BODY = 1 << 20  # bytes
BODY_TIMEOUT = 10.0  # seconds
TRACKS_TIMEOUT = 15.0  # seconds in which the tracks must be there that a client names (LiveKit)
METHODS = "PATCH, OPTIONS, GET, POST, DELETE"


class ClientInfo(msgspec.Struct, rename="camel"):
    """The header `X-LiveKit-ClientInfo`, as far as it leads to anything."""

    subscribed_participant_track_names: dict[str, list[str] | None] | None = None


class Sink:
    """Nobody listens: what the session says is passed over, until it has ended."""

    def __init__(self, ingest: Ingest, ended: Callable[[Ingest], None]) -> None:
        self._ingest = ingest
        self._ended = ended
        self.is_settled = asyncio.Event()  # it can be answered, or has ended

    def feed(self, encoded: dict[int, tuple[object, bytes]]) -> None:
        messages = self._ingest.session.take_messages()
        if not self._ingest.answer:
            self._ingest.hear(messages)
        if self._ingest.session.is_over:
            self._ended(self._ingest)
        if self._ingest.session.is_over or self._ingest.is_ready:
            self.is_settled.set()


class Whip:
    def __init__(self, app: SignalingApp) -> None:
        self._app = app
        self._ingests: dict[str, Ingest] = {}  # by participant sid

    @property
    def routes(self) -> list[Route]:
        return [
            Route(PATH, self.create, methods=["POST"]),
            Route(PATH, self.options, methods=["OPTIONS"]),
            Route(PATH, self.nothing, methods=["GET"]),
            Route(PATH + "/{participant}", self.nothing, methods=["GET"]),
            Route(PATH + "/{participant}", self.patch, methods=["PATCH"]),
            Route(PATH + "/{participant}", self.delete, methods=["DELETE"]),
        ]

    async def nothing(self, request: Request) -> Response:
        return Response(status_code=204)

    async def options(self, request: Request) -> Response:
        headers = {
            "access-control-allow-origin": "*",
            "access-control-allow-headers": "*",
            "access-control-allow-methods": METHODS,
            "access-control-expose-headers": "*",
            "accept-post": SDP,
        }
        return Response(status_code=200, headers=headers)

    async def create(self, request: Request) -> Response:
        return await self._answer(self._create, request)

    async def patch(self, request: Request) -> Response:
        return await self._answer(self._patch, request)

    async def delete(self, request: Request) -> Response:
        return await self._answer(self._delete, request)

    async def _answer(self, handle: Any, request: Request) -> Response:
        try:
            response: Response = await handle(request)
        except Refused as refused:
            unread = {"connection": "close"} if refused.status in (408, 413) else None
            return JSONResponse({"error": refused.text}, refused.status, unread)
        return response

    async def _create(self, request: Request) -> Response:
        if media_type(request) != SDP:
            raise _unsupported(request)
        await self._claims(request)
        sdp = await _body(request)
        if not sdp:
            raise Refused(400, "body does not have SDP offer")
        wanted = _wanted(request)
        visit = http.visit(request.scope, True)
        ingest = await self._app.act(lambda room, now: whip.begin(room, visit, sdp, now, wanted))
        self._ingests[ingest.participant] = ingest
        sink = Sink(ingest, self._forget)
        self._app.connect(ingest.session, sink)
        sink.feed({})
        if not ingest.answer:
            await self._await_tracks(ingest, sink)
        response = Response(ingest.answer, 201, media_type=SDP)
        response.headers["location"] = f"{PATH}/{ingest.participant}"
        response.headers["etag"] = f'"{ingest.etag}"'
        for server in ingest.ice_servers:
            for link in _links(server):
                response.headers.append("link", link)
        return response

    async def _await_tracks(self, ingest: Ingest, sink: Sink) -> None:
        """Raises Refused."""
        try:
            async with asyncio.timeout(TRACKS_TIMEOUT):
                await sink.is_settled.wait()
        except TimeoutError:
            await self._app.act(lambda _, now: whip.end(ingest, now))
        if ingest.session.is_over:
            raise Refused(503, "request timed out")
        await self._app.act(lambda _, now: whip.answer(ingest, now))

    async def _patch(self, request: Request) -> Response:
        if media_type(request) != FRAGMENT:
            raise _unsupported(request)
        match = request.headers.get("if-match", "")
        if not match:
            raise Refused(428, "missing entity tag")
        ingest = await self._find(request)
        fragment = await _body(request)
        if match == "*":
            told = await self._app.act(lambda _, now: whip.restart(ingest, fragment, now))
            headers = {"etag": f'"{ingest.etag}"'}
            return Response(told, 200, headers, media_type=FRAGMENT)
        if match.strip('"') != ingest.etag:
            raise Refused(412, "the ICE session is another one")
        return Response(status_code=204)  # a lite agent learns addresses from checks

    async def _delete(self, request: Request) -> Response:
        ingest = await self._find(request)
        await self._app.act(lambda _, now: whip.end(ingest, now))
        return Response(status_code=200)

    async def _find(self, request: Request) -> Ingest:
        """Only who has begun it may change it."""
        claims = await self._claims(request)
        ingest = self._ingests.get(request.path_params["participant"])
        room = (claims.video or VideoGrant()).room
        if ingest is None or (ingest.identity, ingest.room) != (claims.identity, room):
            raise Refused(404, "participant does not exist")
        return ingest

    async def _claims(self, request: Request) -> Claims:
        visit = http.visit(request.scope, True)
        claims = await self._app.act(lambda room, now: room.authenticate(visit, now))
        if claims is None or claims.video is None or not claims.video.room_join:
            raise Refused(401, "permissions denied")
        if not claims.video.room:
            raise Refused(401, "room name cannot be empty")
        return claims

    def _forget(self, ingest: Ingest) -> None:
        if self._ingests.pop(ingest.participant, None) is not None:
            self._app.disconnect(ingest.session)


def _wanted(request: Request) -> Mapping[str, list[str]]:
    """Names of tracks by their publisher's identity. Raises Refused."""
    header = request.headers.get("x-livekit-clientinfo") or "null"
    try:
        info = msgspec.json.decode(header.encode("latin-1"), type=ClientInfo | None)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise Refused(400, f"malformed json in client info header: {error}") from None
    named = info.subscribed_participant_track_names if info is not None else None
    return {identity: names for identity, names in (named or {}).items() if names}


def _unsupported(request: Request) -> Refused:
    return Refused(400, f"unsupported content-type: {request.headers.get('content-type', '')}")


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(request: Request) -> str:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise Refused(413, f"request body exceeds {MAX_BODY} bytes")
        return body.decode()
    except TimeoutError:
        raise Refused(408, "the request did not arrive in time") from None
    except (ClientDisconnect, UnicodeDecodeError):
        raise Refused(400, "body does not have SDP offer") from None


def _links(server: rtc.ICEServer) -> list[str]:
    """RFC 9725, section 4.6."""
    rest = ""
    if server.username:
        name, credential = quote(server.username), quote(server.credential)
        rest = f'; username="{name}"; credential="{credential}"; credential-type="password"'
    return [f'<{url}>; rel="ice-server"{rest}' for url in server.urls]
