"""What people may in a visit's room: what their part in it says, whatever is asked of the media
server, and by whom."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.twirp.server import TwirpServer
from signaling.config import Limits
from signaling.tokens import Claims, VideoGrant, mint
from tests.api.conftest import Clock
from tests.api.house import House, Person
from tests.api.rest.scene import Scene, two_meet
from tests.signaling.stage import KEYS

pytestmark = pytest.mark.anyio

ALL = {"canPublish": True, "canSubscribe": True, "canPublishData": True}


@pytest.fixture
async def scene(north: House) -> Scene:
    return await two_meet(north)


async def call(scene: Scene, token: str, method: str, **body: Any) -> httpx.Response:
    """Of the server API."""
    app = TwirpServer(
        scene.floor.administer, KEYS, Limits(), lambda: scene.house.clinic.store.now().timestamp(),
        scene.house.clinic.doors.check_request,
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        path = f"https://north.example/twirp/livekit.{method}"
        headers = {"authorization": f"Bearer {token}"}
        return await client.post(path, json={"room": scene.room, **body}, headers=headers)


def operators(scene: Scene, clock: Clock, **grant: Any) -> str:
    """The token of whoever knows the secret of the API key."""
    video = VideoGrant(room_admin=True, room=scene.room, **grant)
    return mint(Claims(video=video), *next(iter(KEYS.items())), now=clock.now.timestamp())


async def token_of(scene: Scene, person: Person) -> str:
    return str((await scene.token(person))["token"])


def grant_of(scene: Scene, identity: str) -> VideoGrant:
    return scene.floor.stage.conference.rooms[scene.room].identities[identity].grant


@pytest.mark.parametrize(
    "more", ["hidden", "recorder", "agent", "canUpdateMetadata", "canManageAgentSession"]
)
async def test_nobody_makes_a_person_more_than_their_part_has(
    scene: Scene, clock: Clock, more: str
) -> None:
    tokens = [await token_of(scene, scene.olga), operators(scene, clock)]
    for identity in (f"staff-{scene.olga.id}", f"patient-{scene.patient}"):
        before = grant_of(scene, identity)
        for token in tokens:
            answer = await call(
                scene, token, "RoomService/UpdateParticipant",
                identity=identity, permission=ALL | {more: True},
            )  # fmt: skip
            assert answer.json()["code"] == "permission_denied"
        assert grant_of(scene, identity) == before


async def test_an_observer_is_not_made_to_speak(scene: Scene) -> None:
    nora = await scene.house.staff("nora", "clinician")
    people = [{"kind": "staff", "id": nora.id, "role": "observer"}]
    await scene.olga.ask("PATCH", scene.path, {"addParticipants": people}, 200)
    await nora.ask("POST", f"{scene.path}/place", status=200)
    await scene.move("admit", role="observer")
    await scene.floor.come(nora, scene.id)
    token = await token_of(scene, scene.olga)

    answer = await call(
        scene, token, "RoomService/UpdateParticipant",
        identity=f"staff-{nora.id}", permission=ALL,
    )  # fmt: skip
    assert answer.json()["code"] == "permission_denied"
    assert not grant_of(scene, f"staff-{nora.id}").may_publish


async def test_a_host_takes_somebody_s_voice_and_gives_it_back(scene: Scene) -> None:
    token, identity = await token_of(scene, scene.olga), f"patient-{scene.patient}"
    for speaks in (False, True):
        answer = await call(
            scene, token, "RoomService/UpdateParticipant",
            identity=identity, permission=ALL | {"canPublish": speaks},
        )  # fmt: skip
        assert answer.status_code == 200
        assert grant_of(scene, identity).may_publish is speaks


@pytest.mark.parametrize("name", ["role", "ws", "meeting"])
async def test_what_the_clinic_says_of_somebody_stays(scene: Scene, name: str) -> None:
    """The log of joins tells it."""
    token, identity = await token_of(scene, scene.olga), f"patient-{scene.patient}"
    for attributes, code in (({name: "clinician"}, "permission_denied"), ({"mood": "x"}, None)):
        answer = await call(
            scene, token, "RoomService/UpdateParticipant", identity=identity, attributes=attributes
        )
        assert answer.json().get("code") == code


@pytest.mark.parametrize("more", ["hidden", "recorder", "agent"])
async def test_no_token_makes_a_person_a_program(scene: Scene, clock: Clock, more: str) -> None:
    """Those neither wait nor take a seat: who was put back would be in again."""
    identity = f"patient-{scene.patient}"
    video = replace(VideoGrant(room_join=True, room=scene.room), **{more: True})  # type: ignore[arg-type]
    key = next(iter(KEYS.items()))
    token = mint(Claims(identity=identity, video=video), *key, now=clock.now.timestamp())
    assert await scene.floor.refuses(token) == "403 more_than_their_part"
    as_program = Claims(identity=identity, kind="egress", video=VideoGrant(
        room_join=True, room=scene.room,
    ))  # fmt: skip
    token = mint(as_program, *key, now=clock.now.timestamp())
    await scene.move("put-back")
    assert await scene.floor.refuses(token) == "403 not_admitted"


async def test_a_token_of_another_part_opens_nothing_any_more(scene: Scene) -> None:
    nora = await scene.house.staff("nora", "clinician")
    token = await token_of(scene, nora)
    listed = (await scene.now())["participants"]
    own = next(p["id"] for p in listed if p["subjectId"] == nora.id)
    await scene.olga.ask("PATCH", scene.path, {"removeParticipants": [own]}, 200)
    people = [{"kind": "staff", "id": nora.id, "role": "observer"}]
    await scene.olga.ask("PATCH", scene.path, {"addParticipants": people}, 200)
    await nora.ask("POST", f"{scene.path}/place", status=200)
    await scene.move("admit", role="observer")

    assert await scene.floor.refuses(token) == "403 more_than_their_part"
    assert await scene.floor.refuses(await token_of(scene, nora)) == ""


async def test_who_takes_part_no_longer_asks_for_nothing_in_the_room(scene: Scene) -> None:
    nora = await scene.house.staff("nora", "clinician")
    token = await token_of(scene, nora)
    assert (await call(scene, token, "RoomService/ListParticipants")).status_code == 200
    listed = (await scene.now())["participants"]
    own = next(p["id"] for p in listed if p["subjectId"] == nora.id)
    await scene.olga.ask("PATCH", scene.path, {"removeParticipants": [own]}, 200)

    for method in ("ListParticipants", "SendData", "UpdateRoomMetadata"):
        answer = await call(scene, token, f"RoomService/{method}")
        assert answer.json()["code"] == "permission_denied"
    hosts = await token_of(scene, scene.olga)
    scene.house.clinic.doors._entries.clear()  # as after a restart, until it is looked up
    answer = await call(scene, hosts, "RoomService/ListParticipants")
    assert answer.json()["code"] == "unavailable"


async def test_nobody_in_a_visit_sends_for_a_listening_program(scene: Scene) -> None:
    """Whoever runs the server answers for what it is."""
    method, body = "AgentDispatchService/CreateDispatch", {"agentName": "scribe"}
    answer = await call(scene, await token_of(scene, scene.olga), method, **body)
    assert answer.json()["code"] == "permission_denied"
    assert "not_by_people" in answer.json()["msg"]


@pytest.mark.parametrize("method", ["MoveParticipant", "ForwardParticipant"])
async def test_nobody_is_brought_into_a_visit(scene: Scene, clock: Clock, method: str) -> None:
    key = next(iter(KEYS.items()))
    video = VideoGrant(room_join=True, room="hall")
    claims = Claims(identity="mallory", video=video)
    await scene.floor.join(mint(claims, *key, now=clock.now.timestamp()))
    token = mint(
        Claims(video=VideoGrant(room_admin=True, room="hall", destination_room=scene.room)),
        *key, now=clock.now.timestamp(),
    )  # fmt: skip
    answer = await call(
        scene, token, f"RoomService/{method}",
        room="hall", identity="mallory", destinationRoom=scene.room,
    )  # fmt: skip
    assert answer.json()["code"] == "permission_denied"
    assert "mallory" not in scene.floor.identities(scene.room)
    assert "mallory" in scene.floor.identities("hall")
