"""Vonage is asked as it documents, and believed when it signs as it documents."""

import hashlib
import json
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from api.carriers.carrier import Forged, Garbled, Report, Text, Told, reference_of
from api.carriers.vonage import VALID, Vonage
from api.rules.mailing import MailState
from api.rules.texting import Wish

NOW = 1_800_000_000.0
SECRET = "a signature secret of 32 bytes…!"
KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
VONAGE = Vonage("app-1", PEM, SECRET, "+447700900001")
WORKSPACE, ID = uuid4(), uuid4()


def told(body: Any, secret: str = SECRET, **claims: Any) -> Told:
    content = json.dumps(body).encode()
    digest = hashlib.sha256(content).hexdigest()
    token = jwt.encode({"iat": NOW, "payload_hash": digest, **claims}, secret, "HS256")
    return Told("", {"authorization": f"Bearer {token}"}, content)


def test_a_message_is_json_with_a_token_of_the_application() -> None:
    ask = VONAGE.ask(Text("+34600112233", "é"), reference_of(WORKSPACE, ID), "", NOW)
    claims = jwt.decode(
        ask.headers["authorization"].removeprefix("Bearer "), KEY.public_key(), ["RS256"],
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip

    assert ask.url == "https://api.nexmo.com/v1/messages"
    assert (claims["application_id"], claims["iat"], claims["exp"]) == (
        "app-1", NOW, NOW + VALID,
    )  # fmt: skip
    assert json.loads(ask.content) == {
        "message_type": "text", "channel": "sms", "to": "34600112233", "from": "447700900001",
        "text": "é", "client_ref": reference_of(WORKSPACE, ID),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "content", "state", "reference"),
    [
        (202, b'{"message_uuid": "u-1"}', MailState.SENT, "u-1"),
        (202, b"garbage", MailState.SENT, None),
        (422, b"", MailState.REFUSED, None),
        (402, b"", MailState.WAITING, None),
        (429, b"", MailState.WAITING, None),
        (500, b"", MailState.UNKNOWN, None),
    ],
)
def test_an_answer_says_whether_it_was_taken(
    status: int, content: bytes, state: MailState, reference: str | None
) -> None:
    result = VONAGE.judge(status, content)

    assert (result.state, result.reference) == (state, reference)


def test_what_became_of_it_is_told_by_our_reference_or_theirs() -> None:
    body = {"message_uuid": "u-1", "status": "delivered", "client_ref": reference_of(WORKSPACE, ID)}
    assert VONAGE.report(told(body), NOW) == Report(
        MailState.DELIVERED, None, (WORKSPACE, ID), "u-1"
    )
    rejected = {"message_uuid": "u-1", "status": "rejected", "error": {"title": 1340}}
    assert VONAGE.report(told(rejected), NOW) == Report(
        MailState.BOUNCED, "vonage_1340", None, "u-1"
    )
    assert VONAGE.report(told({"status": "new one"}), NOW) is None


def test_a_reply_is_a_wish_or_nothing() -> None:
    reply = VONAGE.reply(told({"from": "34600112233", "text": "STOP"}), NOW)

    assert reply is not None
    assert (reply.sender.text, reply.wish) == ("+34600112233", Wish.STOP)
    assert VONAGE.reply(told({"from": "34600112233", "text": "ok"}), NOW) is None
    assert VONAGE.reply(told({"text": "STOP"}), NOW) is None


def test_whoever_does_not_sign_is_not_believed() -> None:
    body = {"message_uuid": "u-1", "status": "delivered"}
    good = told(body)
    unsigned = jwt.encode({"iat": NOW}, None, "none")  # type: ignore[arg-type]
    for forged in (
        told(body, "another secret of 32 bytes….....!"),
        told(body, payload_hash="é"),
        told(body, iat=NOW - 90_000),
        told(body, iat="yesterday"),
        Told("", good.headers, b'{"message_uuid": "u-2", "status": "delivered"}'),
        Told("", {"authorization": f"Bearer {unsigned}"}, good.content),
        Told("", {}, good.content),
    ):
        with pytest.raises(Forged):
            VONAGE.report(forged, NOW)


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_garbled(content: bytes) -> None:
    with pytest.raises((Forged, Garbled)):
        VONAGE.reply(Told("", {}, content), NOW)
