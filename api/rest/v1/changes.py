"""Answers that wait for a change: a client says what it knows, and hears when that is not so any
more."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request, Response

from api.clinic.caller import Visit
from api.clinic.news import wait
from api.rest.v1.door import Door, is_known
from api.rest.v1.shapes import Shape

Shown = TypeVar("Shown", bound="Passing")
Patience = Annotated[
    float,
    Query(
        alias="wait",
        ge=0,
        le=25,
        description="Seconds that the answer may wait for a change from what If-None-Match names.",
    ),
]


class Passing(Shape):
    """An answer of which some things change with the time alone: for them nobody is woken."""

    @staticmethod
    def passing() -> dict[str, Any]:
        """As `exclude` of pydantic has it."""
        return {}


async def changed(
    door: Door,
    look: Callable[[Visit], Awaitable[Shown]],
    request: Request,
    response: Response,
    patience: float,
) -> Shown:
    """At once where the client does not know it yet, else when there is news, or nothing more to
    wait for."""
    async with door.enter() as visit:
        workspace = visit.caller.workspace
        seen = tagged(await look(visit), response)
    if not patience or not is_known(request, response.headers["etag"]):
        return seen
    async with door.clinic.news.listen(workspace) as event:
        async with door.enter() as visit:
            seen = tagged(await look(visit), response)
        if is_known(request, response.headers["etag"]):
            await wait(event, patience)
            async with door.enter() as visit:
                seen = tagged(await look(visit), response)
    return seen


def tagged(shown: Shown, response: Response) -> Shown:
    response.headers["etag"] = etag_of(shown)
    return shown


def etag_of(shown: Passing) -> str:
    """Without the times that go by by themselves."""
    content = shown.model_dump_json(exclude=shown.passing())
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:16]}"'
