"""Invite to a visit, and answer an invitation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from api.clinic import participants
from api.clinic.announcing import invitations_to, send
from api.clinic.caller import Visit
from api.clinic.clinic import Clinic, get
from api.clinic.errors import InTheWay, Refusal, TooMany, Unknown
from api.clinic.letters import Letter, shown_time
from api.clinic.meetings import check_is_on, find
from api.clinic.outbox import check_channel, post
from api.clinic.readers import Reader, reader_of
from api.clinic.settling import settle
from api.clinic.states import status_of, times
from api.clinic.texting import record
from api.rules.auditing import STRANGER, Act, Actor, ActorKind, Origin, Outcome
from api.rules.bearers import Bearer, Purpose
from api.rules.mailing import Channel
from api.rules.participation import Kind, Rsvp
from api.rules.private import Private
from api.rules.roles import Permission
from api.rules.texting import Said, international
from api.rules.visits import Status
from api.rules.wording import LetterKind
from api.store.models import (
    Invitation,
    Mail,
    Meeting,
    MeetingParticipant,
    Patient,
    Staff,
    Workspace,
)
from api.store.store import Transaction

NO_ANSWER = "This link does not answer an invitation any more. Ask for a new one."
PAUSE = timedelta(seconds=5)  # between two answers of one person
NOTICES = 20  # letters a day that tell of answers to one visit
TELLING = (Rsvp.DECLINED, Rsvp.RESCHEDULE)  # what the host has to know


@dataclass(frozen=True, slots=True)
class Asked:
    """One who is to be invited. `address`, `phone` and `language`: a guest's. `said`: how they
    have agreed to be sent text messages."""

    participant: UUID
    address: Private | None = None
    language: str | None = None
    phone: Private | None = None
    said: Said | None = None


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
    await check_channel(visit.clinic, visit.tx, channel)
    if asked:
        return [await _invite(visit, meeting, one, channel) for one in asked]
    sent = []
    for person in await participants.of(visit.tx, meeting):
        if not (person.kind == Kind.STAFF and person.subject_id == visit.staff_id):
            sent.append(await _try(visit, meeting, person, channel))
    return sent


async def _invite(visit: Visit, meeting: Meeting, asked: Asked, channel: Channel) -> Sent:
    """Raises Missing, InTheWay, TooMany, Refusal."""
    person = await participants.one(visit.tx, meeting, asked.participant)
    by_mail = channel is Channel.MAIL
    given, other = (asked.address, asked.phone) if by_mail else (asked.phone, asked.address)
    if given is not None and person.kind != Kind.GUEST:
        sentence = "Only a guest's address is given here: others have one in their record."
        raise InTheWay("address_known", sentence)
    if other is not None or (by_mail and asked.said is not None):
        sentence = "A letter goes to an email, a text message to a phone: give that one alone."
        raise Refusal("other_channel", sentence)
    if asked.said is not None:
        await _note(visit, person, asked.said, given)
    reader = await reader_of(visit.tx, meeting, person.kind, person.subject_id, channel, given)
    if asked.language is not None:
        reader = Reader(reader.address, asked.language, channel)
    mail = await send(visit, meeting, person, reader, LetterKind.INVITATION, is_asked=True)
    return Sent(person, mail, sent_at=mail.created_at)


async def _note(
    visit: Visit, person: MeetingParticipant, said: Said, phone: Private | None
) -> None:
    """That somebody has agreed to be sent text messages."""
    if person.kind == Kind.PATIENT:
        patient = await get(visit.tx, Patient, person.subject_id, "patient")
        phone = patient.phone
    number = international(phone)
    if number is not None and person.kind != Kind.STAFF:
        subject = (ActorKind(person.kind), person.subject_id)
        await record(visit.tx, subject, number, True, said, visit.staff_id)


async def _try(
    visit: Visit, meeting: Meeting, person: MeetingParticipant, channel: Channel
) -> Sent:
    try:
        return await _invite(visit, meeting, Asked(person.id), channel)
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
            await _answer_series(clinic, tx, invitation, meeting, before, answer)
            detail = {"participant": str(person.id), "answer": answer.value}
            tx.tell(Act("meeting.answer", "meeting", str(id), detail=detail))
            if answer in TELLING:
                await _tell_hosts(clinic, tx, bearer.workspace, meeting)
        return Answered(meeting, status_of(meeting, tx.now), answer)


async def _answer_series(
    clinic: Clinic,
    tx: Transaction,
    invitation: Invitation,
    meeting: Meeting,
    before: Rsvp,
    answer: Rsvp,
) -> None:
    """An answer to the letter about a series holds for all of it, but for visits to which somebody
    has answered by themselves."""
    if meeting.event_id is None:
        return
    query = (
        select(Invitation)
        .join(Meeting, Meeting.id == Invitation.meeting_id)
        .where(
            Meeting.event_id == meeting.event_id,
            Meeting.id != meeting.id,
            Invitation.mail_id == invitation.mail_id,  # the same letter
            Invitation.subject_id == invitation.subject_id,
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id)
    )
    for one in (await tx.session.scalars(query)).all():
        other = await get(tx, Meeting, one.meeting_id, "meeting")
        await tx.session.refresh(other, with_for_update=True)
        person = await participants.find(tx, other, Kind(one.kind), one.subject_id)
        is_over = status_of(other, tx.now).is_over
        if person is not None and not is_over and person.rsvp == before:
            person.rsvp, person.rsvp_at = answer.value, tx.now
            await settle(clinic, tx, other)


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
