"""The clinic's own words in the waiting room, and messages there."""

import asyncio

import pytest
import sqlalchemy as sa

from api.store.models import LobbyMessage
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.rest.scene import Scene, open_scene
from tests.api.rest.test_meetings import patient_in, patient_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(north: House) -> Scene:
    scene = await open_scene(north)
    await scene.knock()
    return scene


async def to_pat(scene: Scene, text: str, status: int = 201) -> None:
    path = f"{scene.path}/participants/{(await scene.of())['id']}/messages"
    await scene.olga.ask("POST", path, {"text": text}, status)


async def test_the_clinic_has_words_for_all_who_wait(scene: Scene) -> None:
    words = "Have your card at hand. In an emergency call 112."
    await scene.olga.ask("PATCH", "/workspace", {"waitingMessage": words}, 200)
    place = await scene.knock()
    assert (place["workspace"], place["message"]) == ("Clinic", words)
    await scene.olga.ask("PATCH", "/workspace", {"waitingMessage": None}, 200)
    assert (await scene.knock())["message"] is None
    log = await scene.olga.ask("GET", "/audit?limit=200", status=200)
    changes = [item for item in log["items"] if item["action"] == "workspace.change"]
    assert [item["detail"] for item in changes] == [{"fields": ["waiting_message"]}] * 2


async def test_who_waits_and_the_hosts_write_to_each_other(scene: Scene, clock: Clock) -> None:
    etag = scene.pat.last.headers["etag"]
    path = f"{scene.path}/place?wait=25"
    waiting = asyncio.ensure_future(scene.pat.ask("GET", path, status=200, if_none_match=etag))
    while not scene.house.clinic.news._waiting:
        await asyncio.sleep(0.01)
    await to_pat(scene, "I am ten minutes late.")
    async with asyncio.timeout(5):
        messages = (await waiting)["messages"]
    assert [(one["byHost"], one["text"]) for one in messages] == [(True, "I am ten minutes late.")]

    clock.go(seconds=1)
    await scene.pat.ask("POST", f"{scene.path}/place/messages", {"text": "All right."}, 201)
    (waiter,) = (await scene.olga.ask("GET", "/waiting", status=200))["items"]
    assert [(one["byHost"], one["text"]) for one in waiter["messages"]] == [
        (True, "I am ten minutes late."), (False, "All right."),
    ]  # fmt: skip
    log = (await scene.olga.ask("GET", "/audit?limit=200", status=200))["items"]
    told = [item for item in log if item["action"] == "meeting.message"]
    assert [item["actor_kind"] for item in told] == ["staff", "patient"]
    assert "All right" not in str(log)


async def test_messages_are_for_the_waiting_room_alone(scene: Scene) -> None:
    path = f"{scene.path}/place/messages"
    other = await patient_in(scene.house, await patient_of(scene.house, "Quinn"))
    await other.ask("POST", path, {"text": "x"}, 404)
    assert (await scene.olga.ask("POST", path, {"text": "x"}, 409))["title"] == "is_host"
    own = f"{scene.path}/participants/{(await scene.of())['id']}/messages"
    await scene.pat.ask("POST", own, {"text": "x"}, 403)
    await to_pat(scene, " ", 422)
    await scene.move("deny")
    assert (await scene.pat.ask("POST", path, {"text": "x"}, 409))["title"] == "not_waiting"
    await scene.move("admit")
    await to_pat(scene, "x", 409)


async def test_nobody_fills_the_waiting_room_with_words(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.clinic.lobbychat.MOST", 2)
    for status in (201, 201, 429):
        await scene.pat.ask("POST", f"{scene.path}/place/messages", {"text": "x"}, status)


async def test_what_was_written_is_gone_when_the_visit_is_over(scene: Scene) -> None:
    await to_pat(scene, "one")
    await scene.olga.ask("DELETE", scene.path, status=200)
    (workspace,) = await scene.house.clinic.workspaces()
    async with scene.house.clinic.store.reading(workspace.id) as tx:
        assert (await tx.session.scalars(sa.select(LobbyMessage))).all() == []


async def test_new_messages_are_something_new_to_see(scene: Scene) -> None:
    for text in (None, None, "one", None):
        if text:
            await scene.pat.ask("POST", f"{scene.path}/place/messages", {"text": text}, 201)
        await scene.olga.ask("GET", "/waiting", status=200)
    log = (await scene.olga.ask("GET", "/audit?limit=200", status=200))["items"]
    looks = [item for item in log if item["action"] == "meeting.waiting"]
    assert [item["detail"] for item in looks] == [{"ids": [(await scene.of())["id"]]}] * 2
