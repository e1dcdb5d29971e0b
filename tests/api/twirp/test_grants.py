"""Who may call what (LiveKit): every method with and without its grant."""

import json
from typing import Any

import pytest

from api.twirp.methods import methods
from tests.api.twirp.caller import Caller

DENIED = (401, "unauthenticated", "permissions denied")
ADMIN = {"roomAdmin": True, "room": "ward"}
SIP = {"sip": {"admin": True, "call": True}}

# What each method needs.
NEEDS: dict[str, dict[str, Any]] = {
    "RoomService/CreateRoom": {"roomCreate": True},
    "RoomService/ListRooms": {"roomList": True},
    "RoomService/DeleteRoom": {"roomCreate": True},
    "RoomService/ForwardParticipant": {**ADMIN, "destinationRoom": "other"},
    "RoomService/MoveParticipant": {**ADMIN, "destinationRoom": "other"},
    "SIP/CreateSIPParticipant": {"sip": {"call": True}},
    "SIP/TransferSIPParticipant": {**ADMIN, "sip": {"call": True}},
}
BY_SERVICE: dict[str, dict[str, Any]] = {
    "RoomService": ADMIN,
    "AgentDispatchService": ADMIN,
    "Egress": {"roomRecord": True},
    "Ingress": {"ingressAdmin": True},
    "SIP": {"sip": {"admin": True}},
}
ALL = [path.removeprefix("livekit.") for path in methods()]
BODY = {
    "room": "ward", "destination_room": "other", "room_name": "ward",
    "participant_identity": "ann", "identity": "ann",
}  # fmt: skip


def needs(method: str) -> dict[str, Any]:
    return NEEDS.get(method) or BY_SERVICE[method.partition("/")[0]]


def error(caller: Caller, method: str, grant: dict[str, Any]) -> tuple[int, str, str] | None:
    answer = caller.post(method, BODY, token=caller.token(**grant))
    if answer.status == 200:
        return None
    told = json.loads(answer.body)
    return answer.status, told["code"], told["msg"]


@pytest.mark.parametrize("method", ALL)
def test_with_its_grant_a_method_is_open(method: str) -> None:
    assert error(Caller(), method, needs(method)) != DENIED


@pytest.mark.parametrize("method", ALL)
def test_without_one_part_of_its_grant_it_is_not(method: str) -> None:
    needed = needs(method)
    everything = {
        "roomCreate": True, "roomList": True, "roomRecord": True, "ingressAdmin": True,
        "roomAdmin": True, "room": "ward", "destinationRoom": "other", **SIP,
    }  # fmt: skip
    for part in needed:
        less = {name: value for name, value in everything.items() if name != part}
        assert error(Caller(), method, less) == DENIED


@pytest.mark.parametrize("method", [m for m in ALL if needs(m) == ADMIN])
def test_an_administrator_of_another_room_is_a_stranger(method: str) -> None:
    assert error(Caller(), method, {"roomAdmin": True, "room": "another"}) == DENIED
    assert error(Caller(), method, {"roomAdmin": True}) == DENIED


def test_a_long_request_of_who_may_ask_for_nothing_is_not_read() -> None:
    """A member's token is no key to the server API; reading would keep others waiting."""
    caller = Caller()
    body = b'{"room":"ward","track_sids":[' + b'"a",' * 20_000 + b'"a"'  # it never ends
    member = caller.token(roomJoin=True, room="ward")
    answer = caller.post("RoomService/UpdateSubscriptions", body, token=member)

    assert (answer.status, json.loads(answer.body)["code"]) == (401, "unauthenticated")


def test_a_list_without_end_is_not_read_of_anybody() -> None:
    caller = Caller()
    body = b'{"room":"ward","track_sids":[' + b'"a",' * 200_000 + b'"a"]}'
    answer = caller.post("RoomService/UpdateSubscriptions", body, token=caller.token(**ADMIN))

    assert (answer.status, json.loads(answer.body)["code"]) == (400, "malformed")
