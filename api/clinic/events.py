"""Calendars of staff: visits that are made there, once or again and again, and times at which
somebody is not to be booked.

Each time of an event is a visit of its own, with a waiting room, links and states like any other.
What holds them together is their event, by which all of them can be moved or called off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm.attributes import flag_modified

from api.clinic import meetings, serial
from api.clinic.booking import check_free, moments_of, owner
from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import get
from api.clinic.errors import InTheWay, Refusal, missing
from api.clinic.hours import OUT, is_over, moments
from api.clinic.meetings import Change, Wanted
from api.clinic.participants import Invitee
from api.clinic.patients import find as find_patient
from api.clinic.patients import visible
from api.clinic.staff import check_version
from api.rules.auditing import Act
from api.rules.availability import Span
from api.rules.participation import BY_ROLE, Kind
from api.rules.plans import AUTO, Provider
from api.rules.recurrence import Recurrence, ends_with, wall_clock
from api.rules.roles import Role
from api.rules.visits import LONGEST, Status
from api.store.models import CalendarEvent, Meeting, Patient, Staff


class EventKind(StrEnum):
    VISIT = "visit"
    BUSY = "busy"  # nobody meets: a holiday, lunch


class EventStatus(StrEnum):
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class WantedEvent:
    """`starts`: on the wall of `zone`. `zone` None: the clinic's; `staff` None: whoever asks.
    `provider` None: the best there is."""

    kind: EventKind
    starts: datetime
    minutes: int
    zone: str | None = None
    staff: UUID | None = None
    patient: UUID | None = None
    invitees: tuple[Invitee, ...] = ()
    provider: Provider | None = None
    recurrence: Recurrence | None = None
    overlaps: bool = False  # even where the calendar is full
    invites: bool = False


@dataclass(frozen=True, slots=True)
class EventChange:
    """None: as it is."""

    starts: datetime | None = None
    minutes: int | None = None
    overlaps: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of an event. `original`: by which it is named, wherever it was moved to."""

    original: datetime
    begins: datetime
    minutes: int
    meeting: Meeting | None


async def create(visit: Visit, wanted: WantedEvent) -> CalendarEvent:
    """Raises Refusal."""
    tx = visit.tx
    staff = await owner(visit, wanted.staff)
    zone = wanted.zone or (await workspace_of(visit)).time_zone or "UTC"
    ats = moments_of(visit, wanted.starts, zone, wanted.recurrence, wanted.minutes)
    if not wanted.overlaps:
        await check_free(visit, staff.id, ats, wanted.minutes)
    is_visit = wanted.kind is EventKind.VISIT
    if not is_visit and (wanted.patient is not None or wanted.invitees or wanted.invites):
        raise Refusal("nobody_meets", "At a busy time nobody meets: name no patient and no others.")
    if wanted.patient is not None:
        await find_patient(visit, wanted.patient)
    event = CalendarEvent(
        id=tx.new_id(),
        kind=wanted.kind.value,
        staff_id=staff.id,
        patient_id=wanted.patient,
        starts_at=ats[0],
        ends_at=ends_with(ats, wanted.minutes),
        time_zone=zone,
        minutes=wanted.minutes,
        recurrence=wanted.recurrence.as_json() if wanted.recurrence else None,
        conferencing=(wanted.provider or AUTO) if is_visit else None,
        status=EventStatus.CONFIRMED.value,
        sequence=0,
        created_by=visit.staff_id,
        created_at=tx.now,
        changed_at=tx.now,
    )
    tx.session.add(event)
    await tx.session.flush()
    if is_visit:
        await _make_visits(visit, event, staff, ats, wanted)
    detail = {"kind": wanted.kind.value, "times": len(ats)}
    tx.tell(Act("event.create", "event", str(event.id), detail=detail))
    if wanted.invites:
        await serial.invite(visit, event, await visits_of(visit, event))
    return event


async def find(visit: Visit, id: UUID, *, locks: bool = False) -> CalendarEvent:
    """One whose patient the caller may see. Raises Missing."""
    event = await get(visit.tx, CalendarEvent, id, "event")
    if locks:
        await visit.tx.session.refresh(event, with_for_update=True)
    if event.patient_id is not None:
        await find_patient(visit, event.patient_id)
    return event


async def view(visit: Visit, id: UUID) -> CalendarEvent:
    """Raises Missing."""
    event = await find(visit, id)
    visit.tx.tell(Act("event.view", "event", str(id)))
    return event


async def list_events(
    visit: Visit, within: Span, staff: UUID | None, after: UUID | None, limit: int
) -> Sequence[CalendarEvent]:
    """Those that have a time within, by their ids, but for those of restricted patients."""
    hidden = exists().where(Patient.id == CalendarEvent.patient_id, ~visible(visit))
    has_visit = exists().where(
        Meeting.event_id == CalendarEvent.id,
        Meeting.starts_at < within.ends,
        Meeting.starts_at > within.begins - LONGEST,
    )
    is_busy = (
        (CalendarEvent.kind == EventKind.BUSY.value)
        & (CalendarEvent.starts_at < within.ends)
        & (CalendarEvent.ends_at > within.begins)
    )
    query = select(CalendarEvent).where(~hidden, or_(is_busy, has_visit))
    if staff is not None:
        query = query.where(CalendarEvent.staff_id == staff)
    if after is not None:
        query = query.where(CalendarEvent.id > after)
    found = (await visit.tx.session.scalars(query.order_by(CalendarEvent.id).limit(limit))).all()
    visit.tx.tell(Act("event.list", detail={"ids": [str(one.id) for one in found]}))
    return found


async def occurrences(visit: Visit, event: CalendarEvent) -> list[Occurrence]:
    """All there are, in their order."""
    if event.kind == EventKind.BUSY:
        return [Occurrence(at, at, event.minutes, None) for at in moments(event)]
    found = await visits_of(visit, event)
    return [
        Occurrence(one.occurrence_at or one.starts_at, one.starts_at, one.minutes, one)
        for one in found
    ]


async def begins(visit: Visit, event: CalendarEvent, which: datetime | None) -> datetime:
    """Of the one time `which`, where it is now; else of the first that a change of all moves.
    Raises Missing, InTheWay."""
    if which is not None:
        found = [one for one in await occurrences(visit, event) if one.original == which]
        if not found:
            raise missing("time of this event")
        return found[0].begins
    if event.kind == EventKind.BUSY:
        return event.starts_at
    if event.recurrence is None:  # it may have been moved like any visit
        return (await _the_one(visit, event, None)).starts_at
    left = await _to_come(visit, event)
    if not left:
        raise InTheWay("meeting_over", "All of this series is over. Make a new one.")
    return left[0].occurrence_at or left[0].starts_at


async def visits_of(visit: Visit, event: CalendarEvent) -> list[Meeting]:
    query = select(Meeting).where(Meeting.event_id == event.id)
    found = (await visit.tx.session.scalars(query)).all()
    return sorted(found, key=lambda one: (one.occurrence_at or one.starts_at, one.id))


async def change(
    visit: Visit, id: UUID, seen: int | None, which: datetime | None, wanted: EventChange
) -> CalendarEvent:
    """Move an event or make it longer: the one time `which`, or all that are still to come. Raises
    Missing, Forbidden, Changed, InTheWay, Refusal."""
    event = await find(visit, id, locks=True)
    check_version(event.version, seen)
    _check_is_on(event)
    await owner(visit, event.staff_id)
    if event.kind == EventKind.BUSY:
        await _change_busy(visit, event, which, wanted)
    elif which is not None or event.recurrence is None:
        await _change_one(visit, event, which, wanted)
    else:
        await serial.move(visit, event, await _to_come(visit, event), wanted)
    _touch(visit, event)
    detail = {"one": which is not None}
    visit.tx.tell(Act("event.change", "event", str(id), detail=detail))
    await visit.tx.session.flush()
    return event


async def cancel(visit: Visit, id: UUID, seen: int | None, which: datetime | None) -> CalendarEvent:
    """Call off the one time `which`, or all that are still to come. A second time changes nothing.
    Raises Missing, Forbidden, Changed."""
    event = await find(visit, id, locks=True)
    check_version(event.version, seen)
    if which is not None:
        await _cancel_one(visit, event, which)
    elif event.status != EventStatus.CANCELLED:
        left = [] if event.kind == EventKind.BUSY else await _to_come(visit, event)
        await serial.call_off(visit, event, left)
        event.status = EventStatus.CANCELLED.value
        event.sequence += 1
    else:
        return event
    _touch(visit, event)
    visit.tx.tell(Act("event.cancel", "event", str(id), detail={"one": which is not None}))
    await visit.tx.session.flush()
    return event


async def _make_visits(
    visit: Visit,
    event: CalendarEvent,
    staff: Staff,
    ats: Sequence[datetime],
    wanted: WantedEvent,
) -> None:
    part = BY_ROLE.get(Role(staff.role))
    is_named = any(one.kind is Kind.STAFF and one.id == staff.id for one in wanted.invitees)
    invitees = wanted.invitees
    if part is not None and not is_named:
        invitees = (Invitee(Kind.STAFF, staff.id, part), *invitees)
    for at in ats:
        made = Wanted(
            starts_at=at,
            minutes=wanted.minutes,
            patient_id=wanted.patient,
            invitees=invitees,
            provider=wanted.provider,
            event_id=event.id,
            occurrence_at=at,
        )
        await meetings.create(visit, made)


async def _to_come(visit: Visit, event: CalendarEvent) -> list[Meeting]:
    now = visit.tx.now
    found = await visits_of(visit, event)
    return [one for one in found if not is_over(one, now) and one.status != Status.LIVE]


async def _the_one(visit: Visit, event: CalendarEvent, which: datetime | None) -> Meeting:
    """Raises Missing."""
    for one in await visits_of(visit, event):
        if which is None or one.occurrence_at == which:
            return one
    raise missing("time of this event")


async def _change_one(
    visit: Visit, event: CalendarEvent, which: datetime | None, wanted: EventChange
) -> None:
    one = await _the_one(visit, event, which)
    at, minutes = one.starts_at, wanted.minutes or one.minutes
    if wanted.starts is not None:
        (at,) = moments_of(visit, wanted.starts, event.time_zone, None, minutes)
    if not wanted.overlaps:
        await check_free(visit, event.staff_id, [at], minutes, [one])
    fields = {"starts_at": at, "minutes": minutes}
    await meetings.change(visit, one.id, None, Change(fields))
    if event.recurrence is None:
        one.occurrence_at = event.starts_at = at
        event.minutes, event.ends_at = minutes, at + timedelta(minutes=minutes)


async def _cancel_one(visit: Visit, event: CalendarEvent, which: datetime) -> None:
    if event.kind != EventKind.BUSY:
        one = await _the_one(visit, event, which)
        if one.status == Status.LIVE:
            raise InTheWay("meeting_live", "This visit goes on: end it instead.")
        await meetings.end(visit, one.id)
        return
    if which not in moments(event):
        raise missing("time of this event")
    if event.recurrence is None:
        event.status = EventStatus.CANCELLED.value
        return
    left_out = [*event.recurrence.get(OUT, []), which.isoformat()]
    event.recurrence = {**event.recurrence, OUT: left_out}


async def _change_busy(
    visit: Visit, event: CalendarEvent, which: datetime | None, wanted: EventChange
) -> None:
    """Raises Refusal."""
    if which is not None and event.recurrence is not None:
        sentence = "One of a series of busy times is not moved: take it out, and make another one."
        raise Refusal("busy_series", sentence)
    starts = wanted.starts or wall_clock(event.starts_at, event.time_zone)
    rule = None
    if event.recurrence is not None:
        days = (starts.date() - wall_clock(event.starts_at, event.time_zone).date()).days
        kept = {name: value for name, value in event.recurrence.items() if name != OUT}
        rule = Recurrence.of_json(kept).shifted(days)
    event.minutes = wanted.minutes or event.minutes
    ats = moments_of(visit, starts, event.time_zone, rule, event.minutes)
    if not wanted.overlaps:
        await check_free(visit, event.staff_id, ats, event.minutes, [event])
    event.starts_at, event.ends_at = ats[0], ends_with(ats, event.minutes)
    event.recurrence = rule.as_json() if rule is not None else None


def _check_is_on(event: CalendarEvent) -> None:
    if event.status == EventStatus.CANCELLED:
        raise InTheWay("event_cancelled", "This was called off. Make a new one.")


def _touch(visit: Visit, event: CalendarEvent) -> None:
    event.changed_at = visit.tx.now
    flag_modified(event, "changed_at")
