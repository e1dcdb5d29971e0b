"""Two answers for whoever watches the server: that it lives, and that it can take calls.

They differ on purpose. Who kills a server because its database is away ends the calls that go on
without it; so `/livez` asks for nothing but this process, and `/readyz` for all that a new visit
needs. Neither tells anything but words, and however often they are asked, little is looked for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.health import Health

FRESH = 1.0  # seconds for which an answer is given again
NOT_KEPT = {"cache-control": "no-store"}


class State(StrEnum):
    OK = "ok"
    PARTLY = "partly"  # goes on with less
    AWAY = "away"


Look = Callable[[], Awaitable[State]]


class Readiness:
    """`parts`: what a new visit needs, and how each is looked for."""

    def __init__(self, health: Health, parts: Mapping[str, Look]) -> None:
        self._health = health
        self._parts = parts
        self._looking: asyncio.Future[dict[str, State]] | None = None
        self._until = 0.0  # that it is fresh

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/livez", self._live, methods=["GET"]),
            Route("/readyz", self._ready, methods=["GET"]),
        ]

    async def _live(self, request: Request) -> Response:
        return PlainTextResponse("OK", headers=NOT_KEPT)

    async def _ready(self, request: Request) -> Response:
        parts = await self._fresh()
        server = State.AWAY if self._health.problem() else State.OK
        states = {"server": server, **parts}
        is_ready = State.AWAY not in states.values()
        content = {"ready": is_ready, "parts": states}
        return JSONResponse(content, 200 if is_ready else 503, NOT_KEPT)

    async def _fresh(self) -> dict[str, State]:
        """One look at a time, whoever asks meanwhile waits for it."""
        looking = self._looking
        if looking is None or (looking.done() and time.monotonic() > self._until):
            looking = self._looking = asyncio.ensure_future(self._look())
        return await asyncio.shield(looking)

    async def _look(self) -> dict[str, State]:
        states = await asyncio.gather(*(look() for look in self._parts.values()))
        self._until = time.monotonic() + FRESH
        return dict(zip(self._parts, states, strict=True))


def counted(there: int, wanted: int) -> State:
    if there >= wanted:
        return State.OK
    return State.PARTLY if there else State.AWAY
