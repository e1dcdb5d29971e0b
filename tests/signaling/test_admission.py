from dataclasses import replace
from typing import Any

import pytest
from livekit.protocol import rtc

from signaling.admission import Refused, Visit, admit
from signaling.config import RoomDefaults, SignalingConfig
from signaling.tokens import Claims, VideoGrant, mint
from tests.signaling.stage import wrap

NO_ACCESS = "no permissions to access the room"
NOW = 1_790_000_000.0
KEYS = {"devkey": "secret"}
CLOSED = SignalingConfig(room=RoomDefaults(auto_create=False))


def token(
    identity: str = "ann", *, name: str = "", claims: dict[str, Any] | None = None, **grant: Any
) -> str:
    video = replace(VideoGrant(room_join=True, room="ward"), **grant)
    claimed = Claims(identity=identity, name=name, video=video, **(claims or {}))
    return mint(claimed, "devkey", "secret", now=NOW)


def check(visit: Visit, config: SignalingConfig | None = None, rooms: tuple[str, ...] = ()) -> Any:
    return admit(visit, KEYS, config or SignalingConfig(), rooms.__contains__, NOW)


def v0(access_token: str, **query: str) -> Visit:
    return Visit(single=False, query={"access_token": access_token, **query})


def v1(access_token: str, request: rtc.JoinRequest) -> Visit:
    return Visit(single=True, query={"access_token": access_token, "join_request": wrap(request)})


@pytest.mark.parametrize(
    ("visit", "status", "text"),
    [
        (Visit(False, {}), 401, NO_ACCESS),
        (v0("nonsense"), 401, "invalid authorization token"),
        (
            Visit(False, {}, authorization=f"bearer {token()}"),
            401,
            "invalid authorization header. Must start with Bearer ",
        ),
        (v0(mint(Claims(identity="ann"), "devkey", "secret", now=NOW)), 401, NO_ACCESS),
        (v0(token(room_join=False)), 401, "permissions denied"),
        (v0(token("")), 400, "identity cannot be empty"),
        (
            v0(token("a" * 257)),
            400,
            "participant identity length exceeds limits: max length 256",
        ),
        (v0(token(name="a" * 257)), 400, "name length exceeds limits: max length 256"),
        (v0(token(room="")), 400, "no room name"),
        (v0(token(room="r" * 257)), 400, "room name length exceeds limits: max length 256"),
        (Visit(True, {"access_token": token()}), 400, "join_request is required"),
        (v0(token(), attributes="!"), 400, "cannot decode attributes"),
        (v0(token(), attributes="eyJhIjoiMSJ9"), 401, NO_ACCESS),
        (v1(token(), rtc.JoinRequest(metadata="mine")), 401, NO_ACCESS),
        (v0(token(claims={"metadata": "m" * 600_000})), 400, "metadata size exceeds limits"),
        (
            v0(token(claims={"attributes": {"a": "x" * 70_000}})),
            400,
            "attribute size exceeds limits",
        ),
    ],
)
def test_who_may_not_come_in_hears_why(visit: Visit, status: int, text: str) -> None:
    with pytest.raises(Refused) as caught:
        check(visit)
    assert (caught.value.status, caught.value.text) == (status, text)


def test_the_header_counts_before_the_query() -> None:
    visit = Visit(False, {"access_token": "nonsense"}, authorization=f"Bearer {token()}")
    assert check(visit).claims.identity == "ann"


def test_the_room_is_that_of_the_token() -> None:
    assert check(v0(token(), room="elsewhere")).room == "ward"
    with pytest.raises(Refused, match="no room name"):
        check(v0(token(room=""), room="elsewhere"))


def test_without_auto_create_a_room_must_exist() -> None:
    with pytest.raises(Refused, match="requested room does not exist") as caught:
        check(v0(token()), CLOSED)
    assert caught.value.status == 404
    assert check(v0(token()), CLOSED, ("ward",)).room == "ward"
    assert check(v0(token(room_create=True)), CLOSED).room == "ward"


def test_join_request_on_the_old_path_means_one_connection() -> None:
    query = {"access_token": token(), "join_request": wrap(rtc.JoinRequest())}
    assert check(Visit(False, query)).single


def test_own_metadata_is_taken_with_permission() -> None:
    request = rtc.JoinRequest(metadata="mine", participant_attributes={"a": "1"})
    admitted = check(v1(token(can_update_own_metadata=True), request))
    assert admitted.claims.metadata == "mine"
    assert admitted.claims.attributes == {"a": "1"}


def test_a_second_connection_that_only_publishes_is_another_identity() -> None:
    admitted = check(v0(token(), publish="1"))
    assert admitted.claims.identity == "ann#publish"
    assert not admitted.grant.may_subscribe


def test_nothing_of_a_visit_reaches_the_log() -> None:
    secret = token()
    visit = v0(secret)
    assert secret not in repr(visit)
    assert "ann" not in repr(check(visit))
    assert "ward" not in repr(check(visit)).replace("room='ward'", "")
