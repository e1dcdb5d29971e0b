"""What a plan does not have is refused where it happens, and nobody is faster than the others."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api.clinic.timekeeping import Timekeeper
from api.rules.plans import Plan
from signaling import whip
from signaling.admission import Refused, Visit
from tests.api.conftest import Clock
from tests.api.floor import Floor
from tests.api.house import House, Person
from tests.api.rest.scene import Scene, open_scene
from tests.api.rest.test_meetings import IN_AN_HOUR, meeting_of, patient_in, patient_of, set_plan
from tests.signaling.browser import Offers

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(north: House) -> Scene:
    return await open_scene(north)


async def add_patient(scene: Scene, name: str) -> Person:
    """One more, who waits."""
    id = await patient_of(scene.house, name)
    listed = [{"kind": "patient", "id": id, "role": "patient"}]
    await scene.olga.ask("PATCH", scene.path, {"addParticipants": listed}, 200)
    person = await patient_in(scene.house, id)
    await person.ask("POST", f"{scene.path}/place", status=200)
    return person


async def test_a_plan_without_visits_gives_no_token_for_one_that_was_made_before(
    scene: Scene,
) -> None:
    await scene.knock()
    await scene.move("admit")
    await set_plan(scene.house, Plan.FREE)
    for person in (scene.olga, scene.pat):
        assert (await scene.token(person, 403))["title"] == "plan_required"
    call = {"kind": "patient", "id": scene.patient}
    here = {**IN_AN_HOUR, "conferencing": "livekit"}
    for path, body in (("/meetings", here), ("/calls/generate-token", call)):
        refused = await scene.olga.ask("POST", path, body, 403)
        assert refused["title"] == "plan_required"


async def test_of_the_last_seat_two_get_one(scene: Scene) -> None:
    """Both by a host's yes at the same moment, and by a token."""
    await scene.knock()
    await add_patient(scene, "Quinn")
    await set_plan(scene.house, Plan.STANDARD)
    await scene.floor.come(scene.olga, scene.id)
    people = [p["id"] for p in (await scene.now())["participants"] if p["role"] == "patient"]
    answers = await asyncio.gather(
        *(
            scene.olga.client.post(f"{scene.path}/participants/{id}/admit")
            for id in people
        )
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    admitted = [p for p in (await scene.now())["participants"] if p["admission"] == "admitted"]
    assert len(admitted) == 2


async def test_one_patient_is_let_in_once_by_two_hosts(scene: Scene) -> None:
    await scene.knock()
    nora = await scene.house.staff("nora", "clinician")
    path = f"{scene.path}/participants/{(await scene.of())['id']}/admit"
    answers = await asyncio.gather(*(one.client.post(path) for one in (scene.olga, nora)))
    assert [answer.status_code for answer in answers] == [200, 200]
    log = (await scene.olga.ask("GET", "/audit?limit=200", status=200))["items"]
    assert len([item for item in log if item["action"] == "meeting.admit"]) == 1


async def test_whip_lets_nobody_in_either(scene: Scene) -> None:
    await scene.knock()
    await scene.move("admit")
    token = (await scene.token(scene.pat))["token"]
    await scene.move("put-back")
    stage = scene.floor.stage
    with pytest.raises(Refused, match="not_admitted"):
        whip.begin(
            stage.conference, Visit(single=True, query={}, authorization=f"Bearer {token}"),
            Offers().sdp(), stage.now,
        )  # fmt: skip
    assert scene.floor.identities(scene.room) == set()


async def test_a_room_is_there_ten_minutes_before_and_not_sooner(
    north: House, clock: Clock
) -> None:
    floor = Floor(north.clinic)
    made = await meeting_of(north, startsAt="2027-03-04T12:20:00Z")
    (workspace,) = await north.clinic.workspaces()
    keeper = Timekeeper(north.clinic)
    seen: list[Any] = []
    for minutes in (9, 1):
        clock.go(minutes=minutes)
        await keeper.look(workspace.id)
        seen.append(made["room"] in floor.stage.conference.rooms)
    assert seen == [False, True]
    assert await keeper.look(workspace.id) <= timedelta(seconds=20)
