"""A patient's chart: their visits, who took part, what was agreed to, what is filed there."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from api.store.models import Meeting, MeetingParticipant
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.records import said_by_patient, send

pytestmark = pytest.mark.anyio


async def visit(house: House, patient: str, at: str = "2027-03-04T12:05:00Z") -> dict[str, Any]:
    wanted = {"startsAt": at, "patientId": patient}
    made: dict[str, Any] = await house.owner.ask("POST", "/meetings", wanted, 201)
    return made


async def meet(house: House, clock: Clock, id: str) -> None:
    """As the media server tells it: both have been there, and the visit is over."""
    workspace = await house.clinic.find_workspace("clinic")
    async with house.clinic.store.writing(workspace.id) as tx:
        rows = await tx.session.scalars(select(MeetingParticipant))
        for person in [row for row in rows if str(row.meeting_id) == id]:
            person.joined_at, person.left_at = clock.now, clock.now
        meetings = await tx.session.scalars(select(Meeting))
        row = next(row for row in meetings if str(row.id) == id)
        row.status, row.live_at = "live", clock.now
    clock.go(minutes=10)
    await house.owner.ask("DELETE", f"/meetings/{id}", status=200)


@pytest.fixture
async def patient(north: House) -> str:
    return str((await north.owner.ask("POST", "/patients", {"name": "Pat Poe"}, 201))["id"])


async def test_a_visit_is_filed_under_its_patient(north: House, clock: Clock, patient: str) -> None:
    made = await visit(north, patient)
    said = await said_by_patient(north, made["id"], patient)
    file = await send(north.owner, patient, meetingId=made["id"])
    await meet(north, clock, made["id"])
    await visit(north, (await north.owner.ask("POST", "/patients", {"name": "Q"}, 201))["id"])

    (entry,) = (await north.owner.ask("GET", f"/patients/{patient}/chart", status=200))["items"]
    assert entry["id"] == made["id"]
    assert entry["status"] == "ended"
    assert entry["liveAt"] == "2027-03-04T12:00:00Z"
    assert entry["endedAt"] == "2027-03-04T12:10:00Z"
    people = {one["name"]: one for one in entry["participants"]}
    assert list(people) == ["olga", "Pat Poe"]
    assert people["Pat Poe"]["joinedAt"] == "2027-03-04T12:00:00Z"
    (receipt,) = entry["receipts"]
    assert receipt == said
    assert receipt["position"] is not None
    (item,) = entry["items"]
    assert (item["kind"], item["id"]) == ("file", file["id"])


async def test_the_newest_visit_comes_first_page_by_page(north: House, patient: str) -> None:
    days = ["2027-03-07", "2027-03-05", "2027-03-06", "2027-03-06"]
    made = [(await visit(north, patient, f"{day}T09:00:00Z"))["id"] for day in days]
    found: list[str] = []
    path, after = f"/patients/{patient}/chart?limit=1", ""
    while after is not None:
        page = await north.owner.ask("GET", f"{path}{after and f'&after={after}'}", status=200)
        found += [one["id"] for one in page["items"]]
        after = page["next"]
    later, earlier = sorted(made[2:], reverse=True)
    assert found == [made[0], later, earlier, made[1]]


async def test_the_whole_chart_is_handed_out_with_its_receipts(
    north: House, patient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.clinic.charts.PAGE", 2)
    made = [await visit(north, patient) for _ in range(5)]
    for one in made:
        await said_by_patient(north, one["id"], patient)
    text = await north.owner.ask("GET", f"/patients/{patient}/chart/export", status=200)

    head, *lines = [json.loads(line) for line in text.splitlines()]
    assert head["patientId"] == patient
    assert sorted(line["id"] for line in lines) == sorted(one["id"] for one in made)
    export = await north.owner.ask("GET", "/audit/export", status=200)
    log = {entry["seq"]: entry for entry in map(json.loads, export.splitlines()) if "seq" in entry}
    for line in lines:
        (receipt,) = line["receipts"]
        assert log[receipt["position"]["seq"]]["hash"] == receipt["position"]["hash"]
        assert log[receipt["position"]["seq"]]["object_id"] == receipt["id"]


async def test_a_chart_is_for_those_who_see_its_patient(north: House) -> None:
    wanted = {"name": "Pat", "restricted": True}
    patient = (await north.owner.ask("POST", "/patients", wanted, 201))["id"]
    clara, audrey = await north.staff("clara", "clinician"), await north.staff("audrey", "auditor")
    for path in (f"/patients/{patient}/chart", f"/patients/{patient}/chart/export"):
        assert (await clara.ask("GET", path, status=403))["title"] == "restricted"
        await audrey.ask("GET", path, status=403)
        await north.owner.ask("GET", path, status=200)
    log = await north.owner.ask("GET", "/audit?limit=200", status=200)
    seen = [one["action"] for one in log["items"] if one["object_id"] == patient]
    assert {"chart.view", "chart.export", "patient.refuse"} <= set(seen)
    scopes = {"name": "k", "scopes": ["patients.read"]}  # and none to see visits
    secret = (await north.owner.ask("POST", "/keys", scopes, 201))["secret"]
    open_one = (await north.owner.ask("POST", "/patients", {"name": "Q"}, 201))["id"]
    program = await north.person("program")
    bearer = f"Bearer {secret}"
    await program.ask("GET", f"/patients/{open_one}/chart", status=403, authorization=bearer)
