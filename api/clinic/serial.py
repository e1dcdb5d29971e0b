"""A series of visits as one thing to those who take part: one letter, one entry in a calendar, one
answer. What becomes of a single visit of it is told like that of any other."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from api.clinic import announcing, inviting, meetings, participants
from api.clinic.booking import check_free
from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import end_links, make_bearer
from api.clinic.errors import InTheWay, Refusal
from api.clinic.hours import OUT
from api.clinic.letters import Letter, shown_time
from api.clinic.meetings import Change
from api.clinic.outbox import check_mail, post
from api.clinic.readers import Reader, reader_of
from api.clinic.states import times
from api.rules.auditing import ActorKind
from api.rules.bearers import Purpose
from api.rules.calendar import Appointment, Method, Repeats
from api.rules.mailing import Channel
from api.rules.participation import PARTSTAT, Kind, Rsvp
from api.rules.recurrence import Recurrence, ends_with, expand, wall_clock
from api.rules.wording import LetterKind, wording_for
from api.store.models import CalendarEvent, Link, Meeting, MeetingParticipant

DIGEST = 32  # bytes: of a token that nobody has
MOST_SHOWN = 12  # times in a letter; its calendar file has all


class Mover(Protocol):
    @property
    def starts(self) -> datetime | None: ...

    @property
    def minutes(self) -> int | None: ...

    @property
    def overlaps(self) -> bool: ...


async def invite(visit: Visit, event: CalendarEvent, visits: Sequence[Meeting]) -> None:
    """All but the caller who can be written to. Raises InTheWay."""
    check_mail(visit.clinic)
    if event.recurrence is None:
        await inviting.invite(visit, visits[0].id, Channel.MAIL, ())
        return
    for person in await participants.of(visit.tx, visits[0]):
        if not (person.kind == Kind.STAFF and person.subject_id == visit.staff_id):
            await _tell(visit, event, visits, person)


async def move(
    visit: Visit,
    event: CalendarEvent,
    left: Sequence[Meeting],
    wanted: Mover,
) -> None:
    """Those that are `left`, each by as much, on the wall. Raises Refusal, InTheWay."""
    if not left:
        raise InTheWay("meeting_over", "All of this series is over. Make a new one.")
    first = left[0].occurrence_at or left[0].starts_at
    before = wall_clock(first, event.time_zone)
    starts = wanted.starts or before
    minutes = wanted.minutes or event.minutes
    rule = rule_of(event).shifted((starts.date() - before.date()).days)
    rule = replace(rule, count=len(_all_times(event, first)), until=None)
    try:
        ats = expand(starts, event.time_zone, rule)
    except (ValueError, OverflowError):
        raise Refusal("bad_recurrence", "This series cannot begin then.") from None
    if ats[0] <= visit.tx.now:
        raise Refusal("in_the_past", "A visit cannot end before it is made: choose a later time.")
    if ats[-1] > visit.tx.now + meetings.FARTHEST:
        raise Refusal("too_far", "Visits are made for the next five years.")
    old = _all_times(event, first)
    new_at = dict(zip(old, ats, strict=True))
    if not wanted.overlaps:
        kept = [new_at[_original(one)] for one in left]
        await check_free(visit, event.staff_id, kept, minutes, left)
    for one in left:
        at = new_at[_original(one)]
        fields = {"starts_at": at, "minutes": minutes}
        await meetings.change(visit, one.id, None, Change(fields), tells=False)
        one.occurrence_at = at
    event.starts_at, event.ends_at, event.minutes = ats[0], ends_with(ats, minutes), minutes
    event.recurrence = rule.as_json()
    event.sequence += 1
    for person in await _invited(visit, left[0]):
        await _tell(visit, event, left, person)


async def call_off(visit: Visit, event: CalendarEvent, left: Sequence[Meeting]) -> None:
    """Those that are left. One that is no series is told of like any visit."""
    if event.recurrence is None:
        for one in left:
            await meetings.end(visit, one.id)
        return
    people = await _invited(visit, left[0]) if left else []
    readers = [(person, await _reader(visit, left[0], person)) for person in people]
    for one in left:
        await meetings.end(visit, one.id, tells=False)
    for person, reader in readers:
        if reader is not None:
            await _tell_off(visit, event, left[0], person, reader)


def rule_of(event: CalendarEvent) -> Recurrence:
    assert event.recurrence is not None
    return Recurrence.of_json({k: v for k, v in event.recurrence.items() if k != OUT})


def appointments(
    visit: Visit, event: CalendarEvent, visits: Sequence[Meeting], base: Appointment
) -> tuple[Appointment, list[Appointment]]:
    """The series from the first of `visits` on, and those of it that are at another time."""
    all_times = _all_times(event, _original(visits[0]))
    first = all_times[0]
    # What was over before the series moved is no part of it any more.
    there = {_original(one): one for one in visits if _original(one) in all_times}
    left_out = [at for at in all_times if at not in there or there[at].cancelled_at is not None]
    master = replace(
        base,
        id=event.id,
        sequence=event.sequence,
        begins=first,
        ends=first + timedelta(minutes=event.minutes),
        zone=event.time_zone,
        link=None,
        repeats=Repeats(rule_of(event), len(all_times), tuple(left_out)),
    )
    moved = []
    for at, one in there.items():
        own = times(one)
        is_moved = own.begins != at or one.minutes != event.minutes
        if is_moved and at not in left_out:
            other = replace(base, begins=own.begins, ends=own.ends, link=None)
            moved.append(announcing.within(other, event, one))
    return master, moved


async def _tell(
    visit: Visit, event: CalendarEvent, visits: Sequence[Meeting], person: MeetingParticipant
) -> None:
    """That there is a series, or that it has other times."""
    reader = await _reader(visit, visits[0], person)
    if reader is None or visit.clinic.mail.sender is None:
        return
    tx, workspace = visit.tx, await workspace_of(visit)
    subject = (ActorKind(person.kind), person.subject_id)
    await end_links(tx, subject, Link.meeting_id.in_([one.id for one in visits]))
    bearer = make_bearer(Purpose.ANSWER, workspace.id)
    base = _base(visit, visits[0], reader, person, LetterKind.SERIES)
    master, moved = appointments(visit, event, visits, base)
    shown = [f"    {shown_time(one.starts_at, event.time_zone)}" for one in visits[:MOST_SHOWN]]
    values = {
        "clinic": workspace.title,
        "times": "\n".join([*shown, *(["    …"] if len(visits) > MOST_SHOWN else [])]),
        "answer": announcing.answer_link(
            visit.clinic.mail.page, bearer, visits[0].id, reader.language
        ),
    }
    file = announcing.calendar_attachment(master, Method.REQUEST, *moved)
    letter = Letter(
        LetterKind.SERIES, reader.address, subject, times(visits[-1]).closes, reader.language,
        values, (file,), visits[0].id,
    )  # fmt: skip
    try:
        mail = await post(visit.clinic, tx, workspace.id, letter, is_asked=False)
    except InTheWay:  # an address that cannot be written to must not hold up the others
        return
    for n, one in enumerate(visits):
        own = await participants.find(tx, one, Kind(person.kind), person.subject_id)
        if own is not None:
            digest = secrets.token_bytes(DIGEST) if n else bearer.digest
            await announcing.remember(visit, one, own, reader, mail, digest)


async def _tell_off(
    visit: Visit, event: CalendarEvent, first: Meeting, person: MeetingParticipant, reader: Reader
) -> None:
    tx, workspace = visit.tx, await workspace_of(visit)
    base = _base(visit, first, reader, person, LetterKind.CANCELLED)
    gone = replace(base, id=event.id, sequence=event.sequence + 1, zone=event.time_zone, link=None)
    letter = Letter(
        LetterKind.CANCELLED, reader.address, (ActorKind(person.kind), person.subject_id),
        max(times(first).closes, tx.now + announcing.KEPT), reader.language,
        {"clinic": workspace.title, "time": shown_time(first.starts_at, event.time_zone) + " …"},
        (announcing.calendar_attachment(gone, Method.CANCEL),), first.id,
    )  # fmt: skip
    try:
        await post(visit.clinic, tx, workspace.id, letter, is_asked=False)
    except InTheWay:
        return


def _base(
    visit: Visit, first: Meeting, reader: Reader, person: MeetingParticipant, kind: LetterKind
) -> Appointment:
    sender, own = visit.clinic.mail.sender, times(first)
    assert sender is not None
    return Appointment(
        id=first.id, sequence=0, title=wording_for(kind, reader.language).title,
        begins=own.begins, ends=own.ends, organizer=sender.address,
        attendee=reader.address.text, partstat=PARTSTAT[Rsvp(person.rsvp)], link=None,
        stamp=visit.tx.now,
    )  # fmt: skip


async def _invited(visit: Visit, meeting: Meeting) -> list[MeetingParticipant]:
    found = []
    for invitation in await announcing.invitations_to(visit, meeting):
        kind = Kind(invitation.kind)
        person = await participants.find(visit.tx, meeting, kind, invitation.subject_id)
        if person is not None:
            found.append(person)
    return found


async def _reader(visit: Visit, meeting: Meeting, person: MeetingParticipant) -> Reader | None:
    try:
        return await reader_of(visit.tx, meeting, person.kind, person.subject_id)
    except InTheWay:
        return None


def _original(meeting: Meeting) -> datetime:
    return meeting.occurrence_at or meeting.starts_at


def _all_times(event: CalendarEvent, first: datetime) -> list[datetime]:
    """Of the series, called off or not, from that one on."""
    wall = wall_clock(event.starts_at, event.time_zone)
    return [at for at in expand(wall, event.time_zone, rule_of(event)) if at >= first]
