"""What providers are to be asked for, carried out: claimed in one transaction, asked outside of
any, and what came of it written down in another one.

Whoever is gone between leaves it claimed. Where the provider makes one thing of two requests it is
asked again; elsewhere nobody knows, and it is not.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.sql import ColumnElement

from api.clinic.clinic import Clinic
from api.clinic.providers import rerouting
from api.clinic.providers.conferences import can_be_ended, place
from api.clinic.providers.connecting import access, lose
from api.clinic.settling import settle as settle_meeting
from api.clinic.states import status_of, times
from api.rules.auditing import Act, Outcome
from api.rules.conferences import DUE, ENDING_TRIES, LEASE, State, next_try
from api.rules.plans import Provider
from api.rules.providers.adapters import Adapter, Draft, Made
from api.rules.providers.exchange import Flow, Trouble, Unfulfilled
from api.store.errors import Unavailable
from api.store.models import Conference, Meeting
from api.store.store import Transaction, kind

T = TypeVar("T")

PATIENCE = 10.0  # seconds in which one provider after the other is asked while somebody waits
WORDS = {State.MAKING: "make", State.MOVING: "move", State.ENDING: "end"}
# Where it stands when the provider will not, however often it is asked. People can still join a
# conference of which the provider knows another time.
ENDS = {State.MAKING: State.FAILED, State.MOVING: State.READY, State.ENDING: State.GONE}
KEPT = timedelta(days=1)  # that one tries to take back what is over


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed conference. `name`: what the provider calls it, as far as that is known."""

    id: UUID
    meeting: UUID
    provider: Provider
    state: State
    name: str | None
    draft: Draft
    tries: int


async def carry_out(clinic: Clinic, workspace: UUID, meetings: Collection[UUID]) -> None:
    """For somebody who waits: what is due for these visits. What cannot be had soon is seen to
    later."""
    begun = clinic.monotonic()
    try:
        while clinic.monotonic() < begun + PATIENCE:
            job = await claim(clinic, workspace, Conference.meeting_id.in_(meetings))
            if job is None:
                break
            await _carry_out(clinic, workspace, job)
    except Unavailable:
        pass  # whoever looks after the rest looks after this too
    except Exception as error:  # the visit is there, whatever a provider does
        logger.error("a provider could not be asked: %s", kind(error))
    await clinic.providers.tray.wake(workspace)


async def carry_out_due(clinic: Clinic, workspace: UUID) -> datetime | None:
    """All that is due in a workspace; when something will be again. Raises Unavailable."""
    while (job := await claim(clinic, workspace)) is not None:
        await _carry_out(clinic, workspace, job)
    async with clinic.store.reading(workspace) as tx:
        due = Conference.state.in_([state.value for state in DUE])
        waiting = select(func.min(Conference.next_at)).where(due, Conference.claimed_at.is_(None))
        held = select(func.min(Conference.claimed_at)).where(due)
        first, claimed = await tx.session.scalar(waiting), await tx.session.scalar(held)
    moments = [first, None if claimed is None else claimed + LEASE]
    return min((at for at in moments if at is not None), default=None)


async def claim(clinic: Clinic, workspace: UUID, *which: ColumnElement[bool]) -> Job | None:
    """What has waited longest of what is due."""
    async with clinic.store.reading(workspace) as tx:
        if await _next(tx, *which) is None:  # mostly so, and the writers need not wait for it
            return None
    async with clinic.store.writing(workspace) as tx:
        while (row := await _next(tx, *which, locks=True)) is not None:
            meeting = (
                await tx.session.scalars(select(Meeting).where(Meeting.id == row.meeting_id))
            ).one()
            if (end := _given_up(clinic, tx, row, meeting)) is not None:
                _finish(row, *end)
                await tx.session.flush()
                continue
            row.claimed_at = tx.now
            row.tries += 1
            own = times(meeting)
            return Job(
                id=row.id,
                meeting=meeting.id,
                provider=Provider(row.provider),
                state=State(row.state),
                name=row.name,
                draft=Draft(row.id, own.begins, own.duration),
                tries=row.tries,
            )
    return None


async def _next(
    tx: Transaction, *which: ColumnElement[bool], locks: bool = False
) -> Conference | None:
    query = (
        select(Conference)
        .where(
            Conference.state.in_([state.value for state in DUE]),
            Conference.next_at <= tx.now,
            or_(Conference.claimed_at.is_(None), Conference.claimed_at < tx.now - LEASE),
            *which,
        )
        .order_by(Conference.next_at, Conference.id)
        .limit(1)
    )
    if locks:
        query = query.with_for_update(skip_locked=True)
    row: Conference | None = await tx.session.scalar(query)
    return row


def _given_up(
    clinic: Clinic, tx: Transaction, row: Conference, meeting: Meeting
) -> tuple[State, str | None] | None:
    """How it ends without the provider being asked (again); None: it is asked."""
    state, own = State(row.state), clinic.providers.registered.get(Provider(row.provider))
    was_left = row.claimed_at is not None
    row.may_exist |= was_left and row.name is None
    if state is State.ENDING:
        is_late = row.tries >= ENDING_TRIES or tx.now > times(meeting).closes + KEPT
        return (State.GONE, row.reason) if is_late or not can_be_ended(clinic, row) else None
    if status_of(meeting, tx.now).is_over:
        return (State.FAILED, row.reason) if state is State.MAKING else (State.READY, row.reason)
    if was_left and state is State.MAKING and own is not None and not own.adapter.repeats:
        return State.FAILED, Trouble.UNKNOWN.value
    return None


async def _carry_out(clinic: Clinic, workspace: UUID, job: Job) -> None:
    try:
        made = await _ask(clinic, workspace, job)
    except Unfulfilled as error:
        await settle(clinic, workspace, job, error)
    else:
        await settle(clinic, workspace, job, made)


async def _ask(clinic: Clinic, workspace: UUID, job: Job) -> Made | None:
    """Raises Unfulfilled."""
    adapter = clinic.providers.find(job.provider).adapter
    match job.state:
        case State.MAKING:
            return await _make(clinic, workspace, job, adapter)
        case State.MOVING:
            name = job.name or ""
            await _run(clinic, workspace, job, lambda: adapter.move(name, job.draft))
        case State.ENDING:
            await _end(clinic, workspace, job, adapter)
    return None


async def _make(clinic: Clinic, workspace: UUID, job: Job, adapter: Adapter) -> Made:
    """Raises Unfulfilled. What is not there yet was not taken away: a 404 is about the account."""
    try:
        return await _run(clinic, workspace, job, lambda: adapter.make(job.draft))
    except Unfulfilled as error:
        if error.trouble is not Trouble.GONE:
            raise
        raise Unfulfilled(Trouble.REFUSED) from None


async def _end(clinic: Clinic, workspace: UUID, job: Job, adapter: Adapter) -> None:
    """Raises Unfulfilled."""
    name = job.name or adapter.id_of(job.id)
    if name is None:  # what is made twice is there once, and found in that way
        name = (await _run(clinic, workspace, job, lambda: adapter.make(job.draft))).id
    found = name
    await _run(clinic, workspace, job, lambda: adapter.cancel(found))


async def _run(clinic: Clinic, workspace: UUID, job: Job, flow: Callable[[], Flow[T]]) -> T:
    """With a token that is good; once more with a new one, should the provider not know this one.
    Raises Unfulfilled."""
    providers, provider = clinic.providers, job.provider
    token = await access(clinic, workspace, provider)
    try:
        return await providers.run(workspace, provider, flow(), token)
    except Unfulfilled as error:
        if error.trouble is not Trouble.UNAUTHORIZED:
            raise
    token = await access(clinic, workspace, provider, stale=token)
    try:
        return await providers.run(workspace, provider, flow(), token)
    except Unfulfilled as error:
        if error.trouble is Trouble.UNAUTHORIZED:
            await lose(clinic, workspace, provider)
        raise


async def settle(
    clinic: Clinic, workspace: UUID, job: Job, result: Made | Unfulfilled | None
) -> None:
    """Write down how it went. Meanwhile the visit may have been moved, or called off."""
    async with clinic.store.writing(workspace) as tx:
        query = select(Meeting).where(Meeting.id == job.meeting).with_for_update()
        meeting = (await tx.session.scalars(query)).one()
        query_own = select(Conference).where(Conference.id == job.id).with_for_update()
        row = (await tx.session.scalars(query_own)).one()
        row.claimed_at = None
        if isinstance(result, Unfulfilled):
            await _failed(clinic, tx, job, meeting, row, result)
        else:
            await _succeeded(clinic, tx, job, meeting, row, result)
        await settle_meeting(clinic, tx, meeting)


async def _succeeded(
    clinic: Clinic, tx: Transaction, job: Job, meeting: Meeting, row: Conference, made: Made | None
) -> None:
    if made is not None:
        row.name = made.id
        row.link = clinic.keyring.seal(made.link.encode(), place(row.id))
    row.reason, row.tries, row.next_at = None, 0, tx.now
    detail = {"provider": row.provider}
    tx.tell(Act(f"conference.{WORDS[job.state]}", "meeting", str(meeting.id), detail=detail))
    if job.state is State.ENDING:
        row.state = State.GONE.value
        return
    if State(row.state).is_over:  # called off meanwhile: that is next
        row.state = State.ENDING.value
        return
    own = times(meeting)
    is_moved = (job.draft.begins, job.draft.duration) != (own.begins, own.duration)
    # What an earlier request had made has the time of that one.
    is_moved |= row.may_exist
    row.may_exist = False
    row.state = (State.MOVING if is_moved else State.READY).value
    if job.state is State.MAKING:
        await rerouting.announce(clinic, tx, meeting)


async def _failed(
    clinic: Clinic, tx: Transaction, job: Job, meeting: Meeting, row: Conference,
    error: Unfulfilled,
) -> None:  # fmt: skip
    own = clinic.providers.registered.get(job.provider)
    row.reason = error.trouble.value
    row.may_exist |= error.is_unsure and job.state is State.MAKING
    row.next_at = next_try(job.tries, error.wait, tx.now)
    detail = {"provider": row.provider}
    what = f"conference.{WORDS[job.state]}"
    tx.tell(Act(what, "meeting", str(meeting.id), Outcome.REFUSED, row.reason, detail))
    if row.state != job.state.value:  # called off or moved meanwhile
        row.next_at = tx.now
        return
    if job.state is State.MAKING and await rerouting.replace(clinic, tx, meeting, row):
        return
    is_twice = error.is_unsure and own is not None and not own.adapter.repeats
    if error.trouble.may_pass and not (is_twice and job.state is State.MAKING):
        return
    if error.trouble is Trouble.GONE:
        _finish(row, State.GONE if job.state is State.ENDING else State.FAILED, row.reason)
        row.name = row.link = None
    else:
        _finish(row, ENDS[job.state], row.reason)


def _finish(row: Conference, state: State, reason: str | None) -> None:
    row.state, row.reason, row.claimed_at = state.value, reason, None
