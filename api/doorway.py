"""Before somebody joins a visit's room, or asks for something there: read from the database who
may, if it is not known yet.

Stands around the media server's doors, WebSockets, WHIP and the server API alike; what it reads is
asked for by the guard (`api/clinic/doors.py`), which refuses what could not be read.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from api.clinic.doors import Doors
from api.middleware import App, Receive, Scope, Send
from api.rest.whip import PATH as WHIP
from api.rules.rooms import workspace_of_room
from api.store.errors import Unavailable
from api.store.store import undisturbed
from api.twirp.server import PATH as TWIRP
from signaling.admission import Refused, authenticate
from signaling.aio import http
from signaling.aio.websocket import PATHS


def watch(app: App, doors: Doors, keys: Mapping[str, str], unix: Callable[[], float]) -> App:
    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if is_door(scope) and (room := room_of(scope, keys, unix())) is not None:
            with suppress(Unavailable):  # the guard says so, in the way of the door
                await undisturbed(doors.load(room))
        await app(scope, receive, send)

    return watched


def is_door(scope: Scope) -> bool:
    if scope["type"] not in ("http", "websocket"):
        return False
    path = "/" + scope["path"].lstrip("/")
    return path.removesuffix("/validate") in PATHS or path == WHIP or path.startswith(TWIRP)


def room_of(scope: Scope, keys: Mapping[str, str], unix: float) -> str | None:
    """A visit's, by a token that is good."""
    try:
        claims = authenticate(http.visit(scope, single=False), keys, unix)
    except Refused:
        return None
    if claims is None or claims.video is None or workspace_of_room(claims.video.room) is None:
        return None
    return claims.video.room
