"""A visit as calendars take it (RFC 5545), and what they are told of it later (RFC 5546)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText


class Method(StrEnum):
    REQUEST = "REQUEST"  # a new one, or a new time
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Appointment:
    """`sequence` grows with each change; `title` tells nothing of health, since calendars show it
    on locked screens. `link`: where one comes in; None for one that does not take place."""

    id: UUID
    sequence: int
    title: str
    begins: datetime
    ends: datetime
    organizer: str  # e-mail addresses
    attendee: str
    partstat: str
    link: str | None
    stamp: datetime  # when this was written


def calendar_file(appointment: Appointment, method: Method) -> str:
    """Times are in UTC: every calendar shows them in its own zone, on either side of a change of
    clocks."""
    one = appointment
    domain = one.organizer.rpartition("@")[2]
    calendar = Calendar()
    calendar.add("prodid", "-//Housecall//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    event = Event()
    event.add("uid", f"{one.id}@{domain}")
    event.add("sequence", one.sequence)
    event.add("dtstamp", one.stamp)
    event.add("dtstart", one.begins)
    event.add("dtend", one.ends)
    event.add("summary", one.title)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{one.organizer}"))
    attendee = vCalAddress(f"mailto:{one.attendee}")
    attendee.params["partstat"] = vText(one.partstat)
    attendee.params["rsvp"] = vText("FALSE")  # answers come by the link
    event.add("attendee", attendee, encode=False)
    if one.link is not None:
        event.add("description", one.link)
        event.add("url", one.link)
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text
