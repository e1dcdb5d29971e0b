"""Visits: agreed on, found, changed, ended."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from api.clinic import announcing, participants
from api.clinic.caller import Visit, demand, workspace_of
from api.clinic.clinic import get
from api.clinic.errors import Forbidden, InTheWay, Refusal, missing
from api.clinic.participants import Invitee
from api.clinic.patients import find as find_patient
from api.clinic.providers import conferences, rerouting
from api.clinic.settling import settle
from api.clinic.staff import check_version
from api.clinic.states import catch_up, happen, status_of, times
from api.rules import plans
from api.rules.auditing import Act, ActorKind
from api.rules.conferences import State
from api.rules.conferencing import NAMES, Choice, Lack
from api.rules.participation import BY_ROLE, Kind, Part, Rsvp, is_host
from api.rules.plans import AUTO, PROVIDERS, Plan, Provider
from api.rules.roles import Permission
from api.rules.rooms import RANDOM_BYTES, make_room
from api.rules.visits import Event, Status
from api.rules.waiting import Admission
from api.store.models import Meeting

FARTHEST = timedelta(days=5 * 366)


class MeetingKind(StrEnum):
    VISIT = "visit"  # by appointment
    CALL = "call"  # at once


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new visit is to be like."""

    starts_at: datetime
    minutes: int
    patient_id: UUID | None = None
    invitees: tuple[Invitee, ...] = ()
    provider: Provider | None = None  # None: the best there is
    calendar_event_id: str | None = None
    kind: MeetingKind = MeetingKind.VISIT
    rings_until: datetime | None = None
    event_id: UUID | None = None
    occurrence_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """`fields` are columns of the visit's own."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    add: tuple[Invitee, ...] = ()
    remove: tuple[UUID, ...] = ()  # of its participants
    conferencing: Provider | str | None = None  # where it is to be; AUTO: the best; None: as it is


async def create(visit: Visit, wanted: Wanted) -> Meeting:
    """Raises Refusal."""
    tx = visit.tx
    if wanted.patient_id is not None:
        await find_patient(visit, wanted.patient_id)
    plan = plans.plan_of((await workspace_of(visit)).plan)
    _check_start(visit, wanted.starts_at, wanted.minutes)
    meeting = Meeting(
        id=tx.new_id(),
        kind=wanted.kind.value,
        patient_id=wanted.patient_id,
        created_by=visit.staff_id,
        starts_at=wanted.starts_at,
        minutes=wanted.minutes,
        room=make_room(visit.caller.workspace, secrets.token_bytes(RANDOM_BYTES)),
        status=Status.SCHEDULED.value,
        plan=None,
        locked=False,
        sequence=0,
        calendar_event_id=wanted.calendar_event_id,
        event_id=wanted.event_id,
        occurrence_at=wanted.occurrence_at,
        rings_until=wanted.rings_until,
        created_at=tx.now,
        changed_at=tx.now,
    )
    rerouting.take(meeting, wanted.provider, await _route(visit, plan, wanted.provider))
    catch_up(meeting, tx.now)
    tx.session.add(meeting)
    await tx.session.flush()
    for invitee in await _complete(visit, wanted):
        await participants.add(visit, meeting, invitee)
    await check_seats(visit, meeting, plan)
    await conferences.ask(visit.clinic, tx, meeting)
    detail = {"provider": meeting.provider, "kind": meeting.kind}
    tx.tell(Act("meeting.create", "meeting", str(meeting.id), detail=detail))
    return meeting


async def view(visit: Visit, id: UUID) -> Meeting:
    """Raises Missing, Forbidden."""
    meeting = await find(visit, id)
    visit.tx.tell(Act("meeting.view", "meeting", str(id)))
    return meeting


async def find(
    visit: Visit, id: UUID, needed: Permission = Permission.MEETINGS_READ, *, locks: bool = False
) -> Meeting:
    """One that the caller may see: staff by `needed`, others if they take part, and for more than
    that if it is theirs to host. `locks`: nobody else changes it meanwhile. Raises Missing,
    Forbidden."""
    works_here = visit.caller.kind in (ActorKind.STAFF, ActorKind.KEY)
    is_taken = visit.caller.kind is ActorKind.HQ  # their part in it is that of its host
    if works_here or (needed is not Permission.MEETINGS_READ and not is_taken):
        demand(visit.tx, visit.caller, needed)
    meeting = await get(visit.tx, Meeting, id, "meeting")
    if locks:
        await visit.tx.session.refresh(meeting, with_for_update=True)
    if works_here:
        if meeting.patient_id is not None:
            await find_patient(visit, meeting.patient_id)
    elif await participants.own(visit, meeting) is None:
        raise missing("meeting")
    return meeting


async def change(
    visit: Visit, id: UUID, seen: int | None, wanted: Change, *, tells: bool = True
) -> Meeting:
    """`tells`: those who were invited hear of a new time. Raises Missing, Forbidden, Changed,
    InTheWay."""
    meeting = await find(visit, id, Permission.MEETINGS_CHANGE, locks=True)
    check_version(meeting.version, seen)
    check_is_on(meeting, visit.tx.now)
    if wanted.add and meeting.kind == MeetingKind.CALL:
        raise InTheWay("call_is_for_two", "A call is between two: make a visit for more people.")
    fields = {k: v for k, v in wanted.fields.items() if getattr(meeting, k) != v}
    if moved := {"starts_at", "minutes"} & fields.keys():
        await _move(visit, meeting, fields)
    for name, value in fields.items():
        setattr(meeting, name, value)
    rerouted = wanted.conferencing is not None and await _reroute(visit, meeting, wanted)
    gone = [await participants.remove(visit, meeting, one) for one in wanted.remove]
    for person in gone:
        await announcing.tell_removed(visit, meeting, person)
    added = [await participants.add(visit, meeting, invitee) for invitee in wanted.add]
    if wanted.add or rerouted:
        await check_seats(visit, meeting, await plan_in_force(visit, meeting))
    if moved:
        await _close_again(visit, meeting)
        await conferences.move(visit.clinic, visit.tx, meeting)
    if moved or (rerouted and not conferences.is_elsewhere(meeting)):
        meeting.sequence += 1
        if moved:
            await announcing.tell_moved(visit, meeting, is_told=tells)
        else:
            await announcing.tell_rerouted(visit, meeting)
    for person in added:
        await announcing.tell_added(visit, meeting, person)
    detail = {"fields": sorted(fields), "added": len(wanted.add), "removed": len(wanted.remove)}
    visit.tx.tell(Act("meeting.change", "meeting", str(id), detail=detail))
    await settle(visit.clinic, visit.tx, meeting, gone)
    return meeting


async def end(visit: Visit, id: UUID, seen: int | None = None, *, tells: bool = True) -> Meeting:
    """End one that goes on, call off one that does not. A second time changes nothing. Raises
    Missing, Forbidden, Changed."""
    meeting = await find(visit, id, Permission.MEETINGS_CHANGE, locks=True)
    catch_up(meeting, visit.tx.now)
    if not Status(meeting.status).is_over:  # else it is as whoever asks again wants it
        check_version(meeting.version, seen)
    is_live = meeting.status == Status.LIVE
    if conferences.is_elsewhere(meeting) and visit.tx.now >= meeting.starts_at:
        is_live = True  # as far as anybody here can know
    if happen(meeting, Event.FINISHED if is_live else Event.CALLED_OFF, visit.tx.now):
        meeting.sequence += 1
        what = "meeting.end" if is_live else "meeting.cancel"
        visit.tx.tell(Act(what, "meeting", str(id)))
        if not is_live:
            await announcing.tell_cancelled(visit, meeting, is_told=tells)
        await conferences.end(visit.clinic, visit.tx, meeting)
        await settle(visit.clinic, visit.tx, meeting)
    return meeting


def check_is_open(meeting: Meeting, now: datetime) -> None:
    """Raises InTheWay, Forbidden."""
    check_is_on(meeting, now)
    if status_of(meeting, now) is Status.SCHEDULED:
        opens = times(meeting).opens.isoformat(timespec="minutes")
        raise Forbidden("too_early", f"This visit opens at {opens}: come again then.")


def check_is_on(meeting: Meeting, now: datetime) -> None:
    """Raises InTheWay."""
    if status_of(meeting, now).is_over:
        raise InTheWay("meeting_over", "This visit is over. Make a new one.")


async def plan_in_force(visit: Visit, meeting: Meeting) -> Plan:
    now = plans.plan_of((await workspace_of(visit)).plan)
    return plans.in_force(now, plans.plan_of(meeting.plan) if meeting.plan else None)


async def check_seats(visit: Visit, meeting: Meeting, plan: Plan) -> None:
    """Raises Forbidden when more take part than the plan has seats for, here."""
    if conferences.is_elsewhere(meeting):
        return
    if not plans.has_room(plan, len(await participants.of(visit.tx, meeting)) - 1):
        raise room_full(plan)


def room_full(plan: Plan) -> Forbidden:
    seats = plans.SEATS[plan]
    sentence = f"The plan {plan.value} has visits of at most {seats} people: ask for a larger one."
    return Forbidden("room_full_for_plan", sentence)


def plan_required(wanted: plans.Provider | plans.Feature, what: str) -> Forbidden:
    least = plans.least(wanted).value
    return Forbidden("plan_required", f"For {what} the clinic needs the plan {least} or more.")


async def _route(visit: Visit, plan: Plan, wanted: Provider | None) -> Choice:
    """With a provider. Raises Forbidden, InTheWay."""
    choice = await rerouting.route(visit.clinic, visit.tx, plan, wanted)
    if choice.provider is not None:
        return choice
    if wanted is not None and choice.lack is Lack.NOT_IN_PLAN:
        raise plan_required(wanted, NAMES[wanted])
    names = " or ".join(NAMES[provider] for provider in Provider if provider in PROVIDERS[plan])
    sentence = f"The clinic's plan has visits by {names}: the owner has to connect that first."
    raise InTheWay("provider_not_connected", sentence)


async def _reroute(visit: Visit, meeting: Meeting, change: Change) -> bool:
    """To another place, or once more to the same one if nothing came of it; whether there is any
    change. Raises Forbidden, InTheWay."""
    if meeting.kind == MeetingKind.CALL or status_of(meeting, visit.tx.now) is Status.LIVE:
        raise InTheWay("meeting_live", "This visit goes on: it cannot go elsewhere.")
    wanted = change.conferencing if isinstance(change.conferencing, Provider) else None
    row = await conferences.current(visit.tx, meeting)
    is_there = row is None or row.state in (State.READY, State.MOVING)
    if is_there and meeting.conferencing == (wanted or AUTO):
        return False
    plan = await plan_in_force(visit, meeting)
    choice = await _route(visit, plan, wanted)
    if is_there and choice.provider == meeting.provider:
        rerouting.take(meeting, wanted, choice)
        return False
    rerouting.take(meeting, wanted, choice)
    await conferences.ask(visit.clinic, visit.tx, meeting)
    await _open_anew(visit, meeting)
    return True


def _check_start(visit: Visit, starts_at: datetime, minutes: int) -> None:
    """Raises Refusal."""
    now = visit.tx.now
    if starts_at > now + FARTHEST:
        raise Refusal("too_far", "Visits are made for the next five years.")
    if starts_at + timedelta(minutes=minutes) <= now:
        raise Refusal("in_the_past", "A visit cannot end before it is made: choose a later time.")


async def _complete(visit: Visit, wanted: Wanted) -> list[Invitee]:
    """With the patient, and with whoever makes it if nobody else is its host. Raises Refusal."""
    invitees = list(wanted.invitees)
    if wanted.patient_id is not None:
        patient = Invitee(Kind.PATIENT, wanted.patient_id, Part.PATIENT)
        if patient not in invitees:
            invitees.append(patient)
    if not any(is_host(invitee.kind, invitee.part) for invitee in invitees):
        role = visit.caller.role
        is_listed = any(i.kind is Kind.STAFF and i.id == visit.staff_id for i in invitees)
        if visit.staff_id is None or role is None or role not in BY_ROLE or is_listed:
            raise Refusal("host_needed", "Name a clinician or an assistant who takes part.")
        invitees.insert(0, Invitee(Kind.STAFF, visit.staff_id, BY_ROLE[role]))
    return invitees


async def _move(visit: Visit, meeting: Meeting, fields: Mapping[str, Any]) -> None:
    """To another time or length: who was asked is asked again. Raises Refusal."""
    starts_at = fields.get("starts_at", meeting.starts_at)
    minutes = fields.get("minutes", meeting.minutes)
    if status_of(meeting, visit.tx.now) is Status.LIVE and "starts_at" in fields:
        raise InTheWay("meeting_live", "This visit goes on: it can be made longer, not moved.")
    _check_start(visit, starts_at, minutes)
    if "starts_at" in fields:
        for participant in await participants.of(visit.tx, meeting):
            participant.rsvp, participant.rsvp_at = Rsvp.NEEDS_ACTION.value, None


async def _open_anew(visit: Visit, meeting: Meeting) -> None:
    """Who waited here waits no more."""
    for participant in await participants.of(visit.tx, meeting):
        participant.admission = Admission.INVITED.value
        participant.waiting_since = participant.admitted_at = None


async def _close_again(visit: Visit, meeting: Meeting) -> None:
    """Who had been let in to a visit that is later now, comes then."""
    catch_up(meeting, visit.tx.now)
    if meeting.status == Status.SCHEDULED:
        await _open_anew(visit, meeting)
