"""Who has a token gets a password for the relay, and the relay takes it."""

import json
import time

import pytest
from starlette.applications import Starlette

from api.middleware import App
from api.rest.passwords import Minting, RelayPasswords
from signaling.tokens import Claims, VideoGrant, mint
from tests.api.asgi import Answer, ask
from turn.credentials import Credentials

KEYS = {"APIours": "s" * 32, "APIother": "t" * 32}
URLS = ["turn:192.0.2.1:3478?transport=udp", "turns:relay.example:443?transport=tcp"]
PATH = "/api/v1/relay/credentials"
JOIN = VideoGrant(room_join=True, room="ward")


def app(minting: Minting | None) -> App:
    return Starlette(routes=[RelayPasswords(minting, KEYS, time.time).route])


def post(
    app: App, grant: VideoGrant | None = JOIN, key: str = "APIours", secret: str = "s" * 32,
    identity: str = "Ann Lee",
) -> Answer:  # fmt: skip
    token = mint(Claims(identity=identity, video=grant), key, secret, now=time.time())
    return ask(app, "POST", PATH, headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("secrets", [(), ("new-one", "old-one")], ids=["by key", "by secret"])
def test_the_password_is_one_that_the_relay_takes(secrets: tuple[str, ...]) -> None:
    answer = post(app(Minting(URLS, KEYS, secrets, ttl=60)))
    body = json.loads(answer.body)
    (server,) = body["iceServers"]
    relay = Credentials({}, secrets, KEYS)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert server["urls"] == URLS
    known = relay.passwords(server["username"])
    assert server["credential"] in [password.text for password in known]
    assert known[0].expires == pytest.approx(time.time() + 60, abs=5)
    assert body["ttl"] == 60


def test_a_person_is_counted_as_one_and_not_named() -> None:
    endpoint = app(Minting(URLS, KEYS, ("secret",)))

    def user(identity: str) -> str:
        body = json.loads(post(endpoint, identity=identity).body)
        name: str = body["iceServers"][0]["username"].partition(":")[2]
        return name

    assert user("Ann Lee") == user("Ann Lee") != user("Ben")
    assert "Ann" not in user("Ann Lee")


def test_after_a_change_of_secrets_passwords_of_the_old_one_are_good() -> None:
    body = json.loads(post(app(Minting(URLS, KEYS, ("old",)))).body)
    (server,) = body["iceServers"]

    changed = Credentials({}, ("new", "old"), KEYS).passwords(server["username"])
    removed = Credentials({}, ("new",), KEYS).passwords(server["username"])

    assert server["credential"] in [password.text for password in changed]
    assert server["credential"] not in [password.text for password in removed]


@pytest.mark.parametrize("grant", [VideoGrant(room_admin=True), VideoGrant(room_create=True)])
def test_who_manages_rooms_may_ask_too(grant: VideoGrant) -> None:
    assert post(app(Minting(URLS, KEYS)), grant).status == 200


def test_others_get_nothing() -> None:
    endpoint = app(Minting(URLS, KEYS))

    assert ask(endpoint, "POST", PATH).status == 401
    assert post(endpoint, VideoGrant()).status == 401
    assert post(endpoint, None).status == 401
    assert post(endpoint, secret="x" * 32).status == 401
    assert post(endpoint, key="APInone").status == 401


def test_without_a_relay_there_is_none() -> None:
    assert post(app(None)).status == 404


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(Minting(URLS, {"APIours": "hush"}, ("hush",)))
