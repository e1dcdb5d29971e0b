"""Calendars read what they are sent, and know one visit again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from api.rules.calendar import Appointment, Method, calendar_file

NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)
VISIT = Appointment(
    id=UUID("01890000-0000-7000-8000-000000000001"),
    sequence=0,
    title="Video call",
    begins=NOON,
    ends=NOON + timedelta(minutes=20),
    organizer="no-reply@north.example",
    attendee="pat@home.example",
    partstat="NEEDS-ACTION",
    link="https://north.example/#l=hcl_" + "x" * 200,
    stamp=NOON - timedelta(days=1),
)


def read(text: str) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return calendar, event


def test_a_calendar_reads_it_back() -> None:
    text = calendar_file(VISIT, Method.REQUEST)
    calendar, event = read(text)

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert (calendar["method"], event["status"]) == ("REQUEST", "CONFIRMED")
    assert (event.start, event.end) == (NOON, NOON + timedelta(minutes=20))
    assert event["uid"] == f"{VISIT.id}@north.example"
    assert event["url"] == VISIT.link
    assert event["attendee"] == "mailto:pat@home.example"
    assert event["attendee"].params["partstat"] == "NEEDS-ACTION"
    assert event["class"] == "PRIVATE"


def test_a_new_time_is_the_same_visit_with_a_higher_number() -> None:
    first = read(calendar_file(VISIT, Method.REQUEST))[1]
    moved = replace(VISIT, begins=VISIT.begins + timedelta(days=1), sequence=1)
    second = read(calendar_file(moved, Method.REQUEST))[1]

    assert second["uid"] == first["uid"]
    assert (first["sequence"], second["sequence"]) == (0, 1)


def test_what_is_called_off_says_so_and_leads_nowhere() -> None:
    text = calendar_file(replace(VISIT, sequence=2, link=None), Method.CANCEL)
    calendar, event = read(text)

    assert (calendar["method"], event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 2)
    assert "hcl_" not in text


def test_the_hour_stands_across_a_change_of_clocks() -> None:
    """A visit at nine on the day after the clocks change is at nine there."""
    berlin = ZoneInfo("Europe/Berlin")
    nine = datetime(2027, 3, 29, 9, tzinfo=berlin)  # they change on the 28th
    event = read(calendar_file(replace(VISIT, begins=nine.astimezone(UTC)), Method.REQUEST))[1]

    assert isinstance(event.start, datetime)
    assert event.start.astimezone(berlin).hour == 9
    assert event.start.utcoffset() == timedelta(0)


def test_text_of_a_stranger_adds_no_line() -> None:
    text = calendar_file(replace(VISIT, title="a\r\nATTENDEE:mailto:x@y.example"), Method.REQUEST)

    assert len(read(text)[1].get("attendee", []).split(",")) == 1
    assert "\r\nATTENDEE:mailto:x@y.example" not in text
