"""What a visit has at a provider: written down in the visit's own transaction, carried out once
that is through (`carrying.py`)."""

from uuid import UUID

from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.errors import InTheWay
from api.rules.conferences import State
from api.rules.plans import Provider
from api.store.errors import SecretsError
from api.store.models import Conference, Meeting
from api.store.store import Transaction

SCHEDULED = "scheduled"  # in the `info` of a session: visits


def is_elsewhere(meeting: Meeting) -> bool:
    return meeting.provider != Provider.LIVEKIT.value


async def ask(clinic: Clinic, tx: Transaction, meeting: Meeting) -> None:
    """For a conference where the visit is to be, and in no other place."""
    await end(clinic, tx, meeting)
    if is_elsewhere(meeting):
        add(tx, meeting)
        schedule(clinic, tx, meeting)


def add(tx: Transaction, meeting: Meeting) -> Conference:
    row = Conference(
        id=tx.new_id(),
        meeting_id=meeting.id,
        provider=meeting.provider,
        state=State.MAKING.value,
        name=None,
        may_exist=False,
        link=None,
        reason=None,
        tries=0,
        created_at=tx.now,
        next_at=tx.now,
        claimed_at=None,
    )
    tx.session.add(row)
    return row


async def move(clinic: Clinic, tx: Transaction, meeting: Meeting) -> None:
    """It has another time."""
    row = await current(tx, meeting, locks=True)
    if row is not None and row.state in (State.READY.value, State.MOVING.value):
        row.state, row.next_at, row.tries = State.MOVING.value, tx.now, 0
        schedule(clinic, tx, meeting)


async def end(clinic: Clinic, tx: Transaction, meeting: Meeting) -> None:
    """Nobody is to come there any more."""
    rows = await conferences_of(tx, meeting, locks=True)
    for row in rows:
        end_one(clinic, tx, row)
    if rows:
        schedule(clinic, tx, meeting)


def end_one(clinic: Clinic, tx: Transaction, row: Conference) -> None:
    """What was never made is gone at once."""
    if State(row.state).is_over:
        return
    is_being_made = row.claimed_at is not None and row.state == State.MAKING.value
    state = State.ENDING if is_being_made or can_be_ended(clinic, row) else State.GONE
    row.state, row.next_at, row.tries = state.value, tx.now, 0


def can_be_ended(clinic: Clinic, row: Conference) -> bool:
    """It is there, or may be and would be found."""
    own = clinic.providers.registered.get(Provider(row.provider))
    is_found = own is not None and own.adapter.repeats
    return row.name is not None or (row.may_exist and is_found)


def schedule(clinic: Clinic, tx: Transaction, meeting: Meeting) -> None:
    """See to it as soon as the transaction is through: all visits of it together, since somebody
    waits."""
    from api.clinic.providers.carrying import carry_out

    workspace, info = meeting.workspace_id, tx.session.info
    if SCHEDULED not in info:
        ids: list[UUID] = []
        info[SCHEDULED] = ids
        tx.afterwards.append(lambda: carry_out(clinic, workspace, ids))
    info[SCHEDULED].append(meeting.id)


async def conferences_of(
    tx: Transaction, meeting: Meeting, *, locks: bool = False
) -> list[Conference]:
    """In any order but for that of locks."""
    query = select(Conference).where(Conference.meeting_id == meeting.id).order_by(Conference.id)
    if locks:  # as they are now, not as they were when they were looked at before
        query = query.with_for_update().execution_options(populate_existing=True)
    return list((await tx.session.scalars(query)).all())


async def current(tx: Transaction, meeting: Meeting, *, locks: bool = False) -> Conference | None:
    """The one that people are to come to; None: they come here, or nowhere any more."""
    if not is_elsewhere(meeting):
        return None
    rows = await conferences_of(tx, meeting, locks=locks)
    return next((row for row in rows if not State(row.state).is_over), None)


def link_of(clinic: Clinic, row: Conference | None) -> str | None:
    """Where people join; None while the provider has not said it."""
    if row is None or row.link is None:
        return None
    try:
        return clinic.keyring.open(row.link, place(row.id)).decode()
    except SecretsError:
        return None


def known_link(clinic: Clinic, row: Conference | None) -> str:
    """Likewise. Raises InTheWay while there is none."""
    link = link_of(clinic, row)
    if link is None:
        sentence = "The provider has given no link yet: wait, or choose another place."
        raise InTheWay("no_link", sentence)
    return link


def place(id: UUID) -> str:
    """Where the link of a conference stands."""
    return f"conference {id}"
