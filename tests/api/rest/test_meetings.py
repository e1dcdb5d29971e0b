"""Visits: made, found, changed and ended, by those who may."""

from typing import Any

import pytest

from api.rules.plans import Plan
from api.store.models import Workspace
from tests.api.conftest import Clock
from tests.api.house import House, Person

pytestmark = pytest.mark.anyio

AT_ONE = "2027-03-04T13:00:00Z"
IN_AN_HOUR: dict[str, Any] = {"startsAt": AT_ONE, "duration": 20}


async def patient_of(house: House, name: str = "Pat", **fields: Any) -> str:
    made = await house.owner.ask("POST", "/patients", {"name": name} | fields, 201)
    return str(made["id"])


async def meeting_of(house: House, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await house.owner.ask("POST", "/meetings", IN_AN_HOUR | fields, 201)
    return made


async def patient_in(house: House, patient: str) -> Person:
    """A patient, signed in by a link."""
    made = await house.owner.ask("POST", f"/patients/{patient}/links", {}, 201)
    person = await house.person("pat")
    token = made["url"].partition("#l=")[2]
    await person.ask("POST", "/sessions/link", {"token": token}, 201)
    return person


async def set_plan(house: House, plan: Plan, slug: str = "clinic") -> None:
    found = await house.clinic.find_workspace(slug)
    async with house.clinic.store.writing(found.id) as tx:
        row = await tx.session.get(Workspace, found.id)
        assert row is not None
        row.plan = plan.value


async def test_a_visit_has_its_patient_and_a_host(north: House) -> None:
    patient = await patient_of(north)
    made = await meeting_of(north, patientId=patient, calendarEventId="event-1")
    etag = north.owner.last.headers["etag"]

    assert made["status"] == "scheduled"
    assert (made["provider"], made["conferencing"]) == ("livekit", "auto")
    assert (made["endsAt"], made["opensAt"]) == ("2027-03-04T13:20:00Z", "2027-03-04T12:45:00Z")
    assert made["joinUrl"] == f"https://north.example/#m={made['id']}"
    people = [(p["kind"], p["subjectId"], p["role"], p["name"]) for p in made["participants"]]
    assert people == [
        ("staff", north.owner.id, "clinician", "olga"), ("patient", patient, "patient", "Pat"),
    ]  # fmt: skip
    assert await north.owner.ask("GET", f"/meetings/{made['id']}", status=200) == made
    assert north.owner.last.headers["etag"] == etag


async def test_names_of_rooms_are_never_the_same(north: House) -> None:
    rooms = {(await meeting_of(north))["room"] for _ in range(5)}
    assert len(rooms) == 5


async def test_its_state_follows_the_time(north: House, clock: Clock) -> None:
    path = f"/meetings/{(await meeting_of(north))['id']}"
    seen = []
    for minutes in (44, 1, 64, 1):
        clock.go(minutes=minutes)
        await north.owner.sign_in()
        seen.append((await north.owner.ask("GET", path, status=200))["status"])

    assert seen == ["scheduled", "open", "open", "no_show"]
    assert (await north.owner.ask("PATCH", path, {"duration": 60}, 409))["title"] == "meeting_over"


async def test_it_is_moved_made_longer_and_locked(north: House) -> None:
    made = await meeting_of(north)
    path, first = f"/meetings/{made['id']}", north.owner.last.headers["etag"]
    change = {"startsAt": "2027-03-05T09:00:00+01:00", "duration": 45}
    moved = await north.owner.ask("PATCH", path, change, 200, if_match=first)
    locked = await north.owner.ask("PATCH", path, {"locked": True}, 200)

    assert (moved["startsAt"], moved["endsAt"]) == ("2027-03-05T08:00:00Z", "2027-03-05T08:45:00Z")
    assert (moved["sequence"], locked["sequence"], locked["locked"]) == (1, 1, True)
    stale = await north.owner.ask("PATCH", path, {"duration": 5}, 412, if_match=first)
    assert stale["title"] == "changed"


async def test_people_are_added_once_and_removed(north: House) -> None:
    made = await meeting_of(north)
    path = f"/meetings/{made['id']}"
    nora = await north.staff("nora", "clinician")
    added = {"addParticipants": [{"kind": "staff", "id": nora.id, "role": "specialist"}]}
    now = await north.owner.ask("PATCH", path, added, 200)
    assert [p["role"] for p in now["participants"]] == ["clinician", "specialist"]
    await north.owner.ask("PATCH", path, added, 409)
    host, other = (p["id"] for p in now["participants"])
    refused = await north.owner.ask("PATCH", path, {"removeParticipants": [host]}, 409)
    assert refused["title"] == "last_host"
    now = await north.owner.ask("PATCH", path, {"removeParticipants": [other]}, 200)
    assert [p["role"] for p in now["participants"]] == ["clinician"]


@pytest.mark.parametrize(
    ("kind", "role"), [("patient", "clinician"), ("staff", "patient"), ("guest", "assistant")]
)
async def test_nobody_takes_part_as_what_they_are_not(north: House, kind: str, role: str) -> None:
    nora = await north.staff("nora", "clinician")
    listed = [{"kind": kind, "id": nora.id, "role": role}]
    refused = await north.owner.ask("POST", "/meetings", IN_AN_HOUR | {"participants": listed}, 400)
    assert refused["title"] == "wrong_role"


async def test_a_visit_that_has_not_begun_is_called_off_once(north: House) -> None:
    made = await meeting_of(north)
    for _ in range(2):
        gone = await north.owner.ask("DELETE", f"/meetings/{made['id']}", status=200)
        assert (gone["status"], gone["sequence"]) == ("cancelled", 1)
    log = await north.owner.ask("GET", "/audit?limit=200", status=200)
    assert [e["action"] for e in log["items"]].count("meeting.cancel") == 1


async def test_a_call_off_that_is_sent_again_is_no_change_of_somebody_else_s(north: House) -> None:
    made = await meeting_of(north)
    path, seen = f"/meetings/{made['id']}", {"if_match": f'"{made["version"]}"'}
    first = await north.owner.ask("DELETE", path, status=200, **seen)
    again = await north.owner.ask("DELETE", path, status=200, **seen)
    assert (first["status"], again) == ("cancelled", first)


@pytest.mark.parametrize("tag", ["{}", "W/{}", '"other", {}', '"other",W/{}'])
async def test_who_has_seen_it_is_known_by_any_form_of_the_tag(north: House, tag: str) -> None:
    """A proxy that compresses makes them weak: waiting pages would ask without end."""
    await meeting_of(north)
    await north.owner.ask("GET", "/meetings", status=200)
    known = tag.format(north.owner.last.headers["etag"])
    await north.owner.ask("GET", "/meetings", status=304, if_none_match=known)
    await north.owner.ask("GET", "/meetings", status=200, if_none_match='"other"')


async def test_a_day_is_listed_in_its_order_page_by_page(north: House) -> None:
    times = ["2027-03-04T15:00:00Z", "2027-03-04T14:00:00Z", "2027-03-05T09:00:00Z", AT_ONE, AT_ONE]
    made = [await meeting_of(north, startsAt=time) for time in times]
    day = "/meetings?from=2027-03-04T00:00:00Z&until=2027-03-05T00:00:00Z&limit=2"
    first = await north.owner.ask("GET", day, status=200)
    second = await north.owner.ask("GET", f"{day}&after={first['next']}", status=200)

    found = [m["id"] for m in first["items"] + second["items"]]
    assert found == sorted(made[n]["id"] for n in (3, 4)) + [made[n]["id"] for n in (1, 0)]
    assert second["next"] is None


async def test_visits_are_found_by_the_patient_s_name_in_a_body(north: House) -> None:
    pat, _ = await patient_of(north, "Pat Moss"), await patient_of(north, "Quinn")
    made = await meeting_of(north, patientId=pat)
    await meeting_of(north)
    for name, expected in (("MOSS", [made["id"]]), ("%", []), ("quinn", [])):
        found = await north.owner.ask("POST", "/meetings/search", {"name": name}, 200)
        assert [m["id"] for m in found["items"]] == expected


async def test_a_restricted_patient_s_visits_are_their_team_s(north: House) -> None:
    patient = await patient_of(north, restricted=True)
    made = await meeting_of(north, patientId=patient)
    nora = await north.staff("nora", "clinician")

    assert (await nora.ask("GET", "/meetings", status=200))["items"] == []
    assert (await nora.ask("GET", f"/meetings/{made['id']}", status=403))["title"] == "restricted"
    await nora.ask("POST", "/meetings", IN_AN_HOUR | {"patientId": patient}, 403)
    await north.owner.ask("PUT", f"/patients/{patient}/team/{nora.id}", status=204)
    assert len((await nora.ask("GET", "/meetings", status=200))["items"]) == 1


async def test_a_patient_sees_their_own_visits_and_changes_none(north: House) -> None:
    patient, other = await patient_of(north), await patient_of(north, "Quinn")
    mine = await meeting_of(north, patientId=patient)
    theirs = await meeting_of(north, patientId=other)
    pat = await patient_in(north, patient)

    assert [m["id"] for m in (await pat.ask("GET", "/meetings", status=200))["items"]] == [
        mine["id"]
    ]
    await pat.ask("GET", f"/meetings/{mine['id']}", status=200)
    await pat.ask("GET", f"/meetings/{theirs['id']}", status=404)
    await pat.ask("PATCH", f"/meetings/{mine['id']}", {"locked": True}, 403)
    await pat.ask("DELETE", f"/meetings/{mine['id']}", status=403)
    await pat.ask("POST", "/meetings", IN_AN_HOUR, 403)


async def test_an_auditor_sees_none(north: House) -> None:
    made = await meeting_of(north)
    audra = await north.staff("audra", "auditor")
    await audra.ask("GET", "/meetings", status=403)
    await audra.ask("GET", f"/meetings/{made['id']}", status=403)


async def test_an_integration_names_the_host(north: House) -> None:
    scopes = ["meetings.change", "meetings.read"]
    made = await north.owner.ask("POST", "/keys", {"name": "ehr", "scopes": scopes}, 201)
    ehr = await north.person("ehr")
    key = {"authorization": f"Bearer {made['secret']}"}
    assert (await ehr.ask("POST", "/meetings", IN_AN_HOUR, 400, **key))["title"] == "host_needed"
    host = [{"kind": "staff", "id": north.owner.id, "role": "clinician"}]
    await ehr.ask("POST", "/meetings", IN_AN_HOUR | {"participants": host}, 201, **key)


@pytest.mark.parametrize(
    ("plan", "conferencing", "status", "title"),
    [
        (Plan.FREE, "auto", 409, "provider_not_connected"),
        (Plan.FREE, "livekit", 403, "plan_required"),
        (Plan.FREE, "google_meet", 409, "provider_not_connected"),
        (Plan.STANDARD, "auto", 201, None),
        (Plan.STANDARD, "zoom", 403, "plan_required"),
        (Plan.ADVANCED, "zoom", 201, None),  # here instead, which the answer says
    ],
)
async def test_the_plan_decides_where_a_visit_takes_place(
    north: House, plan: Plan, conferencing: str, status: int, title: str | None
) -> None:
    await set_plan(north, plan)
    answer = await north.owner.ask(
        "POST", "/meetings", IN_AN_HOUR | {"conferencing": conferencing}, status
    )
    assert answer.get("title") == title


@pytest.mark.parametrize(("plan", "seats"), [(Plan.STANDARD, 2), (Plan.ADVANCED, 8)])
async def test_no_more_take_part_than_the_plan_has_seats(
    north: House, plan: Plan, seats: int
) -> None:
    await set_plan(north, plan)
    patients = [await patient_of(north, f"P{n}") for n in range(seats)]
    listed = [{"kind": "patient", "id": id, "role": "patient"} for id in patients]
    refused = await north.owner.ask("POST", "/meetings", IN_AN_HOUR | {"participants": listed}, 403)
    assert refused["title"] == "room_full_for_plan"
    assert f"at most {seats} people" in refused["detail"]
    made = await meeting_of(north, participants=listed[:-1])
    added = {"addParticipants": listed[-1:]}
    await north.owner.ask("PATCH", f"/meetings/{made['id']}", added, 403)
    kept = await north.owner.ask("GET", f"/meetings/{made['id']}", status=200)
    assert len(kept["participants"]) == seats


async def test_a_request_that_comes_twice_makes_one_visit(north: House) -> None:
    key = {"idempotency_key": "f3c1"}
    first = await north.owner.ask("POST", "/meetings", IN_AN_HOUR, 201, **key)
    again = await north.owner.ask("POST", "/meetings", IN_AN_HOUR, 201, **key)
    other = await north.owner.ask("POST", "/meetings", IN_AN_HOUR | {"duration": 5}, 409, **key)
    nora = await north.staff("nora", "clinician")
    hers = await nora.ask("POST", "/meetings", IN_AN_HOUR, 201, **key)

    assert first == again
    assert other["title"] == "key_used"
    assert hers["id"] != first["id"]
    await north.owner.ask("POST", "/meetings", IN_AN_HOUR, 400, idempotency_key="x" * 256)


@pytest.mark.parametrize(
    ("startsAt", "title"),
    [("2027-03-04T11:00:00Z", "in_the_past"), ("2035-01-01T00:00:00Z", "too_far"),
     ("9999-12-31T23:59:59Z", "too_far"), ("0001-01-01T00:00:00Z", "in_the_past")],
)  # fmt: skip
async def test_times_that_cannot_be_meant_are_refused(
    north: House, startsAt: str, title: str
) -> None:
    body = IN_AN_HOUR | {"startsAt": startsAt}
    assert (await north.owner.ask("POST", "/meetings", body, 400))["title"] == title


@pytest.mark.parametrize(
    "startsAt",
    [0, "1700000000", "2027-03-04", "2027-03-04T13:00:00", "9999-12-31T23:59:59-01:00"],
)
async def test_only_a_time_with_its_zone_is_one(north: House, startsAt: object) -> None:
    await north.owner.ask("POST", "/meetings", {"startsAt": startsAt}, 422)


async def test_who_looks_again_and_sees_nothing_new_leaves_no_trace(north: House) -> None:
    patient = await patient_of(north)
    made = await meeting_of(north, patientId=patient)
    owner, day = north.owner, "/meetings?from=2027-03-04T00:00:00Z&until=2027-03-05T00:00:00Z"
    await owner.ask("GET", day, status=200)
    seen = owner.last.headers["etag"]
    for _ in range(3):
        assert await owner.ask("GET", day, status=304, if_none_match=seen) == ""
    await owner.ask("PATCH", f"/patients/{patient}", {"name": "Patricia"}, 200)
    page = await owner.ask("GET", day, status=200, if_none_match=seen)

    assert "Patricia" in [one["name"] for one in page["items"][0]["participants"]]
    log = await owner.ask("GET", "/audit?limit=200", status=200)
    told = [item["detail"] for item in log["items"] if item["action"] == "meeting.list"]
    assert told == [{"ids": [made["id"]]}] * 2
