"""Calendars of staff: events with conferencing attached, series, hours and free times."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.letters import Read
from tests.api.rest.test_inviting import letters
from tests.api.rest.test_meetings import patient_of

pytestmark = pytest.mark.anyio

BERLIN = ZoneInfo("Europe/Berlin")
NINE = {"date": "2027-03-22", "time": "09:00", "timeZone": "Europe/Berlin"}  # a Monday
WEEKLY = {"frequency": "weekly", "count": 4}  # the clocks change on the 28th
EVENTS = "/calendar/events"


async def event_of(house: House, status: int = 201, **fields: Any) -> dict[str, Any]:
    """With a patient who has an address."""
    if fields.get("kind") != "busy" and "patientId" not in fields:
        fields["patientId"] = await patient_of(house, email="pat@home.example")
    made: dict[str, Any] = await house.owner.ask("POST", EVENTS, NINE | fields, status)
    return made


async def letter_of(house: House, kind: str) -> Read:
    (letter,) = await letters(house, kind)
    return letter


async def file_of(house: House, id: str) -> list[Any]:
    """The entries of an event's calendar file."""
    calendar: Any = Calendar.from_ical(
        await house.owner.ask("GET", f"{EVENTS}/{id}/file", status=200)
    )
    found: list[Any] = calendar.walk("VEVENT")
    return found


def on_the_wall(found: dict[str, Any]) -> list[str]:
    ats = [datetime.fromisoformat(one["startsAt"]) for one in found["occurrences"]]
    return [f"{at.astimezone(BERLIN):%m-%d %H:%M}" for at in ats]


async def test_an_event_is_a_visit_with_conferencing_attached(north: House) -> None:
    made = await event_of(north)
    (one,) = made["occurrences"]
    meeting = await north.owner.ask("GET", f"/meetings/{one['meetingId']}", status=200)

    assert meeting["startsAt"] == "2027-03-22T08:00:00Z"
    assert (meeting["provider"], meeting["patientId"]) == ("livekit", made["patientId"])
    assert [p["role"] for p in meeting["participants"]] == ["clinician", "patient"]
    assert meeting["joinUrl"]
    shown = await north.owner.ask("GET", f"{EVENTS}/{made['id']}", status=200)
    listed = await north.owner.ask("GET", f"{EVENTS}?from=2027-03-22T00:00:00Z", status=200)
    assert shown == made == listed["items"][0]


async def test_it_is_moved_across_a_change_of_clocks_and_keeps_its_time(north: House) -> None:
    made = await event_of(north, invite=True)
    moved = await north.owner.ask("PATCH", f"{EVENTS}/{made['id']}", {"date": "2027-03-29"}, 200)
    first, second = await letter_of(north, "invitation"), await letter_of(north, "moved")

    assert on_the_wall(moved) == ["03-29 09:00"]
    assert moved["startsAt"] == "2027-03-29T07:00:00Z"
    for letter, shown in ((first, "03-22 09:00"), (second, "03-29 09:00")):
        (other,) = IcsCalendarStream.calendar_from_ics(letter.calendar.to_ical().decode()).events
        for start in (letter.event.start, other.start):
            assert isinstance(start, datetime)
            assert f"{start.astimezone(BERLIN):%m-%d %H:%M}" == shown
    assert second.event["uid"] == first.event["uid"]
    assert (first.event["sequence"], second.event["sequence"]) == (0, 1)


async def test_it_is_called_off_once(north: House) -> None:
    made = await event_of(north, invite=True)
    for _ in range(2):
        gone = await north.owner.ask("DELETE", f"{EVENTS}/{made['id']}", status=200)
    letter = await letter_of(north, "cancelled")

    assert gone["status"] == "cancelled"
    assert [one["status"] for one in gone["occurrences"]] == ["cancelled"]
    assert (letter.calendar["method"], letter.event["sequence"]) == ("CANCEL", 1)
    refused = await north.owner.ask("PATCH", f"{EVENTS}/{made['id']}", {"duration": 60}, 409)
    assert refused["title"] == "event_cancelled"


async def test_a_series_is_one_letter_and_one_entry(north: House) -> None:
    made = await event_of(north, recurrence=WEEKLY, invite=True)
    letter = await letter_of(north, "series")
    ids = {one["meetingId"] for one in made["occurrences"]}

    assert on_the_wall(made) == ["03-22 09:00", "03-29 09:00", "04-05 09:00", "04-12 09:00"]
    assert len(ids) == 4
    assert "2027-03-29 09:00 (Europe/Berlin)" in letter.text
    assert letter.event["rrule"] == {"FREQ": ["WEEKLY"], "COUNT": [4]}
    assert letter.event["uid"] == f"{made['id']}@north.example"
    assert len(await letters(north)) == 1
    assert "Pat" not in letter.text


async def test_one_of_a_series_is_moved_and_one_called_off(north: House) -> None:
    made = await event_of(north, recurrence=WEEKLY, invite=True)
    path, (_, second, third, _) = f"{EVENTS}/{made['id']}", made["occurrences"]
    moved = await north.owner.ask(
        "PATCH", f"{path}?occurrence={second['original']}", {"date": "2027-03-30"}, 200
    )
    gone = await north.owner.ask("DELETE", f"{path}?occurrence={third['original']}", status=200)
    change, cancelled = await letter_of(north, "moved"), await letter_of(north, "cancelled")

    assert on_the_wall(moved)[1] == "03-30 09:00"
    again = await north.owner.ask(
        "PATCH", f"{path}?occurrence={second['original']}", {"time": "10:00"}, 200
    )
    assert on_the_wall(again)[1] == "03-30 10:00"
    assert [one["status"] for one in gone["occurrences"]].count("cancelled") == 1
    assert gone["status"] == "confirmed"
    for letter, original in ((change, "03-29 09:00"), (cancelled, "04-05 09:00")):
        assert letter.event["uid"] == f"{made['id']}@north.example"
        event: Any = letter.event
        at = event["recurrence-id"].dt
        assert f"{at.astimezone(BERLIN):%m-%d %H:%M}" == original
    assert (change.calendar["method"], cancelled.calendar["method"]) == ("REQUEST", "CANCEL")
    missing = f"{path}?occurrence=2027-03-29T09:00:00Z"
    await north.owner.ask("DELETE", missing, status=404)

    master, other = await file_of(north, made["id"])
    assert f"{master['exdate'].dts[0].dt:%m-%d %H:%M}" == "04-05 09:00"
    assert f"{other['dtstart'].dt:%m-%d %H:%M}" == "03-30 10:00"


async def test_a_whole_series_is_moved_with_one_letter(north: House, clock: Clock) -> None:
    rule = {"frequency": "weekly", "days": ["mon", "wed"], "count": 4}
    made = await event_of(north, recurrence=rule, invite=True)
    change = {"date": "2027-03-23", "time": "10:30", "duration": 45}
    clock.go(seconds=1)
    moved = await north.owner.ask("PATCH", f"{EVENTS}/{made['id']}", change, 200)
    first, second = await letters(north, "series")

    assert on_the_wall(moved) == ["03-23 10:30", "03-25 10:30", "03-30 10:30", "04-01 10:30"]
    assert second.event["rrule"] == {"FREQ": ["WEEKLY"], "COUNT": [4], "BYDAY": ["TU", "TH"]}
    assert (first.event["sequence"], second.event["sequence"]) == (0, 1)
    assert len(await letters(north)) == 2
    ids = [one["meetingId"] for one in made["occurrences"]]
    assert [one["meetingId"] for one in moved["occurrences"]] == ids


async def test_what_is_over_stays_when_the_rest_of_a_series_moves(
    north: House, clock: Clock
) -> None:
    made = await event_of(north, recurrence=WEEKLY)
    clock.go(days=20)  # the first is over
    await north.owner.sign_in()
    path = f"{EVENTS}/{made['id']}"
    moved = await north.owner.ask("PATCH", path, {"date": "2027-03-31", "time": "11:00"}, 200)
    (entry,) = await file_of(north, made["id"])

    assert on_the_wall(moved) == ["03-22 09:00", "03-31 11:00", "04-07 11:00", "04-14 11:00"]
    assert f"{entry['dtstart'].dt:%m-%d %H:%M}" == "03-31 11:00"
    assert entry["rrule"]["COUNT"] == [3]
    gone = await north.owner.ask("DELETE", path, status=200)
    states = [one["status"] for one in gone["occurrences"]]
    assert states == ["no_show", "cancelled", "cancelled", "cancelled"]


async def test_a_whole_series_is_called_off_with_one_letter(north: House) -> None:
    made = await event_of(north, recurrence=WEEKLY, invite=True)
    await north.owner.ask("DELETE", f"{EVENTS}/{made['id']}", status=200)
    letter = await letter_of(north, "cancelled")

    assert letter.calendar["method"] == "CANCEL"
    assert "recurrence-id" not in letter.event
    assert letter.event["uid"] == f"{made['id']}@north.example"


async def test_an_answer_to_a_series_is_for_all_of_it_and_changes_partstat(
    north: House, clock: Clock
) -> None:
    made = await event_of(north, recurrence=WEEKLY, invite=True)
    letter, pat = await letter_of(north, "series"), await north.person("pat")

    async def partstat() -> str:
        (event,) = await file_of(north, made["id"])
        patient = [one for one in event["attendee"] if "pat@" in one]
        return str(patient[0].params["partstat"])

    assert await partstat() == "NEEDS-ACTION"
    first = made["occurrences"][0]["meetingId"]
    body = {"token": letter.answer, "answer": "accepted"}
    await pat.ask("POST", f"/meetings/{first}/rsvp", body, 200)
    assert await partstat() == "ACCEPTED"
    clock.go(seconds=5)
    await pat.ask("POST", f"/meetings/{first}/rsvp", body | {"answer": "declined"}, 200)
    assert await partstat() == "DECLINED"
    for one in made["occurrences"]:
        shown = await north.owner.ask("GET", f"/meetings/{one['meetingId']}", status=200)
        assert shown["participants"][1]["rsvp"] == "declined"
    told = await letter_of(north, "answer")  # the clinician hears of it, once
    assert told.message["To"] == "olga@north.example"


async def test_what_makes_no_event_is_told(north: House) -> None:
    for wrong, why in (
        ({"recurrence": {"frequency": "weekly"}}, "bad_recurrence"),
        ({"recurrence": WEEKLY | {"days": ["tue"]}}, "bad_recurrence"),
        ({"date": "2027-03-01"}, "in_the_past"),
        ({"date": "2040-03-01"}, "too_far"),
        ({"date": "9999-12-31"}, "too_far"),
        ({"date": "0001-01-01"}, "in_the_past"),
        ({"date": "0002-01-01", "kind": "busy"}, "in_the_past"),
        ({"kind": "busy", "invite": True}, "nobody_meets"),
    ):
        assert (await event_of(north, 400, **wrong))["title"] == why
    await event_of(north, 422, time="24:00")
    await event_of(north, 422, timeZone="Mars/Olympus")
    await event_of(north, 404, staffId="00000000-0000-7000-8000-000000000000")


async def test_nobody_is_booked_twice_unless_that_is_wanted(north: House) -> None:
    made = await event_of(north, recurrence=WEEKLY)
    late: dict[str, Any] = {"date": "2027-04-05", "time": "09:15"}
    refused = await event_of(north, 409, **late)
    assert refused["title"] == "not_free"
    assert "2027-04-05T07:15" in refused["detail"]
    await event_of(north, **late, overlapping=True)
    other = await event_of(north, date="2027-04-05", time="10:00")
    path = f"{EVENTS}/{other['id']}"
    assert (await north.owner.ask("PATCH", path, {"time": "09:10"}, 409))["title"] == "not_free"
    await north.owner.ask("PATCH", path, {"duration": 45}, 200)  # it is not in its own way
    await north.owner.ask("DELETE", f"{EVENTS}/{made['id']}", status=200)
    await event_of(north, date="2027-03-29")


async def test_of_two_who_book_one_time_together_one_does(north: House) -> None:
    patient = await patient_of(north)
    people = [north.owner, await north.staff("anna", "assistant")]
    body = NINE | {"patientId": patient, "staffId": north.owner.id}
    await asyncio.gather(*(one.ask("POST", EVENTS, body) for one in people))

    assert sorted(one.last.status_code for one in people) == [201, 409]


async def test_busy_times_come_again_and_keep_visits_away(north: House) -> None:
    daily = {"frequency": "daily", "count": 10}
    lunch = await event_of(north, kind="busy", time="12:00", duration=60, recurrence=daily)
    path = f"{EVENTS}/{lunch['id']}"

    assert {one["meetingId"] for one in lunch["occurrences"]} == {None}
    assert (await event_of(north, 409, time="12:30"))["title"] == "not_free"
    original = lunch["occurrences"][0]["original"]
    out = await north.owner.ask("DELETE", f"{path}?occurrence={original}", status=200)
    assert len(out["occurrences"]) == 9
    await event_of(north, time="12:30")
    one = lunch["occurrences"][1]["original"]
    refused = await north.owner.ask("PATCH", f"{path}?occurrence={one}", {"time": "13:00"}, 400)
    assert refused["title"] == "busy_series"
    await north.owner.ask("DELETE", path, status=200)
    await event_of(north, date="2027-03-23", time="12:30")


async def test_a_busy_time_is_moved_to_where_nothing_is_unless_that_is_wanted(north: House) -> None:
    await event_of(north, time="14:00")
    busy = await event_of(north, kind="busy", time="12:00", duration=60)
    path = f"{EVENTS}/{busy['id']}"

    await north.owner.ask("PATCH", path, {"time": "12:30"}, 200)  # itself is not in the way
    refused = await north.owner.ask("PATCH", path, {"time": "13:45"}, 409)
    assert refused["title"] == "not_free"
    await north.owner.ask("PATCH", path, {"time": "13:45", "overlapping": True}, 200)


async def test_a_series_of_busy_times_is_one_in_its_file(north: House) -> None:
    busy = await event_of(north, kind="busy", recurrence=WEEKLY)
    out = urlencode({"occurrence": busy["occurrences"][1]["original"]})
    await north.owner.ask("DELETE", f"{EVENTS}/{busy['id']}?{out}", status=200)
    (entry,) = await file_of(north, busy["id"])

    assert entry["summary"] == "Busy"
    assert entry["rrule"] == {"FREQ": ["WEEKLY"], "COUNT": [4]}
    assert f"{entry['exdate'].dts[0].dt:%m-%d %H:%M}" == "03-29 09:00"


async def test_a_visit_that_was_moved_by_itself_is_its_event_s(north: House) -> None:
    made = await event_of(north)
    (own,) = made["occurrences"]
    moved = {"startsAt": "2027-04-05T08:00:00Z"}  # ten there: the clocks have changed
    await north.owner.ask("PATCH", f"/meetings/{own['meetingId']}", moved, 200)
    week = f"{EVENTS}?from={own['startsAt'][:10]}T00:00:00Z&until={own['startsAt'][:10]}T23:00:00Z"
    assert (await north.owner.ask("GET", week, status=200))["items"] == []
    later = await north.owner.ask("PATCH", f"{EVENTS}/{made['id']}", {"time": "11:00"}, 200)

    assert later["occurrences"][0]["startsAt"] == "2027-04-05T09:00:00Z"


async def test_a_series_is_not_listed_where_it_has_no_time(north: House) -> None:
    rule = {"frequency": "weekly", "interval": 2, "count": 2}
    made = await event_of(north, recurrence=rule)
    first, second = (datetime.fromisoformat(one["startsAt"]) for one in made["occurrences"])

    async def listed(begins: datetime) -> int:
        times = {"from": begins.isoformat(), "until": (begins + timedelta(days=6)).isoformat()}
        found = await north.owner.ask("GET", f"{EVENTS}?{urlencode(times)}", status=200)
        return len(found["items"])

    assert [await listed(at) for at in (first, first + timedelta(days=7), second)] == [1, 0, 1]


async def test_free_times_are_within_the_hours_and_beside_what_is_booked(north: House) -> None:
    path = f"/staff/{north.owner.id}"
    week = {
        "timeZone": "Europe/Berlin", "hours": [{"day": "mon", "begins": "09:00", "ends": "11:00"}],
    }  # fmt: skip
    assert await north.owner.ask("PUT", f"{path}/hours", week, 200) == week
    assert await north.owner.ask("GET", f"{path}/hours", status=200) == week
    await event_of(north, time="09:30")
    await event_of(north, kind="busy", time="10:30", duration=15)
    days = "from=2027-03-22T00:00:00Z&until=2027-03-30T00:00:00Z"
    found = await north.owner.ask("GET", f"{path}/slots?{days}&duration=30", status=200)
    begins = [datetime.fromisoformat(one["startsAt"]).astimezone(BERLIN) for one in found["items"]]

    assert [f"{at:%d %H:%M}" for at in begins if at.day == 22] == ["22 09:00", "22 10:00"]
    assert f"{begins[2]:%d %H:%M %z}" == "29 09:00 +0200"
    none = await north.owner.ask("GET", f"{path}/slots?{days}&duration=180", status=200)
    assert none == {"items": []}
    far = "from=2027-03-22T00:00:00Z&until=2027-06-30T00:00:00Z"
    assert (await north.owner.ask("GET", f"{path}/slots?{far}", status=400))["title"] == "bad_range"


async def test_no_time_is_too_far_to_be_asked_for(north: House) -> None:
    made = await event_of(north, recurrence=WEEKLY)
    path = f"{EVENTS}/{made['id']}"
    for far in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert (await north.owner.ask("GET", f"{EVENTS}?from={far}", status=200))["items"] == []
        await north.owner.ask("GET", f"/staff/{north.owner.id}/slots?from={far}", status=200)
        await north.owner.ask("DELETE", f"{path}?occurrence={far}", status=404)
        await north.owner.ask("PATCH", f"{path}?occurrence={far}", {"time": "10:00"}, 404)
        await north.owner.ask("PATCH", path, {"date": far[:10]}, 400)
    await north.owner.ask("GET", f"{EVENTS}?until=0001-01-01T00:00:00Z", status=200)


async def test_the_longest_series_is_made_at_once(north: House) -> None:
    daily = {"frequency": "daily", "count": 53}
    made = await event_of(north, recurrence=daily, invite=True)
    letter = await letter_of(north, "series")

    assert len(made["occurrences"]) == 53
    assert letter.text.count("(Europe/Berlin)") == 12
    assert letter.event["rrule"] == {"FREQ": ["DAILY"], "COUNT": [53]}


async def test_hours_are_one_s_own_to_say_or_the_owner_s(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    week: dict[str, Any] = {"timeZone": "UTC", "hours": []}
    await carl.ask("PUT", f"/staff/{carl.id}/hours", week, 200)
    await north.owner.ask("PUT", f"/staff/{carl.id}/hours", week, 200)
    await carl.ask("PUT", f"/staff/{north.owner.id}/hours", week, 403)
    for begins, ends in (("10:00", "09:00"), ("08:00", "12:30")):
        hours = [{"day": "mon", "begins": begins, "ends": ends}]
        hours.append({"day": "mon", "begins": "12:00", "ends": "13:00"})
        refused = await carl.ask("PUT", f"/staff/{carl.id}/hours", week | {"hours": hours}, 400)
        assert refused["title"] == "bad_hours"


async def test_events_of_a_restricted_patient_are_for_the_team(north: House) -> None:
    carl = await north.staff("carl", "clinician")
    body = {"name": "Pat", "restricted": True}
    patient = (await carl.ask("POST", "/patients", body, 201))["id"]
    made = await carl.ask("POST", EVENTS, NINE | {"patientId": patient}, 201)
    within = f"{EVENTS}?from=2027-03-22T00:00:00Z"

    assert (await north.owner.ask("GET", within, status=200))["items"] == []
    await north.owner.ask("GET", f"{EVENTS}/{made['id']}", status=403)
    await north.owner.ask("GET", f"{EVENTS}/{made['id']}/file", status=403)
    await north.owner.ask("DELETE", f"{EVENTS}/{made['id']}", status=403)
    assert len((await carl.ask("GET", within, status=200))["items"]) == 1
    await event_of(north, 409, staffId=carl.id)  # that there is something is all that is told


async def test_nobody_overwrites_what_somebody_else_has_changed(north: House) -> None:
    made = await event_of(north)
    path = f"{EVENTS}/{made['id']}"
    tag = f'"{made["version"]}"'
    await north.owner.ask("PATCH", path, {"duration": 40}, 200, if_match=tag)
    await north.owner.ask("PATCH", path, {"duration": 50}, 412, if_match=tag)
    await north.owner.ask("DELETE", path, status=412, if_match=tag)


async def test_a_request_that_comes_twice_makes_one_event(north: House) -> None:
    body = NINE | {"patientId": await patient_of(north)}
    made = [await north.owner.ask("POST", EVENTS, body, 201, idempotency_key="k") for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
