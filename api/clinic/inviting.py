"""Invite to a visit, and answer an invitation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from api.clinic import participants
from api.clinic.announcing import Reader, invitations_to, reader_of, send
from api.clinic.caller import Visit
from api.clinic.clinic import Clinic, get
from api.clinic.errors import InTheWay, Refusal, TooMany, Unknown
from api.clinic.letters import Letter, shown_time
from api.clinic.meetings import check_is_on, find
from api.clinic.outbox import check_mail, post
from api.clinic.settling import settle
from api.clinic.states import status_of, times
from api.rules.auditing import STRANGER, Act, Actor, ActorKind, Origin, Outcome
from api.rules.bearers import Bearer, Purpose
from api.rules.participation import Kind, Rsvp
from api.rules.private import Private
from api.rules.roles import Permission
from api.rules.visits import Status
from api.rules.wording import LetterKind
from api.store.models import Invitation, Mail, Meeting, MeetingParticipant, Staff, Workspace
from api.store.store import Transaction

NO_ANSWER = "This link does not answer an invitation any more. Ask for a new one."
PAUSE = timedelta(seconds=5)  # between two answers of one person
NOTICES = 20  # letters a day that tell of answers to one visit
TELLING = (Rsvp.DECLINED, Rsvp.RESCHEDULE)  # what the host has to know


class Channel(StrEnum):
    MAIL = "mail"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Asked:
    """One who is to be invited. `address` and `language`: a guest's."""

    participant: UUID
    address: Private | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """`mail`: None where nothing was sent, for this reason."""

    person: MeetingParticipant
    mail: Mail | None
    reason: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    meeting: Meeting
    status: Status
    answer: Rsvp


async def invite(visit: Visit, id: UUID, channel: Channel, asked: Sequence[Asked]) -> list[Sent]:
    """Those who are named; without names all but the caller who can be written to and have not
    been just now. Raises Refusal."""
    meeting = await find(visit, id, Permission.MEETINGS_CHANGE, locks=True)
    check_is_on(meeting, visit.tx.now)
    if channel is Channel.SMS:
        sentence = "No provider of text messages is connected: invite by mail, or hand over a link."
        raise InTheWay("no_sms", sentence)
    check_mail(visit.clinic)
    if asked:
        return [await _invite(visit, meeting, one) for one in asked]
    sent = []
    for person in await participants.of(visit.tx, meeting):
        if not (person.kind == Kind.STAFF and person.subject_id == visit.staff_id):
            sent.append(await _try(visit, meeting, person))
    return sent


async def _invite(visit: Visit, meeting: Meeting, asked: Asked) -> Sent:
    """Raises Missing, InTheWay, TooMany."""
    person = await participants.one(visit.tx, meeting, asked.participant)
    if asked.address is not None and person.kind != Kind.GUEST:
        sentence = "Only a guest's address is given here: others have one in their record."
        raise Refusal("address_known", sentence)
    reader = await reader_of(visit, meeting, person.kind, person.subject_id, asked.address)
    if reader is None:
        sentence = "There is no e-mail address of somebody: add one, or hand over a link."
        raise InTheWay("no_address", sentence)
    if asked.language is not None:
        reader = Reader(reader.address, asked.language)
    mail = await send(visit, meeting, person, reader, LetterKind.INVITATION, is_asked=True)
    return Sent(person, mail, sent_at=mail.created_at)


async def _try(visit: Visit, meeting: Meeting, person: MeetingParticipant) -> Sent:
    try:
        return await _invite(visit, meeting, Asked(person.id))
    except (InTheWay, TooMany) as refusal:
        return Sent(person, None, refusal.kind)


async def list_invitations(visit: Visit, id: UUID) -> list[Sent]:
    """What became of the newest letter to each. Raises Missing, Forbidden."""
    meeting = await find(visit, id, Permission.MEETINGS_CHANGE)
    found = []
    for invitation in await invitations_to(visit, meeting):
        kind = Kind(invitation.kind)
        person = await participants.find(visit.tx, meeting, kind, invitation.subject_id)
        if person is not None:
            mail = await get(visit.tx, Mail, invitation.mail_id, "letter")
            found.append(Sent(person, mail, sent_at=invitation.sent_at))
    visit.tx.tell(Act("meeting.invitations", "meeting", str(id)))
    return found


async def answer(
    clinic: Clinic, origin: Origin, bearer: Bearer | None, id: UUID, answer: Rsvp
) -> Answered:
    """By the token of an invitation alone. Raises Unknown, InTheWay, TooMany."""
    if bearer is None or bearer.purpose is not Purpose.ANSWER:
        raise no_answer()
    async with clinic.store.writing(bearer.workspace, STRANGER, origin) as tx:
        invitation, meeting, person = await _at_invitation(tx, bearer, id)
        tx.by = Actor(ActorKind(invitation.kind), str(invitation.subject_id))
        check_is_on(meeting, tx.now)
        before = Rsvp(person.rsvp)
        if before is not answer:
            if person.rsvp_at is not None and tx.now - person.rsvp_at < PAUSE:
                sentence = "You have just answered: wait a moment, then answer again."
                raise TooMany("just_answered", sentence, PAUSE.total_seconds())
            person.rsvp, person.rsvp_at = answer.value, tx.now
            await settle(clinic, tx, meeting)
            detail = {"participant": str(person.id), "answer": answer.value}
            tx.tell(Act("meeting.answer", "meeting", str(id), detail=detail))
            if answer in TELLING:
                await _tell_hosts(clinic, tx, bearer.workspace, meeting)
        return Answered(meeting, status_of(meeting, tx.now), answer)


async def _at_invitation(
    tx: Transaction, bearer: Bearer, id: UUID
) -> tuple[Invitation, Meeting, MeetingParticipant]:
    """Raises Unknown."""
    query = select(Invitation).where(Invitation.digest == bearer.digest).with_for_update()
    invitation: Invitation | None = await tx.session.scalar(query)
    if invitation is None or invitation.meeting_id != id:
        raise no_answer()
    if invitation.revoked_at is not None or tx.now >= invitation.expires_at:
        tx.tell(Act("meeting.answer", "meeting", str(id), Outcome.REFUSED, "link_not_good"))
        raise no_answer()
    meeting = await get(tx, Meeting, id, "meeting")
    await tx.session.refresh(meeting, with_for_update=True)
    kind = Kind(invitation.kind)
    person = await participants.find(tx, meeting, kind, invitation.subject_id)
    if person is None:
        raise no_answer()
    return invitation, meeting, person


def no_answer() -> Unknown:
    return Unknown("link_not_good", NO_ANSWER)


async def _tell_hosts(clinic: Clinic, tx: Transaction, workspace: UUID, meeting: Meeting) -> None:
    """Nobody's answer waits for a letter that cannot be written."""
    if clinic.mail.sender is None or await _told_today(tx, meeting) >= NOTICES:
        return
    zone = (await tx.session.scalars(select(Workspace.time_zone))).one()
    values = {
        "time": shown_time(meeting.starts_at, zone),
        "link": f"{clinic.mail.page}#m={meeting.id}",
    }
    for host in await participants.of(tx, meeting):
        if not participants.hosts(host):
            continue
        staff = await tx.session.scalar(select(Staff).where(Staff.id == host.subject_id))
        if staff is None or staff.email is None or staff.disabled_at is not None:
            continue
        subject, until = (ActorKind.STAFF, staff.id), times(meeting).closes
        letter = Letter(
            LetterKind.ANSWER, staff.email, subject, until, None, values, (), meeting.id
        )  # fmt: skip
        try:
            await post(clinic, tx, workspace, letter, is_asked=False)
        except InTheWay:
            continue


async def _told_today(tx: Transaction, meeting: Meeting) -> int:
    count = await tx.session.scalar(
        select(func.count())
        .select_from(Mail)
        .where(
            Mail.meeting_id == meeting.id,
            Mail.kind == LetterKind.ANSWER.value,
            Mail.created_at > tx.now - timedelta(days=1),
        )
    )
    return count or 0
