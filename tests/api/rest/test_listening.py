"""Programs that listen (agents): with everybody's consent in a visit, or not there."""

from typing import Any

import pytest
from livekit.protocol import agent
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import CreateRoomRequest

from signaling.tokens import Claims, VideoGrant, mint
from tests.api.conftest import Clock
from tests.api.house import House, Person
from tests.api.rest.scene import Scene, open_scene, two_meet
from tests.api.rest.test_consent import LOG, words
from tests.api.rest.test_rights import call, operators
from tests.signaling.agents.working import Employee
from tests.signaling.stage import KEYS

pytestmark = pytest.mark.anyio

ALL = ["transcript", "ai"]
SCRIBE = "agent-scribe"
DISPATCH = "AgentDispatchService/CreateDispatch"


@pytest.fixture
async def scene(north: House) -> Scene:
    return await two_meet(north)


async def say(scene: Scene, person: Person, **change: Any) -> None:
    body = await words(person, {"id": scene.id}, **{"scopes": ALL} | change)
    await person.ask("POST", LOG, body, 201)


async def agree(scene: Scene) -> None:
    for person in (scene.olga, scene.pat):
        await say(scene, person)


def token_of(scene: Scene, clock: Clock) -> str:
    """As its worker gets it, or as an operator makes it by the secret of the key."""
    video = VideoGrant(room_join=True, room=scene.room, agent=True)
    claims = Claims(identity=SCRIBE, kind="agent", video=video)
    return mint(claims, *next(iter(KEYS.items())), now=clock.now.timestamp())


async def test_nobody_is_heard_by_a_program_before_all_have_agreed(
    scene: Scene, clock: Clock
) -> None:
    token = token_of(scene, clock)
    assert await scene.floor.refuses(token) == "403 consent_missing"
    await say(scene, scene.olga)
    assert await scene.floor.refuses(token) == "403 consent_missing"
    await say(scene, scene.pat, scopes=["ai"])
    assert await scene.floor.refuses(token) == "403 consent_missing"
    await say(scene, scene.pat, scopes=["transcript"])

    assert await scene.floor.refuses(token) == ""
    assert SCRIBE in scene.floor.identities(scene.room)


async def test_it_is_gone_when_somebody_takes_it_back(scene: Scene, clock: Clock) -> None:
    await agree(scene)
    token = token_of(scene, clock)
    await scene.floor.join(token)
    await say(scene, scene.pat, given=False, scopes=["transcript"])

    assert SCRIBE not in scene.floor.identities(scene.room)
    assert await scene.floor.refuses(token) == "403 consent_missing"
    await say(scene, scene.pat)
    assert await scene.floor.refuses(token) == ""


async def test_it_is_gone_before_somebody_comes_who_has_not_agreed(
    scene: Scene, clock: Clock
) -> None:
    await agree(scene)
    token = token_of(scene, clock)
    await scene.floor.join(token)
    nora = await scene.house.staff("nora", "clinician")
    await scene.token(nora)

    assert SCRIBE not in scene.floor.identities(scene.room)
    assert await scene.floor.refuses(token) == "403 consent_missing"
    await say(scene, nora)
    assert await scene.floor.refuses(token) == ""


async def test_it_is_gone_when_there_is_a_new_text(scene: Scene, clock: Clock) -> None:
    await agree(scene)
    token = token_of(scene, clock)
    await scene.floor.join(token)
    text = {"texts": [{"language": "en", "text": "Something else is asked now."}]}
    await scene.olga.ask("POST", "/consent/policies", text, 201)

    assert SCRIBE not in scene.floor.identities(scene.room)
    assert await scene.floor.refuses(token) == "403 consent_missing"
    await agree(scene)
    assert await scene.floor.refuses(token) == ""


async def test_after_a_restart_what_was_said_still_counts(scene: Scene, clock: Clock) -> None:
    await agree(scene)
    doors = scene.house.clinic.doors
    doors._entries.clear()
    token = token_of(scene, clock)
    assert await scene.floor.refuses(token) == "503 unavailable"
    await doors.load(scene.room)
    assert await scene.floor.refuses(token) == ""


async def test_an_operator_sends_for_it_once_all_have_agreed(scene: Scene, clock: Clock) -> None:
    scribe = Employee(scene.floor.stage, "scribe")
    refused = await call(scene, operators(scene, clock), DISPATCH, agentName="scribe")
    assert refused.json()["code"] == "permission_denied"
    assert "consent_missing" in refused.json()["msg"]
    assert scribe.jobs == []
    await agree(scene)
    sent = await call(scene, operators(scene, clock), DISPATCH, agentName="scribe")
    assert sent.status_code == 200
    assert [job.room.name for job in scribe.jobs] == [scene.room]


async def test_no_program_comes_to_a_visit_by_itself(north: House) -> None:
    """Neither one that goes to every room, nor one that a room is made with."""
    scene = await open_scene(north)
    everywhere = Employee(scene.floor.stage)
    scribe = Employee(scene.floor.stage, "scribe")
    asked = CreateRoomRequest(name=scene.room, agents=[RoomAgentDispatch(agent_name="scribe")])
    await scene.floor.administer("RoomService/CreateRoom", asked)
    await scene.floor.come(scene.olga, scene.id)
    assert [everywhere.told("availability"), scribe.told("availability")] == [[], []]

    await scene.floor.administer("RoomService/CreateRoom", CreateRoomRequest(name="hall"))
    (job,) = everywhere.jobs
    assert (job.room.name, job.type) == ("hall", agent.JT_ROOM)
