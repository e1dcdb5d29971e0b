"""Who waits has a page open: without one they are away, and with one again they wait as before."""

from datetime import timedelta
from typing import Any

import pytest

from api.clinic.pages import ABSENT, Pages
from api.clinic.timekeeping import Timekeeper
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.rest.scene import Scene, open_scene
from tests.api.rest.test_meetings import patient_in, patient_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(north: House) -> Scene:
    return await open_scene(north)


async def let_go(scene: Scene, clock: Clock, seconds: float) -> timedelta:
    """The time, and what it brings; how long until it brings more."""
    clock.go(seconds=seconds)
    (workspace,) = await scene.house.clinic.workspaces()
    return await Timekeeper(scene.house.clinic).look(workspace.id)


async def look(scene: Scene) -> Any:
    return await scene.pat.ask("GET", f"{scene.path}/place", status=200)


async def waiting(scene: Scene) -> list[str]:
    queue = (await scene.olga.ask("GET", "/waiting", status=200))["items"]
    return [one["participant"]["name"] for one in queue]


async def told(scene: Scene, action: str) -> list[Any]:
    log = (await scene.olga.ask("GET", "/audit?limit=200", status=200))["items"]
    return [item for item in log if item["action"] == action]


async def test_a_page_that_is_closed_is_away_after_a_minute(scene: Scene, clock: Clock) -> None:
    await scene.knock()
    clock.go(seconds=25)
    await look(scene)
    assert await let_go(scene, clock, 59) == timedelta(seconds=1)
    assert await waiting(scene) == ["Pat"]
    await let_go(scene, clock, 1)

    assert await waiting(scene) == []
    assert (await scene.of())["admission"] == "away"
    assert (await scene.now())["status"] == "open"
    (entry,) = await told(scene, "meeting.away")
    assert (entry["actor_kind"], entry["detail"]["participant"]) == (
        "system", (await scene.of())["id"],
    )  # fmt: skip
    assert (await scene.token(scene.pat, 403))["title"] == "not_admitted"


async def test_a_page_that_comes_back_has_its_place_again(scene: Scene, clock: Clock) -> None:
    await scene.knock()
    clock.go(seconds=10)
    other = await patient_of(scene.house, "Quinn")
    listed = [{"kind": "patient", "id": other, "role": "patient"}]
    await scene.olga.ask("PATCH", scene.path, {"addParticipants": listed}, 200)
    quinn = await patient_in(scene.house, other)
    await quinn.ask("POST", f"{scene.path}/place", status=200)
    await let_go(scene, clock, 55)
    assert await waiting(scene) == ["Quinn"]
    await scene.olga.ask("PATCH", scene.path, {"locked": True}, 200)

    place = await look(scene)
    assert (place["admission"], place["position"], place["status"]) == ("waiting", 1, "lobby")
    assert await waiting(scene) == ["Pat", "Quinn"]
    assert len(await told(scene, "meeting.knock")) == 3


async def test_who_is_away_can_be_let_in_and_comes_when_they_are_back(
    scene: Scene, clock: Clock
) -> None:
    await scene.knock()
    await let_go(scene, clock, ABSENT.total_seconds())
    await scene.olga.ask("POST", f"{scene.path}/admit", status=200)
    assert (await scene.of())["admission"] == "away"  # `all` are those who wait
    await scene.move("admit")
    assert (await look(scene))["admission"] == "admitted"
    await scene.token(scene.pat)


async def test_nobody_comes_back_to_what_is_over_or_later(scene: Scene, clock: Clock) -> None:
    await scene.knock()
    await let_go(scene, clock, ABSENT.total_seconds())
    await scene.olga.ask("DELETE", scene.path, status=200)
    place = await look(scene)
    assert (place["status"], place["admission"]) == ("cancelled", "away")


async def test_who_is_in_the_call_needs_no_page_that_waits(scene: Scene, clock: Clock) -> None:
    await scene.knock()
    await scene.move("admit")
    await scene.floor.come(scene.olga, scene.id)
    await scene.floor.come(scene.pat, scene.id)
    await let_go(scene, clock, 300)
    assert (await scene.of())["admission"] == "admitted"
    await scene.move("put-back")
    await scene.floor.settle()
    await let_go(scene, clock, 30)
    assert await waiting(scene) == ["Pat"]
    await let_go(scene, clock, 31)
    assert await waiting(scene) == []


async def test_after_a_restart_all_have_time_to_ask(scene: Scene, clock: Clock) -> None:
    await scene.knock()
    clock.go(minutes=3)
    scene.house.clinic.pages = Pages(scene.house.clinic.store.now)
    await let_go(scene, clock, 30)
    assert await waiting(scene) == ["Pat"]


async def test_who_looks_at_the_same_queue_again_is_told_once(scene: Scene) -> None:
    nora = await scene.house.staff("nora", "clinician")
    await scene.knock()
    for person in (scene.olga, scene.olga, nora):
        await person.ask("GET", "/waiting", status=200)
        etag = person.last.headers["etag"]
        await person.ask("GET", "/waiting?wait=0.01", status=200, if_none_match=etag)
    first = (await scene.of())["id"]
    seen = await told(scene, "meeting.waiting")
    assert [(item["actor_id"], item["detail"]["ids"]) for item in seen] == [
        (scene.olga.id, [first]), (nora.id, [first]),
    ]  # fmt: skip

    await scene.pat.ask("DELETE", f"{scene.path}/place", status=204)
    await waiting(scene)
    await scene.knock()
    await waiting(scene)
    assert len(await told(scene, "meeting.waiting")) == 3


async def test_who_waits_to_be_called_leaves_no_trace_until_it_rings(scene: Scene) -> None:
    for _ in range(3):
        await scene.pat.ask("GET", "/calls", status=200)
    assert await told(scene, "call.list") == []
    body = {"kind": "patient", "id": scene.patient}
    await scene.olga.ask("POST", "/calls/generate-token", body, 201)
    for _ in range(3):
        assert len((await scene.pat.ask("GET", "/calls", status=200))["items"]) == 1
    assert len(await told(scene, "call.list")) == 1
