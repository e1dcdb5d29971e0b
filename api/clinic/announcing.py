"""What those who take part in a visit are told of it: that there is one, that it has another time,
that it does not take place."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.clinic import participants
from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import Clinic, end_links, get, make_bearer, make_link
from api.clinic.errors import InTheWay
from api.clinic.letters import Attachment, Letter, shown_time
from api.clinic.outbox import check_channel, overtake, post
from api.clinic.providers import conferences
from api.clinic.readers import Reader, invitation_of, reader_of
from api.clinic.states import times
from api.rules.auditing import ActorKind
from api.rules.bearers import Bearer, Purpose
from api.rules.calendar import Appointment, Method, calendar_file
from api.rules.mailing import Channel
from api.rules.participation import PARTSTAT, Kind, Rsvp
from api.rules.reminding import first_moment
from api.rules.textwording import main_language
from api.rules.visits import Status
from api.rules.wording import LetterKind, wording_for
from api.store.models import (
    CalendarEvent,
    Invitation,
    Link,
    Mail,
    Meeting,
    MeetingParticipant,
    Workspace,
)

KEPT = timedelta(days=1)  # that a letter about a visit that is called off is of use


async def tell_added(visit: Visit, meeting: Meeting, person: MeetingParticipant) -> None:
    """If we can: whoever has added them can write to them otherwise."""
    await _tell(visit, meeting, person, LetterKind.INVITATION)


async def tell_moved(visit: Visit, meeting: Meeting, *, is_told: bool = True) -> None:
    """Those who were invited. Their links are new ones, but for that of another provider.
    `is_told`: else they hear of it otherwise."""
    if meeting.status == Status.LIVE:
        return await _lengthen(visit, meeting)
    await overtake(visit.tx, meeting.id)
    for invitation in await invitations_to(visit, meeting):
        invitation.remind_at = first_moment(meeting.starts_at, visit.tx.now)
    if is_told:
        is_same_link = conferences.is_elsewhere(meeting)
        await _tell_all(visit, meeting, LetterKind.CHANGED if is_same_link else LetterKind.MOVED)


async def tell_rerouted(visit: Visit, meeting: Meeting) -> None:
    """Those who were invited: it has another place."""
    await overtake(visit.tx, meeting.id)
    await _tell_all(visit, meeting, LetterKind.CHANGED)


async def _lengthen(visit: Visit, meeting: Meeting) -> None:
    """A visit that goes on has another end. Who is there is told in the room, and nobody by a
    letter; what others hold stays good until the new end."""
    closes, now = times(meeting).closes, visit.tx.now
    query = select(Link).where(
        Link.meeting_id == meeting.id, Link.used_at.is_(None), Link.expires_at > now
    )
    for link in await visit.tx.session.scalars(query):
        link.expires_at = closes
    for invitation in await invitations_to(visit, meeting):
        invitation.expires_at = closes


async def tell_cancelled(visit: Visit, meeting: Meeting, *, is_told: bool = True) -> None:
    for invitation in await invitations_to(visit, meeting):
        await _take_back(visit, meeting, invitation, is_told=is_told)


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
        "answer": answer_link(page, bearer, meeting.id, reader.language),
    }
    files = await _files(visit, meeting, person.rsvp, reader, kind, link)
    letter = Letter(
        kind, reader.address, subject, own.closes, reader.language, values, files, meeting.id,
        reader.channel,
    )  # fmt: skip
    mail = await post(visit.clinic, tx, workspace.id, letter, is_asked=is_asked)
    await remember(visit, meeting, person, reader, mail, bearer.digest)
    return mail


async def _link(visit: Visit, meeting: Meeting, person: MeetingParticipant) -> str:
    """By which somebody comes in. Raises InTheWay."""
    tx, page = visit.tx, visit.clinic.mail.page
    subject = (ActorKind(person.kind), person.subject_id)
    await end_links(tx, subject, Link.meeting_id == meeting.id)
    if conferences.is_elsewhere(meeting):
        return conferences.known_link(visit.clinic, await conferences.current(tx, meeting))
    if person.kind == Kind.STAFF:  # who works here signs in
        return f"{page}#m={meeting.id}"
    validity = times(meeting).closes - tx.now
    token, _ = make_link(tx, meeting.workspace_id, subject, validity, meeting.id)
    return f"{page}#l={token}"


def answer_link(page: str, bearer: Bearer, meeting: UUID, language: str | None) -> str:
    """To a page for which nobody signs in. It speaks as the letter does."""
    spoken = "" if language is None else f"&l={main_language(language)}"
    return f"{page}#a={bearer}&m={meeting}{spoken}"


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
            await _tell(visit, meeting, person, kind, Channel(invitation.channel))


async def _tell(
    visit: Visit,
    meeting: Meeting,
    person: MeetingParticipant,
    kind: LetterKind,
    channel: Channel = Channel.MAIL,
) -> None:
    """By that channel, or else by mail."""
    for way in dict.fromkeys((channel, Channel.MAIL)):
        try:
            reader = await reader_of(visit.tx, meeting, person.kind, person.subject_id, way)
            await check_channel(visit.clinic, visit.tx, way)
            await send(visit, meeting, person, reader, kind, is_asked=False)
        except InTheWay:  # an address that cannot be written to must not hold up the change
            continue
        return


async def _take_back(
    visit: Visit, meeting: Meeting, invitation: Invitation, *, is_told: bool = True
) -> None:
    """The invitation of somebody who is not to come, or not any more."""
    tx, workspace = visit.tx, await workspace_of(visit)
    subject = (ActorKind(invitation.kind), invitation.subject_id)
    await end_links(tx, subject, Link.meeting_id == meeting.id)
    await overtake(tx, meeting.id, invitation.subject_id)
    if is_told:
        await _tell_off(visit, meeting, invitation, workspace)
    invitation.revoked_at, invitation.address, invitation.remind_at = tx.now, None, None


async def _tell_off(
    visit: Visit, meeting: Meeting, invitation: Invitation, workspace: Workspace
) -> None:
    tx, subject = visit.tx, (ActorKind(invitation.kind), invitation.subject_id)
    kind, channel = LetterKind.CANCELLED, Channel(invitation.channel)
    try:
        reader = await reader_of(tx, meeting, invitation.kind, invitation.subject_id, channel)
        await check_channel(visit.clinic, tx, channel)
        until = max(times(meeting).closes, tx.now + KEPT)
        time = shown_time(meeting.starts_at, workspace.time_zone)
        letter = Letter(
            kind, reader.address, subject, until, reader.language,
            {"clinic": workspace.title, "time": time},
            await _files(visit, meeting, Rsvp.DECLINED, reader, kind, None), meeting.id, channel,
        )  # fmt: skip
        await post(visit.clinic, tx, workspace.id, letter, is_asked=False)
    except InTheWay:  # an address that cannot be written to must not hold up the change
        return


async def _files(
    visit: Visit, meeting: Meeting, rsvp: str, reader: Reader, kind: LetterKind, link: str | None
) -> tuple[Attachment, ...]:
    """For calendars. A text message has none."""
    if reader.channel is not Channel.MAIL:
        return ()
    sender, own = visit.clinic.mail.sender, times(meeting)
    assert sender is not None
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
    if meeting.event_id is not None:
        event = await get(visit.tx, CalendarEvent, meeting.event_id, "event")
        appointment = within(appointment, event, meeting)
    method = Method.CANCEL if kind is LetterKind.CANCELLED else Method.REQUEST
    return (calendar_attachment(appointment, method),)


def within(appointment: Appointment, event: CalendarEvent, meeting: Meeting) -> Appointment:
    """A visit of our own calendar: in its zone, and of a series the one that was to be then."""
    if event.recurrence is None:
        return replace(appointment, zone=event.time_zone)
    return replace(
        appointment,
        id=event.id,
        zone=event.time_zone,
        instead_of=meeting.occurrence_at,
        sequence=event.sequence + meeting.sequence,
    )


def calendar_attachment(appointment: Appointment, method: Method, *more: Appointment) -> Attachment:
    content = calendar_file(appointment, method, *more)
    return Attachment("visit.ics", f"text/calendar; method={method}", content)


async def remember(
    visit: Visit,
    meeting: Meeting,
    person: MeetingParticipant,
    reader: Reader,
    mail: Mail,
    digest: bytes,
) -> None:
    known = await invitation_of(visit.tx, meeting, person.kind, person.subject_id)
    if known is None:
        known = Invitation(id=visit.tx.new_id(), meeting_id=meeting.id)
        known.kind, known.subject_id = person.kind, person.subject_id
        visit.tx.session.add(known)
    known.digest = digest
    known.channel = reader.channel.value
    known.address = reader.address if person.kind == Kind.GUEST else None
    known.language = reader.language
    known.mail_id = mail.id
    known.sequence = meeting.sequence
    known.sent_at, known.expires_at = visit.tx.now, times(meeting).closes
    known.revoked_at = None
    known.remind_at = first_moment(meeting.starts_at, visit.tx.now)


async def _participant(
    visit: Visit, meeting: Meeting, invitation: Invitation
) -> MeetingParticipant | None:
    return await participants.find(
        visit.tx, meeting, Kind(invitation.kind), invitation.subject_id
    )  # fmt: skip
