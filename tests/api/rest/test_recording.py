"""Tokens to record with: for programs alone, and only what everybody has agreed to."""

from typing import Any

import pytest

from api.rules.plans import Plan
from signaling.tokens import verify
from tests.api.conftest import Clock
from tests.api.house import House, Person
from tests.api.rest.scene import Scene, open_scene
from tests.api.rest.test_consent import LOG, words
from tests.api.rest.test_meetings import set_plan
from tests.signaling.stage import KEYS

pytestmark = pytest.mark.anyio

SCOPES = ["meetings.read", "meetings.record", "patients.read"]


@pytest.fixture
async def scene(north: House) -> Scene:
    """A visit to which nobody has come yet."""
    return await open_scene(north)


async def meet(scene: Scene) -> None:
    await scene.knock()
    await scene.floor.come(scene.olga, scene.id)
    await scene.move("admit")
    await scene.floor.come(scene.pat, scene.id)


async def agree(scene: Scene, *people: Person, **change: Any) -> None:
    for person in people:
        body = await words(person, {"id": scene.id}, **change)
        await person.ask("POST", LOG, body, 201)


async def key_of(house: House, scopes: list[str] = SCOPES) -> str:
    body = {"name": "recorder", "scopes": scopes}
    return f"Bearer {(await house.owner.ask('POST', '/keys', body, 201))['secret']}"


async def ask(scene: Scene, key: str, status: int, query: str = "") -> Any:
    stranger = await scene.house.person("egress")
    path = f"/video/auth-token?meetingId={scene.id}{query}"
    return await stranger.ask("GET", path, None, status, authorization=key)


async def test_a_program_records_once_all_who_are_there_have_agreed(
    scene: Scene, clock: Clock
) -> None:
    key = await key_of(scene.house)
    assert (await ask(scene, key, 409))["title"] == "not_live"
    await meet(scene)
    assert (await ask(scene, key, 409))["title"] == "consent_missing"
    await agree(scene, scene.olga)
    assert (await ask(scene, key, 409))["title"] == "consent_missing"
    await agree(scene, scene.pat)

    found = await ask(scene, key, 200)
    claims = verify(found["token"], KEYS, clock.now.timestamp())
    grant = claims.video
    assert grant is not None
    assert (found["room"], found["url"]) == (scene.room, "wss://north.example")
    assert (claims.identity, claims.kind) == (found["identity"], "egress")
    assert claims.expires == clock.now.timestamp() + 300
    assert (grant.room, grant.recorder, grant.hidden) == (scene.room, True, True)
    assert not any((grant.may_publish, grant.room_admin, grant.room_create))
    await scene.floor.join(found["token"])
    assert (await scene.now())["status"] == "live"
    assert len((await scene.now())["participants"]) == 2


async def test_what_is_taken_back_is_recorded_no_more(scene: Scene) -> None:
    key = await key_of(scene.house)
    await meet(scene)
    await agree(scene, scene.olga, scene.pat)
    assert (await ask(scene, key, 409, "&scope=transcript"))["title"] == "consent_missing"
    await agree(scene, scene.pat, given=False, scopes=["video"])

    assert (await ask(scene, key, 409))["title"] == "consent_missing"
    await ask(scene, key, 200, "&scope=audio")


async def test_no_person_gets_a_recorder_s_token(scene: Scene) -> None:
    await meet(scene)
    await agree(scene, scene.olga, scene.pat)
    path = f"/video/auth-token?meetingId={scene.id}"
    for person in (scene.olga, scene.pat):
        assert (await person.ask("GET", path, status=403))["title"] == "forbidden"
    key = await key_of(scene.house, ["meetings.read", "patients.read"])
    assert (await ask(scene, key, 403))["title"] == "forbidden"
    assert (
        "meetings.record"
        not in (await scene.olga.ask("GET", "/sessions/current", status=200))["permissions"]
    )


async def test_the_plan_has_to_have_recordings(scene: Scene) -> None:
    key = await key_of(scene.house)
    await set_plan(scene.house, Plan.STANDARD)
    await meet(scene)
    await agree(scene, scene.olga, scene.pat)
    assert (await ask(scene, key, 403))["title"] == "plan_required"
    await set_plan(scene.house, Plan.ADVANCED)
    await ask(scene, key, 200)


async def test_nobody_records_a_visit_that_is_over(scene: Scene) -> None:
    key = await key_of(scene.house)
    await meet(scene)
    await agree(scene, scene.olga, scene.pat)
    token = (await ask(scene, key, 200))["token"]
    await scene.olga.ask("DELETE", scene.path, status=200)
    await scene.floor.settle()

    assert (await ask(scene, key, 409))["title"] == "not_live"
    assert await scene.floor.refuses(token) == "403 meeting_over"


async def test_who_asked_for_it_is_told_to_the_log(scene: Scene) -> None:
    key = await key_of(scene.house)
    await ask(scene, key, 409)
    await meet(scene)
    await agree(scene, scene.olga, scene.pat)
    identity = (await ask(scene, key, 200))["identity"]
    log = (await scene.olga.ask("GET", "/audit?limit=200", status=200))["items"]
    told = {item["action"]: item for item in log if item["action"].startswith("recording")}

    assert told["recording.refuse"]["reason"] == "not_live"
    assert told["recording.token"]["detail"] == {"identity": identity, "scopes": "audio video"}
    assert {item["actor_kind"] for item in told.values()} == {"key"}
