"""The waiting room: who knocks, who is let in, and how long it may take."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.clinic import entry, lobbychat, meetings, participants
from api.clinic.caller import Visit, demand
from api.clinic.errors import InTheWay
from api.clinic.meetings import MeetingKind
from api.clinic.patients import visible
from api.clinic.ready import Devices
from api.clinic.settling import settle
from api.clinic.states import catch_up, happen, status_of, times
from api.rules.auditing import Act
from api.rules.participation import HOSTS, Kind
from api.rules.roles import Permission
from api.rules.visits import Event, Status
from api.rules.waiting import WAITING, Admission, Move, Place, estimate, moved, queue
from api.store.models import LobbyMessage, Meeting, MeetingParticipant, Patient, Triage


@dataclass(frozen=True, slots=True)
class Waiter:
    """One who waits, as the host and they themselves see it."""

    meeting: Meeting
    participant: MeetingParticipant
    position: int  # among those who wait for one of the same hosts; 1: is next
    wait: timedelta
    messages: Sequence[LobbyMessage] = ()
    triage: Triage | None = None  # None: nobody has said anything


async def knock(visit: Visit, id: UUID) -> MeetingParticipant:
    """Come to the waiting room; a second time changes nothing. Raises Missing, Forbidden,
    InTheWay."""
    meeting = await meetings.find(visit, id, locks=True)
    participant = await participants.waiter(visit, meeting)
    entry.check_is_here(meeting)
    visit.clinic.pages.see(participant.id)
    catch_up(meeting, visit.tx.now)
    meetings.check_is_open(meeting, visit.tx.now)
    state = moved(Admission(participant.admission), Move.KNOCK)
    if state is None:
        raise entry.denied()
    if state == participant.admission:
        return participant
    if meeting.locked and participant.admission != Admission.AWAY:
        raise entry.locked()
    await _wait(visit, meeting, participant, state)
    return participant


async def leave(visit: Visit, id: UUID) -> None:
    """Go away from the waiting room, or for good from the call; or do not answer one. Raises
    Missing, Forbidden."""
    meeting = await meetings.find(visit, id, locks=True)
    is_call = meeting.kind == MeetingKind.CALL
    participant = await participants.waiter(visit, meeting, or_host=is_call)
    state = moved(Admission(participant.admission), Move.LEAVE)
    if state is None or state == participant.admission:
        return
    participant.admission = state.value
    if is_call:
        catch_up(meeting, visit.tx.now)
        happen(meeting, Event.MISSED, visit.tx.now)
    visit.tx.tell(Act("meeting.leave", "meeting", str(id)))
    await settle(visit.clinic, visit.tx, meeting)


async def move(visit: Visit, id: UUID, participant_id: UUID, what: Move) -> Meeting:
    """Let somebody in, put them back, or deny them. Raises Missing, Forbidden, InTheWay."""
    meeting = await meetings.find(visit, id, Permission.MEETINGS_HOST, locks=True)
    participant = await participants.one(visit.tx, meeting, participant_id)
    _prepare(visit, meeting)
    await step(visit, meeting, participant, what)
    await settle(visit.clinic, visit.tx, meeting)
    return meeting


async def admit_all(visit: Visit, id: UUID) -> Meeting:
    """Whoever waits, in the order of the queue, all of them or none. Raises Missing, Forbidden,
    InTheWay."""
    meeting = await meetings.find(visit, id, Permission.MEETINGS_HOST, locks=True)
    _prepare(visit, meeting)
    people = {p.id: p for p in await participants.of(visit.tx, meeting)}
    for place in queue(_places(people.values())):
        await step(visit, meeting, people[place.participant], Move.ADMIT)
    await settle(visit.clinic, visit.tx, meeting)
    return meeting


async def waiting(visit: Visit) -> list[Waiter]:
    """All who wait in the workspace, but for restricted patients of others, in their order.
    Raises Forbidden."""
    demand(visit.tx, visit.caller, Permission.MEETINGS_HOST)
    found = await _all_waiting(visit)
    patients = [one.meeting.patient_id for one in found if one.meeting.patient_id]
    query = select(Patient.id).where(Patient.id.in_(patients), visible(visit))
    seen = {None, *(await visit.tx.session.scalars(query))}
    listed = [one for one in found if one.meeting.patient_id in seen]
    written = [message.id for one in listed for message in one.messages]
    people_ids = [one.participant.id for one in listed]
    visit.clinic.shown.tell(visit, "meeting.waiting", people_ids, written)
    return listed


async def place(visit: Visit, id: UUID) -> tuple[Meeting, MeetingParticipant, Waiter | None]:
    """The caller's own: who looks at it is there, and waits again if they were away. Raises
    Missing, Forbidden, InTheWay."""
    meeting = await meetings.find(visit, id)
    participant = await participants.waiter(visit, meeting)
    visit.clinic.pages.see(participant.id)
    if participant.admission == Admission.AWAY:
        await _come_back(visit, meeting, participant)
    if not Admission(participant.admission).is_waiting:
        return meeting, participant, None
    found = await _all_waiting(visit)
    own = (waiter for waiter in found if waiter.participant.id == participant.id)
    return meeting, participant, next(own, None)  # None: for what is over nobody waits


async def say_ready(visit: Visit, id: UUID, devices: Devices) -> None:
    """What the page of somebody who waits has found. Raises Missing, InTheWay."""
    meeting = await meetings.find(visit, id)
    participant = await participants.waiter(visit, meeting)
    visit.clinic.readiness.note(participant.id, devices)


async def _come_back(visit: Visit, meeting: Meeting, participant: MeetingParticipant) -> None:
    for row in (meeting, participant):
        await visit.tx.session.refresh(row, with_for_update=True)
    catch_up(meeting, visit.tx.now)
    if participant.admission == Admission.AWAY and status_of(meeting, visit.tx.now).takes_people:
        await _wait(visit, meeting, participant, Admission.WAITING)


async def _wait(
    visit: Visit, meeting: Meeting, participant: MeetingParticipant, state: Admission
) -> None:
    """Who was away keeps their place in the queue."""
    if participant.admission != Admission.AWAY or participant.waiting_since is None:
        participant.waiting_since = visit.tx.now
    participant.admission = state.value
    visit.tx.tell(Act("meeting.knock", "meeting", str(meeting.id)))
    await settle(visit.clinic, visit.tx, meeting)


def _prepare(visit: Visit, meeting: Meeting) -> None:
    """Raises InTheWay, Forbidden."""
    entry.check_is_here(meeting)
    catch_up(meeting, visit.tx.now)
    meetings.check_is_open(meeting, visit.tx.now)


async def step(visit: Visit, meeting: Meeting, participant: MeetingParticipant, what: Move) -> None:
    """Of one in the waiting room; whoever does it settles the visit. Raises InTheWay, Forbidden."""
    if participants.hosts(participant):
        raise InTheWay("is_host", "This is a host: hosts are neither let in nor put back.")
    state = moved(Admission(participant.admission), what)
    if state is None:
        raise InTheWay("not_waiting", "They are not where that can be done: load the visit again.")
    if state == participant.admission:
        return
    now = visit.tx.now
    if state is Admission.ADMITTED:
        plan = await meetings.plan_in_force(visit, meeting)
        people = await participants.of(visit.tx, meeting)
        await entry.check_seat(visit, meeting, participant, people, plan)
        participant.admitted_at, participant.left_at = now, None
        participant.joined_at = None
    if state is Admission.PUT_BACK:
        participant.waiting_since = now
        visit.clinic.pages.see(participant.id)  # which was open for the call
    participant.admission = state.value
    await visit.tx.session.flush()
    detail = {"participant": str(participant.id)}
    visit.tx.tell(Act(f"meeting.{what.value}", "meeting", str(meeting.id), detail=detail))


async def _all_waiting(visit: Visit) -> list[Waiter]:
    """Of the whole workspace: the places before one's own may be of any visit."""
    session, now = visit.tx.session, visit.tx.now
    rows = await session.execute(
        select(MeetingParticipant, Meeting)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(
            MeetingParticipant.admission.in_(WAITING),
            Meeting.status.in_([Status.LOBBY.value, Status.LIVE.value]),
        )
    )
    found = {person.id: (meeting, person) for person, meeting in rows}
    hosts = await _hosts_of(visit)
    running = await _running(visit)
    ordered = [found[place.participant] for place in queue(_places(p for _, p in found.values()))]
    messages = await lobbychat.of(visit.tx, found)
    triages = await _triages(visit, {meeting.id for meeting, _ in ordered})
    waiters: list[Waiter] = []
    for meeting, person in ordered:
        own = hosts.get(meeting.id, set())
        ahead = [m for m, p in ordered[: len(waiters)] if own & hosts.get(m.id, set())]
        others = {m.id: m for m in ahead if m.id != meeting.id}
        ends = [
            times(m).ends for m in running if m.id != meeting.id and own & hosts.get(m.id, set())
        ]
        wait = estimate(
            [timedelta(minutes=m.minutes) for m in others.values()],
            running_ends=max(ends, default=None),
            begins=meeting.starts_at,
            now=now,
        )
        position = len(ahead) + 1
        own_triage = triages.get(meeting.id)
        waiters.append(Waiter(meeting, person, position, wait, messages[person.id], own_triage))
    return waiters


async def _triages(visit: Visit, ids: Collection[UUID]) -> dict[UUID, Triage]:
    rows = await visit.tx.session.scalars(select(Triage).where(Triage.id.in_(ids)))
    return {row.id: row for row in rows}


async def _running(visit: Visit) -> Sequence[Meeting]:
    query = select(Meeting).where(Meeting.status == Status.LIVE.value)
    return (await visit.tx.session.scalars(query)).all()


async def _hosts_of(visit: Visit) -> dict[UUID, set[UUID]]:
    """The staff who hold each visit that somebody waits for, or that goes on."""
    rows = await visit.tx.session.execute(
        select(MeetingParticipant.meeting_id, MeetingParticipant.subject_id)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .where(
            Meeting.status.in_([Status.LOBBY.value, Status.LIVE.value]),
            MeetingParticipant.kind == Kind.STAFF.value,
            MeetingParticipant.role.in_([part.value for part in HOSTS]),
        )
    )
    hosts: dict[UUID, set[UUID]] = {}
    for meeting, staff in rows:
        hosts.setdefault(meeting, set()).add(staff)
    return hosts


def _places(people: Iterable[MeetingParticipant]) -> list[Place]:
    return [
        Place(p.id, p.waiting_since)
        for p in people
        if p.waiting_since is not None and Admission(p.admission).is_waiting
    ]
