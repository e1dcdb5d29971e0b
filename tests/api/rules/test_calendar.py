"""Calendars read what they are sent, and know one visit again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ical.calendar import Calendar as OtherCalendar
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar, Event

from api.rules.calendar import Appointment, Method, Repeats, calendar_file
from api.rules.recurrence import Day, Frequency, Recurrence, expand

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


BERLIN = ZoneInfo("Europe/Berlin")


def read_otherwise(text: str) -> OtherCalendar:
    """By a parser that has nothing in common with the one that wrote it."""
    return IcsCalendarStream.calendar_from_ics(text)


def in_berlin(at: object) -> str:
    assert isinstance(at, datetime)
    return f"{at.astimezone(BERLIN):%Y-%m-%d %H:%M}"


def test_a_second_parser_reads_the_same() -> None:
    for method in Method:
        text = calendar_file(replace(VISIT, sequence=3), method)
        event = read(text)[1]
        (other,) = read_otherwise(text).events
        assert (other.uid, other.sequence, other.summary) == (
            str(event["uid"]), 3, str(event["summary"]),
        )  # fmt: skip
        assert (other.start, other.end) == (event.start, event.end)
        assert other.status == event["status"]
        (attendee,) = other.attendees
        assert attendee.uri == "mailto:pat@home.example"
        assert attendee.status == "NEEDS-ACTION"


def test_moved_across_a_change_of_clocks_it_keeps_its_time_on_the_wall() -> None:
    """From before the 28th, when they change, to after it."""
    nine = datetime(2027, 3, 22, 9)
    (before,) = expand(nine, "Europe/Berlin", None)
    (after,) = expand(nine + timedelta(days=7), "Europe/Berlin", None)
    assert after - before == timedelta(days=7) - timedelta(hours=1)
    for begins, shown in ((before, "2027-03-22 09:00"), (after, "2027-03-29 09:00")):
        one = replace(
            VISIT, begins=begins, ends=begins + timedelta(minutes=20), zone="Europe/Berlin"
        )
        text = calendar_file(one, Method.REQUEST)
        assert "DTSTART;TZID=Europe/Berlin:" in text
        assert "BEGIN:VTIMEZONE" in text
        (other,) = read_otherwise(text).events
        assert in_berlin(read(text)[1].start) == in_berlin(other.start) == shown


def test_a_series_is_read_with_what_was_moved_and_left_out() -> None:
    rule = Recurrence(Frequency.WEEKLY, days=(Day.MON,), count=5)
    ats = expand(datetime(2027, 3, 15, 9), "Europe/Berlin", rule)
    series = replace(
        VISIT, begins=ats[0], ends=ats[0] + timedelta(minutes=20), zone="Europe/Berlin",
        repeats=Repeats(rule, 5, (ats[1],)), sequence=1,
    )  # fmt: skip
    later = ats[3] + timedelta(days=1)
    moved = replace(
        series, repeats=None, instead_of=ats[3], begins=later, ends=later + timedelta(minutes=20)
    )
    text = calendar_file(series, Method.REQUEST, moved)
    first, instead = read_otherwise(text).events
    calendar: Any = Calendar.from_ical(text)
    master, other = calendar.walk("VEVENT")

    alone = read_otherwise(calendar_file(series, Method.REQUEST))
    # The other parser tells the series and what is instead of one of it each by itself.
    assert [in_berlin(one.start) for one in alone.timeline] == [
        "2027-03-15 09:00", "2027-03-29 09:00", "2027-04-05 09:00", "2027-04-12 09:00",
    ]  # fmt: skip
    assert (instead.uid, in_berlin(instead.start)) == (first.uid, "2027-04-06 09:00")
    assert "20270405T090000" in str(instead.recurrence_id)
    assert master["rrule"] == {"FREQ": ["WEEKLY"], "COUNT": [5], "BYDAY": ["MO"]}
    assert in_berlin(master["exdate"].dts[0].dt) == "2027-03-22 09:00"
    assert in_berlin(other["recurrence-id"].dt) == "2027-04-05 09:00"
    assert master["uid"] == other["uid"]


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
