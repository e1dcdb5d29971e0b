"""Reminders: who gets one, when, and that nothing makes two of one."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.carriers.webhook import Webhook
from api.clinic.reminding import LONGEST_SLEEP, Reminder
from api.store.models import Mail
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.letters import found, read_letter, read_text
from tests.api.rest.test_meetings import meeting_of, patient_of

pytestmark = pytest.mark.anyio

IN_TWO_DAYS = "2027-03-06T12:00:00Z"  # by the tests' clock
PHONE = "+34 600 11 22 33"


async def rows(house: House, kind: str = "reminder") -> list[Mail]:
    (workspace,) = await house.clinic.workspaces()
    async with house.clinic.store.reading(workspace.id) as tx:
        query = select(Mail).where(Mail.kind == kind).order_by(Mail.created_at, Mail.channel)
        return list(await tx.session.scalars(query))


async def look(house: House) -> timedelta:
    """As the server does after a start."""
    (workspace,) = await house.clinic.workspaces()
    return await Reminder(house.clinic).look(workspace.id)


async def visit_of(house: House, **fields: Any) -> str:
    """Its path. Its patient is invited by mail."""
    patient = await patient_of(house, email="pat@home.example", phone=PHONE, **fields)
    made = await meeting_of(house, patientId=patient, startsAt=IN_TWO_DAYS)
    path = f"/meetings/{made['id']}"
    await house.owner.ask("POST", f"{path}/invite", {}, 201)
    return path


async def test_three_come_each_at_its_time_and_none_twice(north: House, clock: Clock) -> None:
    await visit_of(north)
    came = []
    for minutes in (0, 24 * 60 - 1, 1, 1, 23 * 60 - 2, 1, 49, 1, 9, 1, 60):
        clock.go(minutes=minutes)
        for _ in range(2):
            await look(north)
        came.append(len(await rows(north)))

    assert came == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 3]
    assert [row.channel for row in await rows(north)] == ["mail"] * 3


async def test_a_reminder_has_time_and_link_and_nothing_of_health(
    north: House, clock: Clock
) -> None:
    path = await visit_of(north, language="fr")
    clock.go(hours=47, minutes=50)
    await look(north)
    (row,) = await rows(north)
    letter = read_letter(row)
    (invitation,) = await rows(north, "invitation")

    assert (letter.message["Subject"], letter.message["To"]) == ("Rappel", "pat@home.example")
    assert "2027-03-06 12:00 (UTC)" in letter.text
    assert "Pat" not in letter.text
    for token in (letter.link, read_letter(invitation).link):  # both are good
        pat = await north.person("pat")
        entered = await pat.ask("POST", "/sessions/link", {"token": token}, 201)
        assert entered["meetingId"] == path.split("/")[-1]


async def test_who_may_be_texted_is_reminded_by_text_too(north: House, clock: Clock) -> None:
    north.clinic.texts.carrier = Webhook("https://sms.example/", "secret", "North")
    path = await visit_of(north)
    patient = (await north.owner.ask("GET", path))["patientId"]
    said = {"given": True, "method": "voice"}
    await north.owner.ask("POST", f"/patients/{patient}/texting", said, 201)
    clock.go(hours=24)
    await look(north)
    letter, text = await rows(north)

    assert (letter.channel, text.channel) == ("mail", "sms")
    message = read_text(text)
    assert message.to == "+34600112233"
    assert found(r"#l=(hcl_[\w-]+)", message.text) != read_letter(letter).link


async def test_a_start_after_hours_sends_what_is_still_of_use(north: House, clock: Clock) -> None:
    await visit_of(north)
    clock.go(hours=46, minutes=58)  # that of a day before is late, and the next one near
    await look(north)
    assert await rows(north) == []
    clock.go(minutes=32)  # half an hour before
    await look(north)
    assert len(await rows(north)) == 1
    clock.go(hours=1)
    await look(north)
    assert len(await rows(north)) == 1


async def test_a_moved_visit_reminds_of_its_new_time_alone(north: House, clock: Clock) -> None:
    path = await visit_of(north)
    clock.go(hours=24)
    await look(north)
    await north.owner.sign_in()
    await north.owner.ask("PATCH", path, {"startsAt": "2027-03-06T14:00:00Z"}, 200)
    (first,) = await rows(north)
    assert (first.state, first.reason) == ("expired", "overtaken")  # it had not gone out yet
    clock.go(hours=2)
    await look(north)

    _, second = await rows(north)
    assert "2027-03-06 14:00" in read_letter(second).text


async def test_a_longer_visit_is_not_reminded_of_again(north: House, clock: Clock) -> None:
    path = await visit_of(north)
    clock.go(hours=24)
    await look(north)
    clock.go(minutes=10)
    await north.owner.sign_in()
    await north.owner.ask("PATCH", path, {"duration": 40}, 200)
    clock.go(minutes=10)
    await look(north)

    assert len(await rows(north)) == 1


@pytest.mark.parametrize("how", ["cancelled", "removed", "declined"])
async def test_nobody_is_reminded_of_what_they_do_not_come_to(
    north: House, clock: Clock, how: str
) -> None:
    path = await visit_of(north)
    if how == "cancelled":
        await north.owner.ask("DELETE", path, status=200)
    elif how == "removed":
        shown = await north.owner.ask("GET", path, status=200)
        (id,) = [one["id"] for one in shown["participants"] if one["kind"] == "patient"]
        await north.owner.ask("PATCH", path, {"removeParticipants": [id]}, 200)
    else:
        (row,) = await rows(north, "invitation")
        body = {"token": read_letter(row).answer, "answer": "declined"}
        await (await north.person("pat")).ask("POST", f"{path}/rsvp", body, 200)
    for hours in (24, 23, 1):
        clock.go(hours=hours)
        await look(north)

    assert await rows(north) == []


async def test_who_was_not_invited_and_who_hosts_is_not_reminded(
    north: House, clock: Clock
) -> None:
    patient = await patient_of(north, email="pat@home.example")
    made = await meeting_of(north, patientId=patient, startsAt=IN_TWO_DAYS)
    host = {"participants": [{"participantId": made["participants"][0]["id"]}]}
    await north.owner.ask("POST", f"/meetings/{made['id']}/invite", host, 201)
    clock.go(hours=24)
    await look(north)

    assert await rows(north) == []


async def test_each_visit_of_a_series_is_reminded_of(north: House, clock: Clock) -> None:
    patient = await patient_of(north, email="pat@home.example")
    body = {
        "date": "2027-03-06", "time": "12:00", "patientId": patient, "invite": True,
        "recurrence": {"frequency": "weekly", "count": 2},
    }  # fmt: skip
    await north.owner.ask("POST", "/calendar/events", body, 201)
    came = []
    for hours in (24, 23, 6 * 24 + 1, 23):
        clock.go(hours=hours)
        await look(north)
        came.append(len(await rows(north)))

    assert came == [1, 2, 3, 4]
    assert "2027-03-13 12:00" in read_letter((await rows(north))[-1]).text


async def test_the_scheduler_wakes_for_the_next_one(north: House, clock: Clock) -> None:
    assert await look(north) == LONGEST_SLEEP
    await visit_of(north)
    clock.go(hours=23, minutes=59, seconds=53)
    assert await look(north) == timedelta(seconds=7)


async def test_two_that_look_at_once_write_one(north: House, clock: Clock) -> None:
    """Two servers on one database, or one that comes back while its forerunner still ends."""
    await visit_of(north)
    clock.go(hours=24)
    await asyncio.gather(*(look(north) for _ in range(4)))

    assert len(await rows(north)) == 1
