"""What the server answers to those who do not follow the protocol, or may not come in."""

import time
from contextlib import suppress
from typing import Any

import jwt
import pytest
from livekit.protocol import models, rtc
from websockets.exceptions import ConnectionClosed

from tests.harness import tokens
from tests.harness.server import Server
from tests.harness.signal import join_request, refusal, signal, target

PATHS = ["/rtc", "/rtc/v1"]


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def broken(server: Server, room: str, **changes: Any) -> str:
    """A token whose body has been changed before signing."""
    body = tokens.claims(server.key, "eve", room)
    return tokens.mint(server.secret, {k: v for k, v in {**body, **changes}.items() if v != ""})


def test_no_token(server: Server, path: str) -> None:
    assert refusal(server, None, path)[0] == 401


def test_a_token_that_is_none(server: Server, path: str) -> None:
    status, body = refusal(server, "not.a.token", path)

    assert (status, body.strip()) == (401, "invalid authorization token")


def test_a_token_of_an_unknown_key(server: Server, room: str, path: str) -> None:
    status, body = refusal(server, broken(server, room, iss="stranger"), path)

    assert (status, body.strip()) == (401, "invalid API key")


def test_a_token_signed_with_another_secret(server: Server, room: str, path: str) -> None:
    forged = tokens.mint("x" * 40, tokens.claims(server.key, "eve", room))

    assert refusal(server, forged, path)[0] == 401


def test_an_expired_token(server: Server, room: str, path: str) -> None:
    status, body = refusal(server, server.token("ann", room, lifetime=-3600), path)

    assert status == 401
    assert "expired" in body


def test_a_token_that_is_not_valid_yet(server: Server, room: str, path: str) -> None:
    later = int(time.time()) + 3600

    assert refusal(server, broken(server, room, nbf=later), path)[0] == 401


def test_a_token_without_an_end(server: Server, room: str, path: str) -> None:
    assert refusal(server, broken(server, room, exp=""), path)[0] == 401


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_a_token_by_another_algorithm(server: Server, room: str, algorithm: str) -> None:
    body = tokens.claims(server.key, "eve", room)
    secret = "" if algorithm == "none" else server.secret * 2
    token = jwt.encode(body, secret, algorithm=algorithm)

    assert refusal(server, token, "/rtc/v1")[0] == 401


def test_a_token_without_the_right_to_join(server: Server, room: str, path: str) -> None:
    token = server.token("eve", room, grants={"roomJoin": False})

    assert refusal(server, token, path)[0] == 401


def test_a_token_without_a_room(server: Server, path: str) -> None:
    assert refusal(server, server.token("eve", ""), path)[0] == 400


def test_a_token_without_an_identity(server: Server, room: str, path: str) -> None:
    assert refusal(server, server.token("", room), path)[0] == 400


def test_the_token_decides_the_room(server: Server, room: str) -> None:
    # A room in the query does not count: the token lets its bearer into one room only.
    with signal(server, server.token("ann", room), "/rtc", room="another") as ann:
        assert ann.receive().join.room.name == room


@pytest.mark.parametrize("request_", ["", "***", "AAAA"], ids=str)
def test_a_broken_join_request(server: Server, room: str, request_: str) -> None:
    token = server.token("ann", room)
    assert refusal(server, token, "/rtc/v1", join_request=request_)[0] == 400


def test_validation_answers_what_a_join_would(server: Server, room: str, path: str) -> None:
    good = target(f"{path}/validate", server.token("ann", room), join_request=join_request())
    bad = target(f"{path}/validate", "not.a.token", join_request=join_request())

    assert server.get(good) == (200, "success")
    assert server.get(bad)[0] == 401


def test_a_plain_request_is_not_found(server: Server, room: str, path: str) -> None:
    assert server.get(target(path, server.token("ann", room)))[0] == 404


def test_a_token_in_the_header_serves_as_well(server: Server, room: str) -> None:
    bearer = {"Authorization": f"Bearer {server.token('ann', room)}"}
    basic = {"Authorization": "Basic Zm9vOmJhcg=="}

    assert server.get("/rtc/validate", bearer) == (200, "success")
    assert server.get("/rtc/validate", basic)[0] == 401


def test_the_first_message_is_the_join_response(server: Server, room: str, path: str) -> None:
    with signal(server, server.token("ann", room, name="Ann"), path) as ann:
        join = ann.receive().join

    assert join.room.name == room
    assert (join.participant.identity, join.participant.name) == ("ann", "Ann")
    assert join.server_info.version.split(".")[0].isdigit()
    assert join.ping_interval > 0
    assert join.subscriber_primary == (path == "/rtc")


def test_pings_are_answered(server: Server, room: str, path: str) -> None:
    with signal(server, server.token("ann", room), path) as ann:
        ann.send(ping_req=rtc.Ping(timestamp=1234, rtt=5))
        assert ann.wait_for("pong_resp").last_ping_timestamp == 1234
        ann.send(ping=1)
        assert ann.wait_for("pong") > 0


def test_publishing_without_permission_is_refused(server: Server, room: str, path: str) -> None:
    token = server.token("ann", room, grants={"canPublish": False})
    with signal(server, token, path) as ann:
        ann.send(add_track=rtc.AddTrackRequest(cid="c1", name="x", type=models.TrackType.AUDIO))

        refused = ann.wait_for("request_response")
        assert refused.reason == rtc.RequestResponse.NOT_ALLOWED
        assert refused.add_track.cid == "c1"


@pytest.mark.parametrize(
    "frame",
    [b"", b"\x00", b"\xff" * 100, b"\x0a\xff\xff\xff\xff\x0f", b"\x22\x7f" + b"a" * 20],
    ids=["empty", "zero", "ones", "length", "truncated"],
)
def test_garbage_frames_end_nothing_but_their_own_connection(
    server: Server, room: str, path: str, frame: bytes
) -> None:
    with (
        signal(server, server.token("ann", room), path) as ann,
        signal(server, server.token("eve", room), path) as eve,
    ):
        eve.receive()
        try:
            eve.socket.send(frame)
            eve.send(ping=1)
            eve.wait_for("pong")
        except ConnectionClosed:
            pass  # putting eve out is as good an answer as passing over the frame

        ann.send(ping=1)
        assert ann.wait_for("pong") > 0


def test_a_garbage_description_ends_nothing_but_its_own_connection(
    server: Server, room: str, path: str
) -> None:
    with (
        signal(server, server.token("ann", room), path) as ann,
        signal(server, server.token("eve", room), path) as eve,
    ):
        for sdp in ("", "v=0", "v=0\r\nm=audio x y z\r\n" * 50, "\x00\xff" * 1000):
            try:
                eve.send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1))
            except ConnectionClosed:
                break

        ann.send(ping=1)
        assert ann.wait_for("pong") > 0


def test_a_frame_over_the_limit_closes_the_connection(server: Server, room: str, path: str) -> None:
    with signal(server, server.token("eve", room), path) as eve:
        eve.receive()

        with suppress(ConnectionClosed):
            eve.socket.send(bytes(3 * 2**20))
        with pytest.raises(ConnectionClosed):
            eve.wait_for("nothing")


def test_a_request_line_of_sixty_thousand_bytes_is_read(server: Server, room: str) -> None:
    request = join_request(participant_attributes={"note": "x" * 44_000})
    grants = {"canUpdateOwnMetadata": True}
    token = server.token("ann", room, grants=grants)
    assert 58_000 < len(target("/rtc/v1", token, join_request=request)) < 62_000

    with signal(server, token, join_request=request) as ann:
        assert len(ann.receive().join.participant.attributes["note"]) == 44_000


def test_a_request_line_of_a_hundred_thousand_bytes_is_refused(server: Server, room: str) -> None:
    request = join_request(participant_attributes={"note": "x" * 74_000})
    token = server.token("ann", room, grants={"canUpdateOwnMetadata": True})

    status, _ = refusal(server, token, "/rtc/v1", join_request=request)

    assert 400 <= status < 500
