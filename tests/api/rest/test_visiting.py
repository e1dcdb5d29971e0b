"""The waiting room: nobody is in a visit before they were let in, by whatever way they come."""

import asyncio
from datetime import timedelta

import pytest

from api.clinic.timekeeping import Timekeeper
from api.rules.plans import Plan
from sfu.commands import RemovePeer, SendData
from sfu.events import PeerQuality, QualityChanged
from signaling.tokens import verify
from tests.api.conftest import Clock
from tests.api.floor import Floor
from tests.api.house import House
from tests.api.rest.scene import NOW, Scene, open_scene
from tests.api.rest.test_meetings import meeting_of, patient_in, patient_of, set_plan
from tests.signaling.stage import KEYS

pytestmark = pytest.mark.anyio


@pytest.fixture
def floor(north: House) -> Floor:
    return Floor(north.clinic)


@pytest.fixture
async def scene(north: House, floor: Floor) -> Scene:
    return await open_scene(north, floor)


async def test_from_the_knock_to_the_end(scene: Scene, clock: Clock) -> None:
    assert (await scene.now())["status"] == "open"
    assert (await scene.token(scene.pat, 403))["title"] == "not_admitted"
    place = await scene.knock()
    assert (place["admission"], place["position"], place["status"]) == ("waiting", 1, "lobby")
    assert place["waitSeconds"] == 300  # until the appointment

    await scene.floor.come(scene.olga, scene.id)
    assert (await scene.now())["status"] == "lobby"
    await scene.move("admit")
    await scene.floor.come(scene.pat, scene.id)
    live = await scene.now()
    assert live["status"] == "live"
    assert [p["present"] for p in live["participants"]] == [True, True]

    await scene.olga.ask("DELETE", scene.path, status=200)
    await scene.floor.settle()
    over = await scene.now()
    assert scene.floor.identities(scene.room) == set()
    assert (over["status"], [p["present"] for p in over["participants"]]) == ("ended", [False] * 2)
    assert (await scene.token(scene.pat, 409))["title"] == "meeting_over"


async def test_a_token_says_clinic_role_and_rights(scene: Scene, clock: Clock) -> None:
    await scene.knock()
    await scene.move("admit")
    tickets = {who: await scene.token(who) for who in (scene.olga, scene.pat)}
    claims = {who: verify(t["token"], KEYS, clock.now.timestamp()) for who, t in tickets.items()}
    workspace = (await scene.olga.ask("GET", "/workspace", status=200))["id"]
    host, patient = claims[scene.olga].video, claims[scene.pat].video
    assert host is not None
    assert patient is not None

    assert [c.attributes["ws"] for c in claims.values()] == [workspace] * 2
    assert [c.attributes["role"] for c in claims.values()] == ["clinician", "patient"]
    assert [c.identity for c in claims.values()] == [
        f"staff-{scene.olga.id}", f"patient-{scene.patient}",
    ]  # fmt: skip
    assert (host.room_admin, host.room_record) == (True, True)
    assert (patient.room_admin, patient.room_record, patient.may_publish) == (False, False, True)
    assert not any(g.hidden or g.recorder or g.room_create for g in (host, patient))
    assert {c.expires for c in claims.values()} == {clock.now.timestamp() + 600}
    ticket = tickets[scene.pat]
    assert ticket["url"] == "wss://north.example"
    assert ticket["iceServers"][0]["urls"] == ["turn:r.example"]


async def test_who_comes_too_early_has_no_token(north: House, floor: Floor, clock: Clock) -> None:
    patient = await patient_of(north)
    made = await meeting_of(north, patientId=patient)
    pat = await patient_in(north, patient)
    for person in (north.owner, pat):
        refused = await person.ask("POST", "/livekit/token", {"meetingId": made["id"]}, 403)
        assert refused["title"] == "too_early"
    knocked = await pat.ask("POST", f"/meetings/{made['id']}/place", status=403)
    assert "2027-03-04T12:45+00:00" in knocked["detail"]


async def test_a_host_s_coming_lets_nobody_in(scene: Scene) -> None:
    await scene.knock()
    await scene.floor.come(scene.olga, scene.id)
    assert (await scene.token(scene.pat, 403))["title"] == "not_admitted"
    assert scene.floor.identities(scene.room) == {f"staff-{scene.olga.id}"}


async def test_who_was_put_back_is_out_at_once_and_an_old_token_opens_nothing(
    scene: Scene,
) -> None:
    await scene.knock()
    await scene.move("admit")
    await scene.floor.come(scene.olga, scene.id)
    token = (await scene.token(scene.pat))["token"]
    client = await scene.floor.join(token)
    await scene.move("put-back")
    await scene.floor.settle()

    assert scene.floor.identities(scene.room) == {f"staff-{scene.olga.id}"}
    assert client.heard("leave")
    assert client.sid in [command.peer for command in scene.floor.stage.sent(RemovePeer)]
    assert await scene.floor.refuses(token) == "403 not_admitted"
    refreshed = client.last("refresh_token")
    assert await scene.floor.refuses(refreshed) == "403 not_admitted"
    await scene.token(scene.pat, 403)
    assert (await scene.of())["admission"] == "put_back"
    await scene.move("admit")
    assert await scene.floor.refuses(token) == ""


async def test_who_was_denied_waits_no_more_until_that_is_put_right(scene: Scene) -> None:
    await scene.knock()
    await scene.move("deny")
    assert (await scene.knock(403))["title"] == "denied"
    assert (await scene.token(scene.pat, 403))["title"] == "denied"
    await scene.move("admit")
    await scene.token(scene.pat)


async def test_who_leaves_knocks_again(scene: Scene) -> None:
    await scene.knock()
    assert (await scene.now())["status"] == "lobby"
    await scene.pat.ask("DELETE", f"{scene.path}/place", status=204)
    assert (await scene.now())["status"] == "open"
    await scene.knock()
    await scene.move("admit")
    token = (await scene.token(scene.pat))["token"]
    await scene.pat.ask("DELETE", f"{scene.path}/place", status=204)
    assert await scene.floor.refuses(token) == "403 not_admitted"


async def test_a_visit_that_is_moved_to_later_closes_its_door(scene: Scene) -> None:
    await scene.knock()
    await scene.move("admit")
    token = (await scene.token(scene.pat))["token"]
    await scene.olga.ask("PATCH", scene.path, {"startsAt": "2027-03-04T15:00:00Z"}, 200)
    assert await scene.floor.refuses(token) == "403 not_admitted"


async def test_a_room_that_was_not_looked_up_is_closed_and_then_as_the_database_says(
    scene: Scene,
) -> None:
    await scene.knock()
    await scene.move("admit")
    token = (await scene.token(scene.pat))["token"]
    doors = scene.house.clinic.doors
    doors._entries.clear()  # as after a restart

    assert await scene.floor.refuses(token) == "503 unavailable"
    await doors.load(scene.room)
    assert await scene.floor.refuses(token) == ""


async def test_the_queue_is_in_its_order_with_an_estimate_for_each(
    scene: Scene, clock: Clock
) -> None:
    await scene.knock()
    clock.go(seconds=10)
    other = await patient_of(scene.house, "Quinn")
    second = await meeting_of(scene.house, patientId=other, **NOW | {"duration": 40})
    quinn = await patient_in(scene.house, other)
    place = await quinn.ask("POST", f"/meetings/{second['id']}/place", status=200)
    assert (place["position"], place["waitSeconds"]) == (2, 20 * 60)

    queue = (await scene.olga.ask("GET", "/waiting", status=200))["items"]
    assert [w["participant"]["name"] for w in queue] == ["Pat", "Quinn"]
    assert [w["position"] for w in queue] == [1, 2]
    nora = await scene.house.staff("nora", "clinician")
    hers = await meeting_of(scene.house, **NOW | {
        "participants": [{"kind": "staff", "id": nora.id, "role": "clinician"}],
        "patientId": await patient_of(scene.house, "Rae"),
    })  # fmt: skip
    rae = await patient_in(scene.house, hers["patientId"])
    place = await rae.ask("POST", f"/meetings/{hers['id']}/place", status=200)
    assert place["position"] == 1


async def test_all_who_wait_are_let_in_together_or_none(scene: Scene) -> None:
    people = [await patient_of(scene.house, f"P{n}") for n in range(2)]
    listed = [{"kind": "patient", "id": id, "role": "patient"} for id in people]
    await scene.olga.ask("PATCH", scene.path, {"addParticipants": listed}, 200)
    for id in people:
        await (await patient_in(scene.house, id)).ask("POST", f"{scene.path}/place", status=200)
    await set_plan(scene.house, Plan.STANDARD)
    await scene.token(scene.olga)
    refused = await scene.olga.ask("POST", f"{scene.path}/admit", status=403)
    assert refused["title"] == "room_full_for_plan"
    assert {p["admission"] for p in (await scene.now())["participants"]} == {
        "admitted", "waiting", "invited",
    }  # fmt: skip
    await set_plan(scene.house, Plan.ADVANCED)
    done = await scene.olga.ask("POST", f"{scene.path}/admit", status=200)
    assert sorted(p["admission"] for p in done["participants"]) == ["admitted"] * 3 + ["invited"]


async def test_nobody_new_comes_in_to_a_locked_visit(scene: Scene) -> None:
    await scene.olga.ask("PATCH", scene.path, {"locked": True}, 200)
    assert (await scene.knock(403))["title"] == "meeting_locked"
    nora = await scene.house.staff("nora", "clinician")
    assert (await scene.token(nora, 403))["title"] == "meeting_locked"
    await scene.token(scene.olga)


async def test_a_third_is_too_many_for_one_to_one_and_the_host_hears_of_it(
    scene: Scene,
) -> None:
    await set_plan(scene.house, Plan.STANDARD)
    await scene.knock()
    await scene.move("admit")
    host = await scene.floor.come(scene.olga, scene.id)
    await scene.floor.come(scene.pat, scene.id)
    nora = await scene.house.staff("nora", "clinician")
    refused = await scene.token(nora, 403)

    assert refused["title"] == "room_full_for_plan"
    assert "at most 2 people" in refused["detail"]
    told = scene.floor.stage.sent(SendData)[-1]
    assert told.peers == [host.sid]
    assert b"room_full_for_plan" in told.payload


async def test_a_ninth_is_too_many_for_a_group_of_eight(scene: Scene) -> None:
    await set_plan(scene.house, Plan.ADVANCED)
    staff = [await scene.house.staff(f"s{n}", "clinician") for n in range(8)]
    tokens = [(await scene.token(person))["token"] for person in staff]
    assert (await scene.token(scene.olga, 403))["title"] == "room_full_for_plan"
    hosts = [await scene.floor.join(token) for token in tokens]
    await scene.token(scene.olga, 403)
    told = scene.floor.stage.sent(SendData)[-1]
    assert set(told.peers) == {host.sid for host in hosts}
    assert b"room_full_for_plan" in told.payload
    # The door holds by itself, whatever tokens there are.
    await set_plan(scene.house, Plan.ENTERPRISE)
    token = (await scene.token(scene.olga))["token"]
    entry = scene.house.clinic.doors.entry(scene.room)
    assert entry is not None
    await set_plan(scene.house, Plan.ADVANCED)
    await scene.olga.ask("PATCH", scene.path, {"duration": 25}, 200)
    assert await scene.floor.refuses(token) == "403 room_full_for_plan"


async def test_a_smaller_plan_lets_a_running_visit_end(scene: Scene) -> None:
    await scene.knock()
    await scene.move("admit")
    await scene.floor.come(scene.olga, scene.id)
    await scene.floor.come(scene.pat, scene.id)
    await set_plan(scene.house, Plan.FREE)

    token = (await scene.token(scene.pat))["token"]
    assert await scene.floor.refuses(token) == ""
    later = {"startsAt": "2027-03-04T12:10:00Z", "conferencing": "livekit"}
    assert (await scene.olga.ask("POST", "/meetings", later, 403))["title"] == "plan_required"


async def test_how_well_somebody_is_connected_is_told(scene: Scene) -> None:
    host = await scene.floor.come(scene.olga, scene.id)
    sid = scene.floor.stage.conference.rooms[scene.room].sid
    told = [PeerQuality(peer=host.sid, quality=2, score=4.4)]
    scene.floor.stage.tell(QualityChanged(room=sid, peers=told))
    assert (await scene.of("clinician"))["quality"] == "excellent"
    assert (await scene.of())["quality"] is None


async def test_longer_is_told_in_the_room(scene: Scene) -> None:
    host = await scene.floor.come(scene.olga, scene.id)
    await scene.olga.ask("PATCH", scene.path, {"duration": 40}, 200)
    assert "2027-03-04T12:45:00+00:00" in host.last("room_update").room.metadata


async def test_the_time_ends_what_is_over(scene: Scene, clock: Clock) -> None:
    keeper = Timekeeper(scene.house.clinic)
    (workspace,) = await scene.house.clinic.workspaces()
    await scene.knock()
    await scene.move("admit")
    await scene.floor.come(scene.olga, scene.id)
    patient = await scene.floor.come(scene.pat, scene.id)
    missed = await meeting_of(scene.house, **NOW)
    clock.go(minutes=54)
    assert await keeper.look(workspace.id) == timedelta(seconds=20)
    await scene.olga.sign_in()
    assert (await scene.now())["status"] == "live"
    clock.go(minutes=1)
    await keeper.look(workspace.id)
    await scene.floor.settle()

    assert (await scene.now())["status"] == "ended"
    assert patient.heard("leave")
    other = await scene.olga.ask("GET", f"/meetings/{missed['id']}", status=200)
    assert other["status"] == "no_show"


async def test_an_empty_room_ends_the_visit_once_its_time_is_over(
    scene: Scene, clock: Clock
) -> None:
    await scene.knock()
    await scene.move("admit")
    for person in (scene.olga, scene.pat):
        client = await scene.floor.come(person, scene.id)
        await scene.floor.leave(client)
        client = await scene.floor.come(person, scene.id)
    assert (await scene.now())["status"] == "live"
    await scene.floor.end_calls(scene.room)
    assert (await scene.now())["status"] == "live"  # they may come back
    keeper = Timekeeper(scene.house.clinic)
    (workspace,) = await scene.house.clinic.workspaces()
    clock.go(minutes=25)
    await keeper.look(workspace.id)
    await scene.olga.sign_in()
    assert (await scene.now())["status"] == "ended"


async def test_who_waits_hears_at_once(scene: Scene) -> None:
    await scene.knock()
    etag = f"W/{scene.pat.last.headers['etag']}"  # as a proxy that compresses makes it
    path = f"{scene.path}/place?wait=25"
    waiting = asyncio.ensure_future(scene.pat.ask("GET", path, status=200, if_none_match=etag))
    while not scene.house.clinic.news._waiting:
        await asyncio.sleep(0.01)
    await scene.move("admit")

    async with asyncio.timeout(5):
        assert (await waiting)["admission"] == "admitted"
    assert (await scene.pat.ask("GET", path, status=200, if_none_match=etag))["position"] is None


async def test_who_waits_for_what_is_called_off_is_told_so(scene: Scene) -> None:
    await scene.knock()
    await scene.olga.ask("DELETE", scene.path, status=200)

    place = await scene.pat.ask("GET", f"{scene.path}/place", status=200)
    assert (place["status"], place["position"]) == ("cancelled", None)


async def test_a_look_at_an_empty_queue_shows_nobody_and_leaves_no_trace(scene: Scene) -> None:
    await scene.olga.ask("GET", "/waiting", status=200)
    await scene.knock()
    await scene.olga.ask("GET", "/waiting", status=200)

    log = await scene.olga.ask("GET", "/audit?limit=200", status=200)
    told = [item["detail"] for item in log["items"] if item["action"] == "meeting.waiting"]
    assert told == [{"ids": [(await scene.of())["id"]]}]


async def test_what_happens_between_two_looks_at_the_queue_is_heard(scene: Scene) -> None:
    await scene.olga.ask("GET", "/waiting", status=200)
    etag = scene.olga.last.headers["etag"]
    await scene.olga.ask("PATCH", scene.path, {"locked": True}, 200)  # nobody waits or waits less

    async with asyncio.timeout(5):
        await scene.olga.ask("GET", "/waiting?wait=25", status=200, if_none_match=etag)
    assert scene.olga.last.headers["etag"] != etag
