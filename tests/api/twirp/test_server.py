"""How a call must look, and what it looks like when it does not (Twirp, livekit-server 1.13.5)."""

import json

import pytest
from livekit.protocol import models, room

from tests.api.asgi import Answer
from tests.api.twirp.caller import Caller

LIST = "RoomService/ListRooms"


def told(answer: Answer) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/json"
    parsed: dict[str, object] = json.loads(answer.body)
    return parsed


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_json_has_livekits_names_and_all_fields(caller: Caller) -> None:
    token = caller.token(roomCreate=True)
    answer = caller.post(
        "RoomService/CreateRoom", {"name": "ward", "emptyTimeout": 7, "unknown": 1}, token=token
    )

    made = told(answer)
    assert answer.status == 200
    assert (made["name"], made["empty_timeout"], made["num_participants"]) == ("ward", 7, 0)
    assert isinstance(made["creation_time"], str)
    assert made["version"] is None
    assert set(made) == {field.name for field in models.Room.DESCRIPTOR.fields}


def test_enums_are_words_and_maps_are_whole(caller: Caller) -> None:
    caller.stage.join("ann", claims={"attributes": {"ward": "3"}})
    answer = caller.post(
        "RoomService/GetParticipant",
        {"room": "ward", "identity": "ann"},
        token=caller.token(roomAdmin=True, room="ward"),
    )

    info = told(answer)
    assert (info["state"], info["kind"]) == ("JOINED", "STANDARD")
    assert (info["attributes"], info["tracks"]) == ({"ward": "3"}, [])


def test_protobuf_is_answered_with_protobuf(caller: Caller) -> None:
    answer = caller.post(
        "RoomService/CreateRoom",
        room.CreateRoomRequest(name="ward").SerializeToString(),
        token=caller.token(roomCreate=True),
        content_type="Application/Protobuf; x=y",
    )

    assert answer.headers["content-type"] == "application/protobuf"
    assert models.Room.FromString(answer.body).name == "ward"


def test_an_error_is_json_whatever_the_request_was(caller: Caller) -> None:
    answer = caller.post(LIST, b"\xff\xff", token=caller.token(roomList=True),
                         content_type="application/protobuf")  # fmt: skip

    assert answer.status == 400
    assert answer.body == (
        b'{"code":"malformed","msg":"the protobuf request could not be decoded"}'
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"names":5}', b"\xff", b"[" * 99999])
def test_json_that_is_none(caller: Caller, body: bytes) -> None:
    answer = caller.post(LIST, body, token=caller.token(roomList=True))

    assert answer.status == 400
    assert told(answer) == {"code": "malformed", "msg": "the json request could not be decoded"}


@pytest.mark.parametrize(
    ("method", "verb", "content_type", "text"),
    [
        ("RoomService/Nope", "POST", "application/json",
         'no handler for path "/twirp/livekit.RoomService/Nope"'),
        ("RoomService/", "POST", "application/json",
         'no handler for path "/twirp/livekit.RoomService/"'),
        ("RoomService/ListRooms/x", "POST", "application/json",
         'no handler for path "/twirp/livekit.RoomService/ListRooms/x"'),
        (LIST, "GET", "application/json", 'unsupported method "GET" (only POST is allowed)'),
        (LIST, "POST", "text/plain", 'unexpected Content-Type: "text/plain"'),
        (LIST, "POST", "", 'unexpected Content-Type: ""'),
    ],
)  # fmt: skip
def test_bad_routes(caller: Caller, method: str, verb: str, content_type: str, text: str) -> None:
    answer = caller.post(method, verb=verb, content_type=content_type)

    assert answer.status == 404
    assert told(answer) == {
        "code": "bad_route",
        "msg": text,
        "meta": {"twirp_invalid_route": f"{verb} /twirp/livekit.{method}"},
    }


@pytest.mark.parametrize("service", ["Nope/Nope", "Connector/DialWhatsAppCall", "RoomService"])
def test_services_that_are_not_there(caller: Caller, service: str) -> None:
    answer = caller.post(service)

    assert (answer.status, answer.body) == (404, b"404 page not found\n")


@pytest.mark.parametrize(
    ("authorization", "text"),
    [
        ("bearer x", "invalid authorization header. Must start with Bearer "),
        ("Basic Zm9v", "invalid authorization header. Must start with Bearer "),
        ("Bearer x", "invalid authorization token"),
    ],
)
def test_tokens_that_are_none(caller: Caller, authorization: str, text: str) -> None:
    answer = caller.post(LIST, authorization=authorization)

    assert (answer.status, answer.body) == (401, text.encode())
    assert answer.headers["content-type"].startswith("text/plain")


def test_without_a_token(caller: Caller) -> None:
    for answer in (caller.post(LIST), caller.post(LIST, authorization="")):
        assert answer.status == 401
        assert told(answer) == {"code": "unauthenticated", "msg": "permissions denied"}


def test_a_fault_of_ours_says_nothing_of_the_request(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    name = "patient"

    async def broken(*_: object) -> models.Room:
        raise ValueError(name)

    caller.app._administer = broken
    answer = caller.post(LIST, token=caller.token(roomList=True))

    assert (answer.status, told(answer)["code"]) == (500, "internal")
    assert name not in answer.body.decode() + caplog.text
