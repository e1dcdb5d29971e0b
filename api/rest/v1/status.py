"""`/status`: how the server stands, for everybody. It asks for no database, and tells of nobody."""

from datetime import datetime

from fastapi import APIRouter

from api.clinic.standing import Standing, Status
from api.rest.v1.door import DoorOf
from api.rest.v1.shapes import Shape
from api.rules.checking import Part, Reason

router = APIRouter(prefix="/status", tags=["status"])


class PartOut(Shape):
    """`sentence` says what whoever administers the server can do."""

    part: Part
    well: bool
    reason: Reason | None
    sentence: str | None
    since: datetime | None  # when it began not to be well
    share: float | None  # of the last day's looks that found it well


class StatusOut(Shape):
    status: Status
    checked_at: datetime | None
    parts: list[PartOut]


@router.get("")
async def read(door: DoorOf) -> StatusOut:
    """As the server has found itself, in the last minute or so."""
    standing = door.clinic.standing
    return StatusOut(
        status=standing.status(door.clinic.store.now()),
        checked_at=standing.at,
        parts=[part_out(standing, part) for part in standing.parts],
    )


def part_out(standing: Standing, part: Part) -> PartOut:
    trouble = standing.troubles.get(part)
    share = standing.shares.get(part)
    return PartOut(
        part=part,
        well=trouble is None,
        reason=None if trouble is None else trouble.reason,
        sentence=None if trouble is None else trouble.sentence,
        since=None if trouble is None else trouble.begun_at,
        share=None if share is None else round(share, 4),
    )
