"""What goes wrong, by code and text: those of livekit-server 1.13.5, measured."""

from typing import Any

import pytest

from tests.api.twirp.caller import Caller

CREATE = {"roomCreate": True}
ADMIN = {"roomAdmin": True, "room": "ward"}
MOVE = {**ADMIN, "destinationRoom": "ward"}
RECORD = {"roomRecord": True}
LONG = "x" * (512 * 1024 + 1)
ATTRIBUTES = {"a": "x" * (64 * 1024)}

P = "twirp error unknown: "
NO_ROOM = (404, "not_found", P + "requested room does not exist")
NO_PARTICIPANT = (404, "not_found", P + "participant does not exist")
NAME = (400, "invalid_argument", "name length exceeds limits 256")
METADATA = (400, "invalid_argument", "metadata size exceeds limits 524288")
ATTRIBUTE = (400, "invalid_argument", "attribute size exceeds limits 65536")
EGRESS = (500, "internal", P + "egress not connected (redis required)")
INGRESS = (500, "internal", P + "ingress not connected (redis required)")
SIP = (500, "internal", P + "sip not connected (redis required)")

ERRORS: list[tuple[str, dict[str, Any], dict[str, Any], tuple[int, str, str]]] = [
    ("RoomService/CreateRoom", {"name": "x" * 257}, CREATE,
     (400, "invalid_argument", P + "room name length exceeds limits: max length 256")),
    ("RoomService/CreateRoom", {"metadata": LONG}, CREATE, METADATA),
    ("RoomService/CreateRoom", {"agents": [{"metadata": LONG}]}, CREATE, METADATA),
    ("RoomService/CreateRoom", {"agents": [{"attributes": ATTRIBUTES}]}, CREATE, ATTRIBUTE),
    ("RoomService/CreateRoom", {"room_preset": "x"}, CREATE,
     (400, "invalid_argument", P + "unknown room configuration in create room request")),
    ("RoomService/CreateRoom", {"egress": {}}, CREATE, EGRESS),
    ("RoomService/DeleteRoom", {"room": "ward"}, CREATE, NO_ROOM),
    ("RoomService/GetParticipant", {"room": "ward"}, ADMIN, NO_PARTICIPANT),
    ("RoomService/RemoveParticipant", {"room": "ward"}, ADMIN, NO_PARTICIPANT),
    ("RoomService/MutePublishedTrack", {"room": "ward"}, ADMIN, NO_PARTICIPANT),
    ("RoomService/UpdateParticipant", {"room": "ward"}, ADMIN, NO_PARTICIPANT),
    ("RoomService/UpdateParticipant", {"room": "ward", "name": "x" * 257}, ADMIN, NAME),
    ("RoomService/UpdateParticipant", {"room": "ward", "name": "x" * 257}, {}, NAME),
    ("RoomService/UpdateParticipant", {"room": "ward", "metadata": LONG}, ADMIN, METADATA),
    ("RoomService/UpdateParticipant", {"room": "ward", "attributes": ATTRIBUTES}, ADMIN, ATTRIBUTE),
    ("RoomService/UpdateSubscriptions", {"room": "ward"}, ADMIN, NO_PARTICIPANT),
    ("RoomService/SendData", {"room": "ward"}, ADMIN, NO_ROOM),
    ("RoomService/SendData", {"room": "ward", "nonce": "aGk="}, ADMIN,
     (400, "invalid_argument", "nonce should be 16-bytes or not present, got: 2 bytes")),
    ("RoomService/SendData", {"room": "ward", "data": "AAAA" * 100_000}, ADMIN,
     (400, "invalid_argument", "data size exceeds limits 250000")),
    ("RoomService/UpdateRoomMetadata", {"room": "ward"}, ADMIN, NO_ROOM),
    ("RoomService/UpdateRoomMetadata", {"room": "ward", "metadata": LONG}, ADMIN, METADATA),
    ("RoomService/MoveParticipant", {"room": "ward", "destination_room": "ward"}, MOVE,
     (400, "invalid_argument", "destination room cannot be the same as source room ")),
    ("RoomService/ForwardParticipant", {"room": "ward", "destination_room": "ward"}, MOVE,
     (400, "invalid_argument", "destination room cannot be the same as source room ")),
    ("RoomService/PerformRpc", {"room": "ward"}, ADMIN,
     (400, "invalid_argument", P + "destination identity is required")),
    ("RoomService/PerformRpc", {"room": "ward", "destination_identity": "a"}, ADMIN,
     NO_PARTICIPANT),
    ("Egress/StartWebEgress", {"url": "https://a.example"}, RECORD,
     (503, "unavailable", P + "no response from servers: no egress is connected")),
    ("Egress/StartTrackEgress", {"room_name": "ward"}, RECORD, NO_ROOM),
    ("Egress/ListEgress", {}, RECORD, EGRESS),
    ("Egress/StopEgress", {}, RECORD, EGRESS),
    ("Egress/UpdateLayout", {}, RECORD, EGRESS),
    ("Egress/UpdateStream", {}, RECORD, EGRESS),
    ("Ingress/CreateIngress", {}, {"ingressAdmin": True}, INGRESS),
    ("Ingress/UpdateIngress", {}, {"ingressAdmin": True}, INGRESS),
    ("Ingress/ListIngress", {}, {"ingressAdmin": True}, INGRESS),
    ("Ingress/DeleteIngress", {}, {"ingressAdmin": True}, INGRESS),
    ("SIP/ListSIPInboundTrunk", {}, {"sip": {"admin": True}}, SIP),
    ("SIP/CreateSIPParticipant", {}, {"sip": {"call": True}}, SIP),
    ("SIP/TransferSIPParticipant", {}, {},
     (400, "invalid_argument", P + "Missing room name")),
    ("SIP/TransferSIPParticipant", {"room_name": "ward"}, {},
     (400, "invalid_argument", P + "Missing participant identity")),
]  # fmt: skip


@pytest.mark.parametrize(("method", "body", "grant", "expected"), ERRORS)
def test_errors(
    method: str, body: dict[str, Any], grant: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert Caller().error(method, body, **grant) == expected


def test_a_limit_is_named_twice() -> None:
    caller = Caller()
    body = {"room": "ward", "name": "x" * 257}
    answer = caller.post("RoomService/UpdateParticipant", body, token=caller.token(**ADMIN))

    assert b'"meta":{"argument":"name length exceeds limits"}' in answer.body
