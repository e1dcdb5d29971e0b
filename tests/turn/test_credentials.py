import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn import base62
from turn.credentials import (
    Credentials,
    long_term_key,
    mint_by_key,
    mint_by_secret,
    prepare,
)

# What a livekit-server with this key and secret gave two participants.
KEY, SECRET = "devkey", "secretsecretsecretsecretsecretsecret"
GIVEN = [
    (
        "PA_9qjNTahHS8MD",
        "0YzMzkDO1kzNxwHRNhzUIhWYU5kaxlzXBBFfyrs1srMyA",
        "c4GGU3gQKHR3IPUcU8gbGtXL0vPYsmeWLz6s0p1f9Wh",
    ),
    (
        "PA_TAUps9uZu5Vq",
        "0YzMzkDO1kzNxwXcWVTdaVXOzBXVBR1XBBFfyrs1srMyA",
        "eE4zNSP9DWQwJedvA9B7mjFcKceveKboHldt633pluaB",
    ),
]


@pytest.mark.parametrize(("participant", "username", "password"), GIVEN)
def test_credentials_are_those_that_a_livekit_server_gives(
    participant: str, username: str, password: str
) -> None:
    (found,) = Credentials(keys={KEY: SECRET}).passwords(username)
    assert (found.user, found.text) == (participant, password)

    assert found.expires is not None
    assert mint_by_key(KEY, SECRET, participant, int(found.expires)) == (username, password)


@given(st.binary(min_size=1).filter(lambda data: data[0] != 0))
def test_base62_gives_back_what_it_was_given(data: bytes) -> None:
    assert base62.decode(base62.encode(data)) == data


def test_base62_refuses_other_characters() -> None:
    with pytest.raises(ValueError, match="not base62"):
        base62.decode("a-b")
    assert base62.decode("") == b""


def test_a_secret_makes_the_password_that_others_make_of_it() -> None:
    # printf '1700000000:ann' | openssl dgst -sha1 -hmac north -binary | base64
    pair = mint_by_secret("north", "ann", 1_700_000_000)

    assert pair == ("1700000000:ann", "jeamH6dA5l2I9g3jmieza7CzEDo=")


def test_the_user_of_a_minted_name_is_what_follows_the_time() -> None:
    credentials = Credentials(secrets=["new", "old"], keys={KEY: SECRET})
    by_secret = credentials.passwords("1700000000:ann")
    (by_key,) = credentials.passwords(mint_by_key(KEY, SECRET, "PA_1", 1_700_000_000).username)

    assert [(p.user, p.expires) for p in by_secret] == [("ann", 1_700_000_000)] * 2
    assert (by_key.user, by_key.expires) == ("PA_1", 1_700_000_000)
    assert by_key.text == mint_by_key(KEY, SECRET, "PA_1", 1_700_000_000).password


@pytest.mark.parametrize(
    "username",
    ["", ":", "ann", "x:ann", "0:ann", "-5:ann", "\u0661:ann", "9" * 40 + ":ann", "A" * 600],
)
def test_other_names_have_no_password(username: str) -> None:
    assert Credentials(secrets=["new"], keys={KEY: SECRET}).passwords(username) == []


@given(st.text(max_size=40))
def test_any_name_has_passwords_or_none(username: str) -> None:
    Credentials({"ann": "x"}, ["new"], {KEY: SECRET}).passwords(username)


def test_keys_are_made_of_prepared_passwords() -> None:
    assert prepare("a\u3000b") == "a b"
    assert prepare("e\u0301") == "\u00e9"
    assert long_term_key("md5", "user", "realm", "pass").hex() == (
        "8493fbc53ba582fb4c044c456bdc40eb"
    )
