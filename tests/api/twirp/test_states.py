"""What goes wrong because of how things are in a room, by status, code and text."""

from dataclasses import replace
from typing import Any

import pytest
from livekit.protocol import models

from api.twirp.errors import of_failure
from signaling.administration.rpc import failure
from signaling.calls import MESSAGES, Error
from signaling.config import Limits, SignalingConfig
from tests.api.twirp.caller import Caller
from tests.signaling.stage import NODE, Client, Stage

CREATE = {"roomCreate": True}
ADMIN = {"roomAdmin": True, "room": "ward"}
MOVE = {**ADMIN, "destinationRoom": "clinic"}
ANN = {"room": "ward", "identity": "ann"}
P = "twirp error unknown: "
FULL = (429, "resource_exhausted", P + "room has exceeded its max participants")


def caller(*identities: str, stage: Stage | None = None) -> Caller:
    """With these people in the ward, all connected."""
    made = Caller()
    made.stage = stage or made.stage
    for identity in identities:
        come(made, identity)
    return made


def come(here: Caller, identity: str, where: str = "ward") -> Client:
    client = here.stage.join(identity, room=where)
    client.connect()
    return client


def status(here: Caller, method: str, body: dict[str, Any], **grant: Any) -> int:
    return here.post(method, body, token=here.token(**grant)).status


def test_what_is_not_ones_own_cannot_be_muted() -> None:
    here = caller("ann", "ben")
    track = here.stage.conference.rooms["ward"].identities["ben"].sid
    for sid in ("TR_none", track):
        body = {**ANN, "track_sid": sid, "muted": True}
        assert status(here, "RoomService/MutePublishedTrack", body, **ADMIN) == 200


def test_unmuting_from_afar_has_to_be_allowed() -> None:
    here = caller()
    track = come(here, "ann").publish("mic", "audio")
    body = {**ANN, "track_sid": track, "muted": True}
    assert status(here, "RoomService/MutePublishedTrack", body, **ADMIN) == 200
    refused = here.error("RoomService/MutePublishedTrack", {**body, "muted": False}, **ADMIN)

    assert refused == (412, "failed_precondition", P + "remote unmute not enabled")


def test_nobody_is_in_a_room_that_is_not_there() -> None:
    assert status(caller(), "RoomService/ListParticipants", {"room": "ward"}, **ADMIN) == 200


@pytest.mark.parametrize("method", ["ListDispatch", "DeleteDispatch"])
def test_dispatches_of_a_room_that_is_not_there(method: str) -> None:
    refused = caller().error(f"AgentDispatchService/{method}", {"room": "ward"}, **ADMIN)

    assert refused == (404, "not_found", P + "requested room does not exist")


def test_a_dispatch_that_is_not_there() -> None:
    body = {"room": "ward", "dispatch_id": "AD_none"}
    refused = caller("ann").error("AgentDispatchService/DeleteDispatch", body, **ADMIN)

    assert refused == (404, "not_found", P + "dispatch ID not found")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"metadata": "x" * (512 * 1024 + 1)}, "metadata size exceeds limits"),
        ({"attributes": {"a": "x" * (64 * 1024)}}, "attribute size exceeds limits"),
        (
            {"deployment": "a b"},
            "deployment contains a reserved character, whitespace or a control byte",
        ),
    ],
)
def test_a_dispatch_has_limits(fields: dict[str, Any], text: str) -> None:
    body = {"room": "ward", "agent_name": "scribe", **fields}
    refused = caller().error("AgentDispatchService/CreateDispatch", body, **ADMIN)

    assert refused == (400, "invalid_argument", P + text)


@pytest.mark.parametrize("method", ["MoveParticipant", "ForwardParticipant"])
def test_a_full_room_takes_nobody(method: str) -> None:
    here = caller("ann")
    room = {"name": "clinic", "max_participants": 1}
    assert status(here, "RoomService/CreateRoom", room, **CREATE) == 200
    come(here, "ben", "clinic")

    assert (
        here.error(f"RoomService/{method}", {**ANN, "destination_room": "clinic"}, **MOVE) == FULL
    )


def test_who_is_not_connected_cannot_be_moved() -> None:
    here = caller()
    come(here, "ann").lose_signal()
    body = {**ANN, "destination_room": "clinic"}

    assert here.error("RoomService/MoveParticipant", body, **MOVE) == (
        503,
        "unavailable",
        P + "participant is not connected at the moment",
    )


def test_who_is_there_already_cannot_be_forwarded() -> None:
    here = caller("ann")
    come(here, "ann", "clinic")
    body = {**ANN, "destination_room": "clinic"}

    assert here.error("RoomService/ForwardParticipant", body, **MOVE) == (
        409,
        "already_exists",
        P + "participant is in the destination room already",
    )


def test_nobody_is_forwarded_to_another_node() -> None:
    stage = Stage(nodes=[NODE, replace(NODE, node_id="ND_other")])
    here = caller("ann", stage=stage)
    come(here, "cat", "clinic")
    body = {**ANN, "destination_room": "clinic"}

    assert here.error("RoomService/ForwardParticipant", body, **MOVE) == (
        412,
        "failed_precondition",
        P + "the rooms are on different media nodes: move the participant instead",
    )


def test_a_room_needs_a_node_that_has_room_for_it() -> None:
    nowhere = caller(stage=Stage(nodes=()))
    full = caller("ann", stage=Stage(SignalingConfig(limits=Limits(node_tracks=1))))
    come(full, "ben").publish("mic", "audio")

    assert nowhere.error("RoomService/CreateRoom", {"name": "x"}, **CREATE) == (
        503,
        "unavailable",
        P + "no media node is ready",
    )
    assert full.error("RoomService/CreateRoom", {"name": "x"}, **CREATE) == (
        503,
        "unavailable",
        P + "reached configured limit for node",
    )


RPC = {
    Error.CONNECTION_TIMEOUT: (408, "canceled"),
    Error.RESPONSE_TIMEOUT: (408, "canceled"),
    Error.RECIPIENT_DISCONNECTED: (503, "unavailable"),
    Error.UNSUPPORTED_METHOD: (400, "invalid_argument"),
    Error.RECIPIENT_NOT_FOUND: (404, "not_found"),
    Error.REQUEST_TOO_LARGE: (400, "malformed"),
    Error.UNSUPPORTED_SERVER: (501, "unimplemented"),
    Error.UNSUPPORTED_VERSION: (501, "unimplemented"),
}


@pytest.mark.parametrize("code", [*Error, 7])
def test_a_call_that_fails_tells_why(code: int) -> None:
    known = code in Error.__members__.values()
    message = MESSAGES.get(Error(code), "of its own") if known else "of its own"
    error = of_failure(failure(models.RpcError(code=code, message=message)))
    status, name = RPC.get(Error(code), (500, "internal")) if known else (500, "internal")

    assert (error.status, error.code.value) == (status, name)
    assert error.text == f"{P}RpcError {code}: {message}"
