"""Tokens for visits: given to those who may come in, now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from api.clinic import meetings, participants
from api.clinic.caller import Visit, demand
from api.clinic.errors import Forbidden, InTheWay, Missing, Refusal
from api.clinic.participants import Invitee
from api.clinic.presence import identity_of
from api.clinic.providers.conferences import is_elsewhere
from api.clinic.settling import settle, told_of
from api.clinic.signer import VALIDITY, Signer
from api.clinic.states import catch_up
from api.rules import plans
from api.rules.auditing import Act, ActorKind, Outcome
from api.rules.participation import BY_ROLE, Kind, Part
from api.rules.plans import Feature, Plan, Provider
from api.rules.roles import Permission
from api.rules.waiting import Admission
from api.store.models import Meeting, MeetingParticipant

COMING = timedelta(minutes=10)  # that a seat is kept for whoever was let in and is not there yet


@dataclass(frozen=True, slots=True)
class Ticket:
    meeting: Meeting
    participant: MeetingParticipant
    identity: str
    token: str = field(repr=False)
    expires_at: datetime


async def ticket(visit: Visit, id: UUID) -> Ticket:
    """For the caller. Hosts come in unasked, all others once they are let in. Raises Missing,
    Forbidden, InTheWay; a refusal is told."""
    try:
        return await _ticket(visit, id)
    except Missing:
        raise  # nothing of ours
    except Refusal as refusal:
        visit.tx.tell(Act("meeting.refuse", "meeting", str(id), Outcome.REFUSED, refusal.kind))
        raise


async def _ticket(visit: Visit, id: UUID) -> Ticket:
    tx, now = visit.tx, visit.tx.now
    meeting = await meetings.find(visit, id, locks=True)
    check_is_here(meeting)
    signer = signer_of(visit)
    catch_up(meeting, now)
    meetings.check_is_open(meeting, now)
    plan = await meetings.plan_in_force(visit, meeting)
    if Provider.LIVEKIT not in plans.PROVIDERS[plan]:
        raise meetings.plan_required(Provider.LIVEKIT, "visits here")
    participant = await participants.own(visit, meeting) or await _join_in(visit, meeting)
    await _let_in(visit, meeting, participant)
    people = await participants.of(tx, meeting)
    await check_seat(visit, meeting, participant, people, plan)
    await settle(visit.clinic, tx, meeting)
    name = (await participants.names(tx, [participant])).get(participant.id)
    identity = identity_of(participant.kind, participant.subject_id)
    token = signer.join(
        workspace=visit.caller.workspace,
        meeting=meeting.id,
        room=meeting.room,
        identity=identity,
        name=name,
        part=Part(participant.role),
        may_record=Feature.RECORDING in plans.FEATURES[plan],
        now=now,
    )
    tx.tell(Act("meeting.token", "meeting", str(id), detail={"role": participant.role}))
    told = told_of(meeting)
    tx.afterwards.append(lambda: visit.clinic.rooms.open(meeting.room, told))
    return Ticket(meeting, participant, identity, token, now + VALIDITY)


def check_is_here(meeting: Meeting) -> None:
    """Raises InTheWay."""
    if is_elsewhere(meeting):
        sentence = "This visit takes place elsewhere, without our waiting room: follow its link."
        raise InTheWay("other_provider", sentence)


def signer_of(visit: Visit) -> Signer:
    """Raises InTheWay."""
    if visit.clinic.signer is None:
        raise InTheWay("no_calls", "This server has no calls.")
    return visit.clinic.signer


async def _join_in(visit: Visit, meeting: Meeting) -> MeetingParticipant:
    """Staff who have not been named, as their role has it. Raises Forbidden."""
    demand(visit.tx, visit.caller, Permission.MEETINGS_HOST)
    role = visit.caller.role
    if visit.caller.kind is not ActorKind.STAFF or role is None or role not in BY_ROLE:
        raise Forbidden("forbidden", "Only people take part in visits.")
    if meeting.kind == meetings.MeetingKind.CALL:
        sentence = "This call is between two others: call one of them, or make a visit."
        raise Forbidden("not_called", sentence)
    if meeting.locked:
        raise locked()
    invitee = Invitee(Kind.STAFF, visit.caller.id, BY_ROLE[role])
    return await participants.add(visit, meeting, invitee)


async def _let_in(visit: Visit, meeting: Meeting, participant: MeetingParticipant) -> None:
    """Raises Forbidden."""
    if participants.hosts(participant):
        participant.admission = Admission.ADMITTED.value
        participant.admitted_at = visit.tx.now
        await visit.tx.session.flush()
        return
    if participant.admission == Admission.DENIED:
        raise denied()
    if participant.admission != Admission.ADMITTED:
        raise locked() if meeting.locked else not_admitted()


async def check_seat(
    visit: Visit,
    meeting: Meeting,
    newcomer: MeetingParticipant,
    people: Sequence[MeetingParticipant],
    plan: Plan,
) -> None:
    """Raises Forbidden, which the hosts who are there hear of."""
    others = [p for p in people if p.id != newcomer.id and holds_seat(p, visit.tx.now)]
    if newcomer.is_present or plans.has_room(plan, len(others)):
        return
    hosts = [p for p in others if participants.hosts(p) and p.is_present]
    identities = [identity_of(p.kind, p.subject_id) for p in hosts]
    if identities:
        content = {"kind": "room_full_for_plan", "participant": str(newcomer.id)}
        await visit.clinic.rooms.send(meeting.room, identities, content)
    raise meetings.room_full(plan)


def holds_seat(participant: MeetingParticipant, now: datetime) -> bool:
    """Who is there, and who was let in and is on the way."""
    if participant.is_present:
        return True
    since = participant.admitted_at
    is_coming = since is not None and participant.left_at is None and now - since < COMING
    return is_coming and participant.admission == Admission.ADMITTED


def not_admitted() -> Forbidden:
    return Forbidden("not_admitted", "Knock, and wait until you are let in.")


def denied() -> Forbidden:
    return Forbidden(
        "denied", "You were not let in to this visit. Call the clinic if that is wrong."
    )


def locked() -> Forbidden:
    return Forbidden("meeting_locked", "This visit is locked: nobody new comes in. Ask its host.")
