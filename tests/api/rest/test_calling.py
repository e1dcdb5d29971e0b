"""Calls at once, servers for media, and whether a token leads anywhere."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.clinic.clinic import make_link
from api.clinic.timekeeping import Timekeeper
from api.rules.auditing import ActorKind
from api.rules.plans import Plan
from tests.api.conftest import Clock
from tests.api.floor import Floor
from tests.api.house import House, Person
from tests.api.rest.scene import NOW
from tests.api.rest.test_meetings import meeting_of, patient_in, patient_of, set_plan

pytestmark = pytest.mark.anyio


@pytest.fixture
def floor(north: House) -> Floor:
    return Floor(north.clinic)


async def ring(person: Person, kind: str, id: str, status: int = 201) -> Any:
    body = {"kind": kind, "id": id}
    return await person.ask("POST", "/calls/generate-token", body, status)


async def status_of(house: House, id: str) -> str:
    return str((await house.owner.ask("GET", f"/meetings/{id}", status=200))["status"])


async def test_a_patient_is_called_and_answers(north: House, floor: Floor) -> None:
    patient = await patient_of(north)
    pat = await patient_in(north, patient)
    ticket = await ring(north.owner, "patient", patient)
    await floor.join(ticket["token"])
    (call,) = (await pat.ask("GET", "/calls", status=200))["items"]
    assert (call["caller"], call["role"]) == ("olga", "clinician")
    assert (await north.owner.ask("GET", "/calls", status=200))["items"] == []

    client = await floor.come(pat, call["meetingId"])
    assert await status_of(north, call["meetingId"]) == "live"
    assert (await pat.ask("GET", "/calls", status=200))["items"] == []
    assert client.participants().keys() >= {f"staff-{north.owner.id}"}
    await floor.end_calls(ticket["room"])
    assert await status_of(north, call["meetingId"]) == "ended"


async def test_a_call_that_nobody_answers_stops_ringing(
    north: House, floor: Floor, clock: Clock
) -> None:
    nora = await north.staff("nora", "clinician")
    ticket = await ring(north.owner, "staff", nora.id)
    await floor.join(ticket["token"])
    clock.go(seconds=46)
    (workspace,) = await north.clinic.workspaces()
    await Timekeeper(north.clinic).look(workspace.id)

    assert (await nora.ask("GET", "/calls", status=200))["items"] == []
    assert await status_of(north, ticket["meetingId"]) == "no_show"
    assert floor.identities(ticket["room"]) == set()


async def test_a_call_is_declined(north: House, floor: Floor) -> None:
    nora = await north.staff("nora", "clinician")
    ticket = await ring(north.owner, "staff", nora.id)
    await nora.ask("DELETE", f"/meetings/{ticket['meetingId']}/place", status=204)
    assert await status_of(north, ticket["meetingId"]) == "no_show"


async def test_a_call_is_for_two_of_the_plan(north: House, floor: Floor) -> None:
    patient = await patient_of(north)
    await set_plan(north, Plan.FREE)
    assert (await ring(north.owner, "patient", patient, 403))["title"] == "plan_required"
    await set_plan(north, Plan.STANDARD)
    key = {"idempotency_key": "k"}
    body = {"kind": "patient", "id": patient}
    path = "/calls/generate-token"
    first = await north.owner.ask("POST", path, body, 201, **key)
    again = await north.owner.ask("POST", path, body, 201, **key)
    assert first["meetingId"] == again["meetingId"]
    assert (await ring(north.owner, "staff", north.owner.id, 409))["title"] == "is_oneself"
    north.clinic.presence.join(f"patient-{patient}")
    assert (await ring(north.owner, "patient", patient, 409))["title"] == "busy"
    pat = await patient_in(north, patient)
    await ring(pat, "staff", north.owner.id, 403)


async def test_nobody_comes_into_a_call_of_two_others(north: House, floor: Floor) -> None:
    nora, nick = [await north.staff(name, "clinician") for name in ("nora", "nick")]
    ticket = await ring(north.owner, "staff", nora.id)
    await floor.join(ticket["token"])
    body = {"meetingId": ticket["meetingId"]}
    assert (await nick.ask("POST", "/livekit/token", body, 403))["title"] == "not_called"
    added = {"addParticipants": [{"kind": "staff", "id": nick.id, "role": "clinician"}]}
    for person in (north.owner, nick):
        path = f"/meetings/{ticket['meetingId']}"
        assert (await person.ask("PATCH", path, added, 409))["title"] == "call_is_for_two"
    await floor.come(nora, ticket["meetingId"])
    assert floor.identities(ticket["room"]) == {f"staff-{north.owner.id}", f"staff-{nora.id}"}


async def test_each_has_servers_with_a_name_of_their_own(north: House, floor: Floor) -> None:
    found = await north.owner.ask("GET", "/video/ice-servers", status=200)
    assert found["iceServers"] == [
        {"urls": ["turn:r.example"], "username": f"staff-{north.owner.id}", "credential": None}
    ]


async def invited(house: House, patient: str, meeting: str) -> str:
    """The token of a link that invites to a visit."""
    (workspace,) = await house.clinic.workspaces()
    async with house.clinic.store.writing(workspace.id) as tx:
        subject = (ActorKind.PATIENT, UUID(patient))
        bearer, _ = make_link(tx, workspace.id, subject, timedelta(hours=2), UUID(meeting))
    return str(bearer)


async def test_a_link_s_token_tells_of_its_visit_and_stays_good(
    north: House, floor: Floor, clock: Clock
) -> None:
    patient = await patient_of(north, "Pat Moss")
    made = await meeting_of(north, patientId=patient)
    token = await invited(north, patient, made["id"])
    stranger = await north.person("mallory")
    found = await stranger.ask("POST", "/meetings/verify-token", {"token": token}, 200)
    assert (found["valid"], found["reason"]) == (False, "too_early")
    assert (found["meeting"], found["role"]) == (made["id"], "patient")
    assert found["opensAt"] == "2027-03-04T12:45:00Z"
    clock.go(minutes=50)
    for ask in (f"?token={token}", ""):
        header = {} if ask else {"x_meeting_token": token}
        path = f"/meetings/verify-token{ask}"
        found = await stranger.ask("GET", path, status=200, **header)
        assert (found["valid"], found["reason"]) == (True, None)
        assert stranger.last.headers["referrer-policy"] == "no-referrer"
    assert "Pat" not in stranger.last.text
    await stranger.ask("POST", "/sessions/link", {"token": token}, 201)
    found = await stranger.ask("POST", "/meetings/verify-token", {"token": token}, 200)
    assert (found["valid"], found["reason"], found["meeting"]) == (False, "not_good", None)


async def test_a_room_s_token_is_good_while_the_door_is_open(
    north: House, floor: Floor, clock: Clock
) -> None:
    patient = await patient_of(north)
    made = await meeting_of(north, patientId=patient, **NOW)
    pat = await patient_in(north, patient)
    path = f"/meetings/{made['id']}"
    await pat.ask("POST", f"{path}/place", status=200)
    await north.owner.ask("POST", f"{path}/admit", status=200)
    token = (await pat.ask("POST", "/livekit/token", {"meetingId": made["id"]}, 201))["token"]

    async def reason() -> Any:
        answer = await pat.ask("POST", "/meetings/verify-token", {"token": token}, 200)
        return answer["reason"]

    assert await reason() is None
    person = next(
        p["id"] for p in (await north.owner.ask("GET", path, status=200))["participants"]
        if p["kind"] == "patient"
    )  # fmt: skip
    await north.owner.ask("POST", f"{path}/participants/{person}/put-back", status=200)
    assert await reason() == "not_admitted"
    await north.owner.ask("DELETE", path, status=200)
    assert await reason() == "meeting_over"
    clock.go(minutes=11)
    assert await reason() == "not_good"


@pytest.mark.parametrize("token", ["", "hcl_", "hcs_" + "A" * 64, "a.b.c", "\ud800", "x" * 8000])
async def test_what_is_no_token_is_not_good(north: House, floor: Floor, token: str) -> None:
    stranger = await north.person("mallory")
    if token != "\ud800":
        found = await stranger.ask("POST", "/meetings/verify-token", {"token": token}, 200)
        assert (found["valid"], found["reason"]) == (False, "not_good")
    content = b'{"token": "\\ud800"}'
    kind = {"content-type": "application/json"}
    answer = await stranger.client.post("/meetings/verify-token", content=content, headers=kind)
    assert answer.status_code in (200, 422)


async def test_who_tries_tokens_has_to_wait(north: House, floor: Floor) -> None:
    stranger = await north.person("mallory")
    for _ in range(60):
        await stranger.ask("POST", "/meetings/verify-token", {"token": "hcl_"}, 200)
    await stranger.ask("POST", "/meetings/verify-token", {"token": "hcl_"}, 429)
    assert int(stranger.last.headers["retry-after"]) > 0
