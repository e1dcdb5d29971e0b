"""An event as a calendar file, with everybody who takes part and what they have answered."""

from dataclasses import replace

from sqlalchemy import select

from api.clinic import participants, serial
from api.clinic.caller import Visit
from api.clinic.errors import InTheWay
from api.clinic.events import visits_of
from api.clinic.hours import moments
from api.clinic.readers import reader_of
from api.clinic.states import times
from api.rules.calendar import Appointment, Method, Repeats, calendar_file
from api.rules.participation import PARTSTAT, Rsvp
from api.rules.recurrence import ends_with, expand, wall_clock
from api.rules.wording import LetterKind, wording_for
from api.store.models import CalendarEvent, Meeting, Staff

BUSY = "Busy"  # in place of what nobody else has to know
NOBODY = "calendar@housecall.invalid"  # where this server sends no mail


async def calendar_of(visit: Visit, event: CalendarEvent) -> str:
    visits = await visits_of(visit, event)
    base = await _base(visit, event, visits)
    if not visits and event.recurrence is not None:
        return calendar_file(_busy_series(event, base), Method.PUBLISH)
    if not visits or event.recurrence is None:
        one = replace(base, id=visits[0].id, sequence=visits[0].sequence) if visits else base
        return calendar_file(one, Method.PUBLISH)
    master, moved = serial.appointments(visit, event, visits, base)
    return calendar_file(master, Method.PUBLISH, *moved)


def _busy_series(event: CalendarEvent, base: Appointment) -> Appointment:
    rule, wall = serial.rule_of(event), wall_clock(event.starts_at, event.time_zone)
    ats, left = expand(wall, event.time_zone, rule), set(moments(event))
    left_out = tuple(at for at in ats if at not in left)
    ends = ends_with(ats[:1], event.minutes)
    return replace(base, begins=ats[0], ends=ends, repeats=Repeats(rule, len(ats), left_out))


async def _base(visit: Visit, event: CalendarEvent, visits: list[Meeting]) -> Appointment:
    sender = visit.clinic.mail.sender
    organizer = NOBODY if sender is None else sender.address
    people = await _people(visit, event, visits)
    own = times(visits[0]) if visits else None
    begins = own.begins if own else (moments(event) or [event.starts_at])[0]
    return Appointment(
        id=event.id,
        sequence=event.sequence,
        title=wording_for(LetterKind.INVITATION, None).title if visits else BUSY,
        begins=begins,
        ends=own.ends if own else ends_with([begins], event.minutes),
        organizer=organizer,
        attendee=people[0][0],
        partstat=people[0][1],
        link=None,
        stamp=visit.tx.now,
        zone=event.time_zone,
        others=tuple(people[1:]),
        is_cancelled=event.status == "cancelled",
    )


async def _people(
    visit: Visit, event: CalendarEvent, visits: list[Meeting]
) -> list[tuple[str, str]]:
    """Addresses, and what they have answered."""
    found = []
    for person in await participants.of(visit.tx, visits[0]) if visits else []:
        try:
            reader = await reader_of(visit.tx, visits[0], person.kind, person.subject_id)
        except InTheWay:
            continue
        found.append((reader.address.text, PARTSTAT[Rsvp(person.rsvp)]))
    if found:
        return found
    query = select(Staff).where(Staff.id == event.staff_id)
    staff = (await visit.tx.session.scalars(query)).one()
    return [(staff.email.text if staff.email else NOBODY, PARTSTAT[Rsvp.ACCEPTED])]
