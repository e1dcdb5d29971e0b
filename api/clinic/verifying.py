"""Whether a token leads into a visit: an invitation's link, or a token for its room.

What is not good looks the same whatever is wrong with it, so that nobody learns by trying.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.presence import identity_of
from api.clinic.settling import participants_of
from api.clinic.states import status_of, times
from api.rules.bearers import Bearer, Purpose, parse
from api.rules.participation import Part
from api.rules.rooms import workspace_of_room
from api.rules.sessions import TRIES
from api.rules.visits import Status
from api.rules.waiting import Admission
from api.store.models import Link, Meeting, MeetingParticipant
from api.store.store import Transaction
from signaling.tokens import TokenError, verify


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: a word for why not. Nothing of it is about anybody's health."""

    reason: str | None
    meeting: UUID | None = None
    part: Part | None = None
    opens_at: datetime | None = None
    expires_at: datetime | None = None


NOT_GOOD = Verdict("not_good")


async def verify_token(clinic: Clinic, token: str) -> Verdict:
    """Raises Unavailable."""
    bearer = parse(token)
    if bearer is not None:
        return await _of_link(clinic, bearer)
    return await _of_room(clinic, token)


async def _of_link(clinic: Clinic, bearer: Bearer) -> Verdict:
    if bearer.purpose is not Purpose.LINK:
        return NOT_GOOD
    async with clinic.store.reading(bearer.workspace) as tx:
        link = await tx.session.scalar(select(Link).where(Link.digest == bearer.digest))
        if link is None or link.meeting_id is None:
            return NOT_GOOD
        if link.used_at is not None or tx.now >= link.expires_at or link.tries >= TRIES:
            return NOT_GOOD
        meeting = await tx.session.scalar(select(Meeting).where(Meeting.id == link.meeting_id))
        identity = identity_of(link.subject_kind, link.subject_id)
        return await _judge(tx, meeting, identity, link.expires_at, asks_admission=False)


async def _of_room(clinic: Clinic, token: str) -> Verdict:
    signer = clinic.signer
    if signer is None:
        return NOT_GOOD
    now = clinic.store.now().timestamp()
    try:
        claims = verify(token, {signer.key: signer.secret}, now)
    except TokenError:
        return NOT_GOOD
    room = claims.video.room if claims.video is not None else ""
    workspace = workspace_of_room(room)
    if workspace is None or now > claims.expires:
        return NOT_GOOD
    async with clinic.store.reading(workspace) as tx:
        meeting = await tx.session.scalar(select(Meeting).where(Meeting.room == room))
        until = datetime.fromtimestamp(claims.expires, tx.now.tzinfo)
        return await _judge(tx, meeting, claims.identity, until, asks_admission=True)


async def _judge(
    tx: Transaction, meeting: Meeting | None, identity: str, until: datetime, *,
    asks_admission: bool,
) -> Verdict:  # fmt: skip
    person = None if meeting is None else await _person(tx, meeting, identity)
    if meeting is None or person is None:
        return NOT_GOOD
    status = status_of(meeting, tx.now)
    reason = None
    if status.is_over:
        reason = "meeting_over"
    elif status is Status.SCHEDULED:
        reason = "too_early"
    elif person.admission == Admission.DENIED:
        reason = "denied"
    elif asks_admission and person.admission != Admission.ADMITTED:
        reason = "not_admitted"
    return Verdict(reason, meeting.id, Part(person.role), times(meeting).opens, until)


async def _person(tx: Transaction, meeting: Meeting, identity: str) -> MeetingParticipant | None:
    people = await participants_of(tx, meeting)
    return next((p for p in people if identity_of(p.kind, p.subject_id) == identity), None)
