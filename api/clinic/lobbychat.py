"""Messages between somebody in the waiting room and the visit's hosts.

They are kept until the visit is over, and not a day longer: what is to be kept belongs in the
patient's record.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select

from api.clinic import meetings, participants
from api.clinic.caller import Visit
from api.clinic.errors import InTheWay, TooMany
from api.clinic.settling import tell_news
from api.rules.auditing import Act
from api.rules.private import Private
from api.rules.roles import Permission
from api.rules.waiting import Admission
from api.store.models import LobbyMessage, Meeting, MeetingParticipant
from api.store.store import Transaction

MOST = 100  # of one who waits
REACHABLE = {Admission.WAITING, Admission.PUT_BACK, Admission.AWAY}


async def write(visit: Visit, id: UUID, participant: UUID, text: str) -> LobbyMessage:
    """A host, to somebody who waits. Raises Missing, Forbidden, InTheWay, TooMany."""
    meeting = await meetings.find(visit, id, Permission.MEETINGS_HOST)
    person = await participants.one(visit.tx, meeting, participant)
    return await _add(visit, meeting, person, text, by_host=True)


async def answer(visit: Visit, id: UUID, text: str) -> LobbyMessage:
    """Whoever waits, to the hosts. Raises Missing, InTheWay, TooMany."""
    meeting = await meetings.find(visit, id)
    person = await participants.waiter(visit, meeting)
    return await _add(visit, meeting, person, text, by_host=False)


async def of(tx: Transaction, people: Iterable[UUID]) -> dict[UUID, list[LobbyMessage]]:
    """By participant, in their order."""
    wanted = list(people)
    found: dict[UUID, list[LobbyMessage]] = {id: [] for id in wanted}
    if wanted:
        query = select(LobbyMessage).where(LobbyMessage.participant_id.in_(wanted))
        rows: Sequence[LobbyMessage] = (
            await tx.session.scalars(query.order_by(LobbyMessage.at, LobbyMessage.id))
        ).all()
        for row in rows:
            found[row.participant_id].append(row)
    return found


async def _add(
    visit: Visit, meeting: Meeting, person: MeetingParticipant, text: str, *, by_host: bool
) -> LobbyMessage:
    meetings.check_is_open(meeting, visit.tx.now)
    if Admission(person.admission) not in REACHABLE:
        raise InTheWay("not_waiting", "They do not wait: messages are for the waiting room.")
    own = LobbyMessage.participant_id == person.id
    count = await visit.tx.session.scalar(select(func.count()).select_from(LobbyMessage).where(own))
    if (count or 0) >= MOST:
        raise TooMany("too_many_messages", f"There are {MOST} messages already: talk instead.", 60)
    message = LobbyMessage(
        id=visit.tx.new_id(),
        meeting_id=meeting.id,
        participant_id=person.id,
        sender_id=visit.caller.id,
        by_host=by_host,
        text=Private(text),
        at=visit.tx.now,
    )
    visit.tx.session.add(message)
    detail = {"participant": str(person.id)}
    visit.tx.tell(Act("meeting.message", "meeting", str(meeting.id), detail=detail))
    tell_news(visit.clinic, visit.tx, meeting)
    return message
