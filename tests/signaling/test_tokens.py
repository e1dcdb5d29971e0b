import base64
import contextlib
import hashlib
import hmac
import json
import warnings
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.tokens import Claims, TokenError, VideoGrant, mint, refresh, verify

KEYS = {"devkey": "secret", "other": "another-secret-of-enough-length-0123456789"}
NOW = 1_790_000_000.0
JOIN = VideoGrant(room_join=True, room="ward")


def encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def forge(header: dict[str, Any], payload: dict[str, Any], secret: str = "secret") -> str:
    body = f"{encode(header)}.{encode(payload)}"
    digest = hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def payload(**changes: Any) -> dict[str, Any]:
    return {"iss": "devkey", "sub": "ann", "exp": NOW + 60} | changes


HEADER = {"typ": "JWT", "alg": "HS256"}


def test_a_minted_token_tells_all_that_was_put_in() -> None:
    claims = Claims(
        identity="ann",
        name="Ann",
        metadata="{}",
        attributes={"role": "nurse"},
        kind="agent",
        kind_details=("cloud_agent",),
        video=VideoGrant(
            room_join=True,
            room="ward",
            can_publish=False,
            can_publish_data=True,
            can_publish_sources=("camera",),
            hidden=True,
        ),
        room_config={"emptyTimeout": 5},
        room_preset="small",
    )

    read = verify(mint(claims, "devkey", "secret", now=NOW, validity=100), KEYS, NOW)

    times = {"begins": NOW, "expires": NOW + 100}
    assert read == Claims(**{f: getattr(claims, f) for f in Claims.__slots__} | times)


def test_a_token_of_the_livekit_sdk_is_read() -> None:
    token = jwt.encode(
        payload(video={"roomJoin": True, "room": "ward", "canPublish": True}), KEYS["other"]
    )
    with pytest.raises(TokenError, match="signature"):
        verify(token, KEYS, NOW)
    token = jwt.encode(payload(iss="other", video={"roomJoin": True}), KEYS["other"])
    assert verify(token, KEYS, NOW).video == VideoGrant(room_join=True)


def test_a_short_secret_makes_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verify(mint(Claims(identity="ann"), "devkey", "secret", now=NOW), KEYS, NOW)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("", "invalid authorization token"),
        ("a.b.c", "invalid authorization token"),
        (forge({"typ": "JWT", "alg": "none"}, payload()), "invalid authorization token"),
        (forge({"typ": "JWT", "alg": "RS256"}, payload()), "invalid authorization token"),
        (forge({"typ": "JWT", "alg": "HS512"}, payload()), "invalid authorization token"),
        (forge(HEADER, payload(iss="stranger")), "invalid API key"),
        (forge(HEADER, payload(iss=["devkey"])), "invalid API key"),
        (
            forge(HEADER, payload(), secret="guess"),
            "invalid authorization token: token signature is invalid: signature is invalid",
        ),
        (
            forge(HEADER | {"jwk": {"kty": "oct", "k": "Z3Vlc3M"}}, payload(), secret="guess"),
            "invalid authorization token: token signature is invalid: signature is invalid",
        ),
        (
            forge(HEADER, payload(exp=None)),
            "invalid authorization token: token has invalid claims: "
            "token is missing required claim: exp claim is required",
        ),
        (forge(HEADER, payload(exp=True)), "invalid authorization token: exp is not a number"),
        (forge(HEADER, payload(exp=10**400)), "invalid authorization token: exp is out of range"),
        (
            forge(HEADER, payload(exp=NOW - 61)),
            "invalid authorization token: token has invalid claims: token is expired",
        ),
        (
            forge(HEADER, payload(nbf=NOW + 61)),
            "invalid authorization token: token has invalid claims: token is not valid yet",
        ),
        (
            forge(HEADER, payload(attributes={"a": 1})),
            "invalid authorization token: attributes must be strings",
        ),
        (
            forge(HEADER, payload(video={"roomJoin": "yes"})),
            "invalid authorization token: roomJoin must be bool",
        ),
    ],
)
def test_a_bad_token_is_refused_with_the_text_that_clients_know(token: str, text: str) -> None:
    with pytest.raises(TokenError) as caught:
        verify(token, KEYS, NOW)
    assert str(caught.value) == text


def test_a_minute_of_clock_error_is_forgiven() -> None:
    assert verify(forge(HEADER, payload(exp=NOW - 59, nbf=NOW + 59)), KEYS, NOW).identity == "ann"


def test_without_a_subject_the_token_id_is_the_identity() -> None:
    assert verify(forge(HEADER, payload(sub="", jti="id-7")), KEYS, NOW).identity == "id-7"


@pytest.mark.parametrize(
    ("grant", "publish", "subscribe", "data"),
    [
        (VideoGrant(), True, True, True),
        (VideoGrant(can_publish=False), False, True, False),
        (VideoGrant(can_publish=False, can_publish_data=True), False, True, True),
        (VideoGrant(can_subscribe=False, can_publish_data=False), True, False, False),
    ],
)
def test_what_is_not_said_is_allowed(
    grant: VideoGrant, publish: bool, subscribe: bool, data: bool
) -> None:
    assert (grant.may_publish, grant.may_subscribe, grant.may_publish_data) == (
        publish,
        subscribe,
        data,
    )


def test_a_refreshed_token_lives_ten_minutes_or_as_long_as_the_first() -> None:
    short = Claims(identity="ann", video=JOIN, expires=NOW + 5)
    long = Claims(identity="ann", video=JOIN, expires=NOW + 5000)

    assert verify(refresh(short, "devkey", "secret", now=NOW), KEYS, NOW).expires == NOW + 600
    assert verify(refresh(long, "devkey", "secret", now=NOW), KEYS, NOW).expires == NOW + 5000


def test_names_do_not_reach_the_log() -> None:
    claims = Claims(identity="ann", name="Ann Field", metadata="flu", attributes={"dx": "flu"})
    assert "ann" not in repr(claims).lower()
    assert "flu" not in repr(claims)


@given(st.text(max_size=200) | st.builds(lambda b: b.decode("latin-1"), st.binary(max_size=200)))
def test_any_text_is_refused_without_harm(token: str) -> None:
    with pytest.raises(TokenError):
        verify(token, KEYS, NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["exp", "nbf", "sub", "jti", "video", "attributes", "kind", "roomConfig"]),
        json_values,
    )
)
def test_any_signed_claims_are_read_or_refused(changes: dict[str, Any]) -> None:
    with contextlib.suppress(TokenError):
        verify(forge(HEADER, payload(**changes)), KEYS, NOW)
