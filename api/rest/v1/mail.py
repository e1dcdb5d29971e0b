"""`/mail`: what became of the letters and text messages that were asked for."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query

from api.clinic import outbox
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Shape
from api.rules.mailing import Channel, MailState
from api.rules.roles import Permission
from api.rules.wording import LetterKind
from api.store.models import Mail

router = APIRouter(
    prefix="/mail", tags=["mail"], dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503)
)


class MailOut(Shape):
    """A letter or a text message on its way. Where it goes to and what it says is not told."""

    id: UUID
    channel: Channel
    kind: LetterKind
    subject_kind: str  # whom it is for
    subject_id: UUID
    meeting_id: UUID | None
    state: MailState
    reason: str | None
    tries: int
    created_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Mail) -> Self:
        return cls(
            id=row.id,
            channel=Channel(row.channel),
            kind=LetterKind(row.kind),
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            meeting_id=row.meeting_id,
            state=MailState(row.state),
            reason=row.reason,
            tries=row.tries,
            created_at=row.created_at,
            next_try_at=row.next_at if row.state == MailState.WAITING.value else None,
            finished_at=row.finished_at,
        )


@router.get("")
async def list_mail(
    door: DoorOf,
    meeting: Annotated[UUID | None, Query(description="The visit that they tell of.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[MailOut]:
    async with door.enter(Permission.PATIENTS_READ) as visit:
        rows = await outbox.list_mail(visit, after, limit + 1, meeting)
        return page(rows, limit, lambda row: row.id, MailOut.of)


@router.get("/{id}", responses=documented(404))
async def view(id: UUID, door: DoorOf) -> MailOut:
    """`sent`: the mail server has taken it. `unknown`: it may have, and it is not sent again."""
    async with door.enter(Permission.PATIENTS_READ) as visit:
        return MailOut.of(await outbox.view(visit, id))
