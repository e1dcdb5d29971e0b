"""What those who take part in a visit are told of it by mail: that there is one, that it has
another time, that it does not take place."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.clinic import participants
from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import Clinic, end_links, make_bearer, make_link
from api.clinic.errors import InTheWay
from api.clinic.letters import Attachment, Letter, shown_time
from api.clinic.outbox import post
from api.clinic.providers import conferences
from api.clinic.states import times
from api.rules.auditing import ActorKind
from api.rules.bearers import Purpose
from api.rules.calendar import Appointment, Method, calendar_file
from api.rules.participation import PARTSTAT, Kind, Rsvp
from api.rules.private import Private
from api.rules.wording import LetterKind, wording_for
from api.store.models import (
    Guest,
    Invitation,
    Link,
    Mail,
    Meeting,
    MeetingParticipant,
    Patient,
    Staff,
)

KEPT = timedelta(days=1)  # that a letter about a visit that is called off is of use


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter is for."""

    address: Private
    language: str | None


async def tell_added(visit: Visit, meeting: Meeting, person: MeetingParticipant) -> None:
    """If we can: whoever has added them can write to them otherwise."""
    await _tell(visit, meeting, person, LetterKind.INVITATION)


async def tell_moved(visit: Visit, meeting: Meeting) -> None:
    """Those who were invited. Their links are new ones, but for that of another provider."""
    is_same_link = conferences.is_elsewhere(meeting)
    await _tell_all(visit, meeting, LetterKind.CHANGED if is_same_link else LetterKind.MOVED)


async def tell_rerouted(visit: Visit, meeting: Meeting) -> None:
    """Those who were invited: it has another place."""
    await _tell_all(visit, meeting, LetterKind.CHANGED)


async def tell_cancelled(visit: Visit, meeting: Meeting) -> None:
    for invitation in await invitations_to(visit, meeting):
        await _take_back(visit, meeting, invitation)


async def tell_removed(visit: Visit, meeting: Meeting, person: MeetingParticipant) -> None:
    for invitation in await invitations_to(visit, meeting):
        if (invitation.kind, invitation.subject_id) == (person.kind, person.subject_id):
            await _take_back(visit, meeting, invitation)


async def invitations_to(visit: Visit, meeting: Meeting) -> list[Invitation]:
    """Those that were not taken back."""
    query = select(Invitation).where(
        Invitation.meeting_id == meeting.id, Invitation.revoked_at.is_(None)
    )
    return list((await visit.tx.session.scalars(query.order_by(Invitation.id))).all())


async def invitation_of(
    visit: Visit, meeting: Meeting, kind: str, subject: UUID
) -> Invitation | None:
    found: Invitation | None = await visit.tx.session.scalar(
        select(Invitation).where(
            Invitation.meeting_id == meeting.id,
            Invitation.kind == kind,
            Invitation.subject_id == subject,
        )
    )
    return found


async def reader_of(
    visit: Visit, meeting: Meeting, kind: str, subject: UUID, given: Private | None = None
) -> Reader | None:
    """Where somebody is written to; None: nobody knows. `given`: a guest's address."""
    session = visit.tx.session
    if kind == Kind.STAFF:
        staff = await session.scalar(select(Staff).where(Staff.id == subject))
        return None if staff is None or staff.email is None else Reader(staff.email, None)
    if kind == Kind.PATIENT:
        patient = await session.scalar(select(Patient).where(Patient.id == subject))
        if patient is None or patient.email is None:
            return None
        return Reader(patient.email, patient.language)
    guest = await session.scalar(select(Guest).where(Guest.id == subject))
    known = await invitation_of(visit, meeting, kind, subject)
    address = given or (known.address if known is not None else None)
    if guest is None or guest.revoked_at is not None or address is None:
        return None
    return Reader(address, known.language if known is not None else None)


async def send(
    visit: Visit,
    meeting: Meeting,
    person: MeetingParticipant,
    reader: Reader,
    kind: LetterKind,
    *,
    is_asked: bool,
) -> Mail:
    """An invitation, or a new one. Links and token of the one before end. Raises InTheWay,
    TooMany."""
    link = await _link(visit, meeting, person)
    tx, workspace = visit.tx, await workspace_of(visit)
    own, subject = times(meeting), (ActorKind(person.kind), person.subject_id)
    bearer = make_bearer(Purpose.ANSWER, workspace.id)
    page = visit.clinic.mail.page
    values = {
        "clinic": workspace.title,
        "time": shown_time(meeting.starts_at, workspace.time_zone),
        "length": str(meeting.minutes),
        "link": link,
        "answer": f"{page}#a={bearer}&m={meeting.id}",
    }
    file = _file(visit, meeting, person.rsvp, reader, kind, link)
    letter = Letter(
        kind, reader.address, subject, own.closes, reader.language, values, (file,), meeting.id
    )  # fmt: skip
    mail = await post(visit.clinic, tx, workspace.id, letter, is_asked=is_asked)
    await _remember(visit, meeting, person, reader, mail, bearer.digest)
    return mail


async def _link(visit: Visit, meeting: Meeting, person: MeetingParticipant) -> str:
    """By which somebody comes in. Raises InTheWay."""
    tx, page = visit.tx, visit.clinic.mail.page
    subject = (ActorKind(person.kind), person.subject_id)
    await end_links(tx, subject, Link.meeting_id == meeting.id)
    if conferences.is_elsewhere(meeting):
        link = conferences.link_of(visit.clinic, await conferences.current(tx, meeting))
        if link is None:
            sentence = "The provider has given no link yet: wait, or choose another place."
            raise InTheWay("no_link", sentence)
        return link
    if person.kind == Kind.STAFF:  # who works here signs in
        return f"{page}#m={meeting.id}"
    validity = times(meeting).closes - tx.now
    token, _ = make_link(tx, meeting.workspace_id, subject, validity, meeting.id)
    return f"{page}#l={token}"


async def forget_addresses(clinic: Clinic, workspace: UUID) -> None:
    """Of guests whose visit is over."""
    async with clinic.store.writing(workspace) as tx:
        query = select(Invitation).where(
            Invitation.address.is_not(None), Invitation.expires_at <= tx.now
        )
        for invitation in await tx.session.scalars(query):
            invitation.address = None


async def _tell_all(visit: Visit, meeting: Meeting, kind: LetterKind) -> None:
    for invitation in await invitations_to(visit, meeting):
        person = await _participant(visit, meeting, invitation)
        if person is not None:
            await _tell(visit, meeting, person, kind)


async def _tell(
    visit: Visit, meeting: Meeting, person: MeetingParticipant, kind: LetterKind
) -> None:
    reader = await reader_of(visit, meeting, person.kind, person.subject_id)
    if reader is None or visit.clinic.mail.sender is None:
        return
    try:
        await send(visit, meeting, person, reader, kind, is_asked=False)
    except InTheWay:  # an address that cannot be written to must not hold up the change
        return


async def _take_back(visit: Visit, meeting: Meeting, invitation: Invitation) -> None:
    """The invitation of somebody who is not to come, or not any more."""
    tx, workspace = visit.tx, await workspace_of(visit)
    subject = (ActorKind(invitation.kind), invitation.subject_id)
    await end_links(tx, subject, Link.meeting_id == meeting.id)
    reader = await reader_of(visit, meeting, invitation.kind, invitation.subject_id)
    invitation.revoked_at, invitation.address = tx.now, None
    if reader is None or visit.clinic.mail.sender is None:
        return
    kind = LetterKind.CANCELLED
    time = shown_time(meeting.starts_at, workspace.time_zone)
    file = _file(visit, meeting, Rsvp.DECLINED, reader, kind, None)
    until = max(times(meeting).closes, tx.now + KEPT)
    letter = Letter(
        kind, reader.address, subject, until, reader.language,
        {"clinic": workspace.title, "time": time}, (file,), meeting.id,
    )  # fmt: skip
    try:
        await post(visit.clinic, tx, workspace.id, letter, is_asked=False)
    except InTheWay:
        return


def _file(
    visit: Visit, meeting: Meeting, rsvp: str, reader: Reader, kind: LetterKind, link: str | None
) -> Attachment:
    sender, own = visit.clinic.mail.sender, times(meeting)
    assert sender is not None
    method = Method.CANCEL if kind is LetterKind.CANCELLED else Method.REQUEST
    appointment = Appointment(
        id=meeting.id,
        sequence=meeting.sequence,
        title=wording_for(kind, reader.language).title,
        begins=own.begins,
        ends=own.ends,
        organizer=sender.address,
        attendee=reader.address.text,
        partstat=PARTSTAT[Rsvp(rsvp)],
        link=link,
        stamp=visit.tx.now,
    )
    content = calendar_file(appointment, method)
    return Attachment("visit.ics", f"text/calendar; method={method}", content)


async def _remember(
    visit: Visit,
    meeting: Meeting,
    person: MeetingParticipant,
    reader: Reader,
    mail: Mail,
    digest: bytes,
) -> None:
    known = await invitation_of(visit, meeting, person.kind, person.subject_id)
    if known is None:
        known = Invitation(id=visit.tx.new_id(), meeting_id=meeting.id)
        known.kind, known.subject_id = person.kind, person.subject_id
        visit.tx.session.add(known)
    known.digest = digest
    known.address = reader.address if person.kind == Kind.GUEST else None
    known.language = reader.language
    known.mail_id = mail.id
    known.sequence = meeting.sequence
    known.sent_at, known.expires_at = visit.tx.now, times(meeting).closes
    known.revoked_at = None


async def _participant(
    visit: Visit, meeting: Meeting, invitation: Invitation
) -> MeetingParticipant | None:
    return await participants.find(
        visit.tx, meeting, Kind(invitation.kind), invitation.subject_id
    )  # fmt: skip
