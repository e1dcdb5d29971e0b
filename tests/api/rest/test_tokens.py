"""Without a room's secret nobody gets a token."""

import json
import time
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api.middleware import App
from api.rest.tokens import ATTEMPTS_BURST, VALIDITY, RoomTokens
from api.rules.links import make_secret
from signaling.tokens import VideoGrant, verify
from tests.api.asgi import Answer, ask

LINK_KEY = b"k" * 32
KEYS = {"APIours": "s" * 32, "APIother": "t" * 32}
SECRET = make_secret(LINK_KEY, "ward")
GOOD = {"room": "ward", "secret": SECRET, "name": "Ann Lee"}
PATH = "/api/v1/rooms/token"


@pytest.fixture
def app() -> App:
    endpoint = RoomTokens(LINK_KEY, KEYS, lambda: 100.0).respond
    return Starlette(routes=[Route(PATH, endpoint, methods=["POST"])])


def post(app: App, fields: Any, **options: Any) -> Answer:
    return ask(app, "POST", PATH, body=[json.dumps(fields).encode()], **options)


def test_the_secret_gives_a_token_for_its_room_and_no_more(app: App) -> None:
    answer = post(app, GOOD)
    now = time.time()
    claims = verify(json.loads(answer.body)["token"], KEYS, now)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert claims.name == "Ann Lee"
    assert claims.video == VideoGrant(room_join=True, room="ward")
    assert claims.expires <= now + VALIDITY + 1


def test_everybody_is_somebody_else(app: App) -> None:
    tokens = [json.loads(post(app, GOOD).body)["token"] for _ in range(2)]
    ann, again = (verify(token, KEYS, time.time()).identity for token in tokens)

    assert ann != again


def test_the_address_is_the_one_that_was_asked(app: App) -> None:
    assert json.loads(post(app, GOOD).body)["url"] == "ws://a.example:7880"
    assert json.loads(post(app, GOOD, scheme="https").body)["url"] == "wss://a.example:7880"
    assert "url" not in json.loads(post(app, GOOD, headers={"host": "a b"}).body)


@pytest.mark.parametrize(
    "change",
    [
        {"secret": SECRET[:-1]},
        {"secret": SECRET.swapcase()},
        {"secret": make_secret(LINK_KEY, "other")},
        {"secret": ""},
        {"secret": None},
        {"secret": "\ud800"},
        {"room": "other"},
        {"room": ""},
        {"room": "a.b"},
        {"room": ["ward"]},
    ],
)
def test_without_the_right_secret_there_is_no_token(app: App, change: dict[str, Any]) -> None:
    answer = post(app, GOOD | change)

    assert answer.status == 403
    assert b"token" not in answer.body


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, None, 7])
def test_a_name_is_needed(app: App, name: Any) -> None:
    assert post(app, GOOD | {"name": name}).status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"7", b'"x"', b"[" * 4000])
def test_a_body_that_is_no_object_is_refused(app: App, body: bytes) -> None:
    assert ask(app, "POST", PATH, body=[body]).status == 400


def test_a_long_body_is_not_read_to_its_end(app: App) -> None:
    assert ask(app, "POST", PATH, body=[b" " * 3000] * 1000).status == 400


def test_a_client_that_goes_away_is_no_error(app: App) -> None:
    assert ask(app, "POST", PATH, body=[]).status in (0, 400)


def test_too_many_attempts_of_one_address_must_wait(app: App) -> None:
    for _ in range(ATTEMPTS_BURST):
        post(app, GOOD | {"secret": "x"})
    answer = post(app, GOOD)

    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert post(app, GOOD, client="192.0.2.2").status == 200


def test_the_addresses_of_one_ipv6_network_count_as_one(app: App) -> None:
    for number in range(ATTEMPTS_BURST):
        post(app, GOOD, client=f"2001:db8::{number + 1:x}")

    assert post(app, GOOD, client="2001:db8::ffff").status == 429
    assert post(app, GOOD, client="2001:db8:0:1::1").status == 200
