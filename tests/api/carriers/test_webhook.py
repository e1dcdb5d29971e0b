"""A program of the clinic's own is asked by signed requests, and believed when it signs."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.carriers.carrier import Forged, Garbled, Report, Text, Told, reference_of
from api.carriers.webhook import HEADER, OLDEST, Webhook, sign
from api.rules.mailing import MailState
from api.rules.texting import Wish

NOW = 1_800_000_000.0
SECRET = "a secret of the test's"
WEBHOOK = Webhook("https://sms.north.example/send", SECRET, "North")
WORKSPACE, ID = uuid4(), uuid4()
REFERENCE = reference_of(WORKSPACE, ID)


def told(body: Any, secret: str = SECRET, at: float = NOW) -> Told:
    content = json.dumps(body).encode()
    return Told("", {HEADER: sign(secret, int(at), content)}, content)


def test_a_message_is_signed_json() -> None:
    ask = WEBHOOK.ask(Text("+34600112233", "é"), REFERENCE, "", NOW)

    assert ask.url == "https://sms.north.example/send"
    assert ask.headers[HEADER] == sign(SECRET, int(NOW), ask.content)
    assert json.loads(ask.content) == {
        "to": "+34600112233", "from": "North", "text": "é", "reference": REFERENCE,
    }  # fmt: skip


def test_an_answer_says_whether_it_was_taken() -> None:
    states = {status: WEBHOOK.judge(status, b"").state for status in (204, 400, 429, 500)}

    assert states == {
        204: MailState.SENT, 400: MailState.REFUSED, 429: MailState.WAITING,
        500: MailState.UNKNOWN,
    }  # fmt: skip


def test_what_became_of_it_and_replies_are_told_by_it() -> None:
    failed = told({"reference": REFERENCE, "status": "failed"})
    assert WEBHOOK.report(failed, NOW) == Report(
        MailState.BOUNCED, "webhook_failed", (WORKSPACE, ID)
    )
    assert WEBHOOK.report(told({"reference": REFERENCE, "status": "?"}), NOW) is None
    assert WEBHOOK.report(told({"reference": "x", "status": "sent"}), NOW) is None
    reply = WEBHOOK.reply(told({"from": "+34600112233", "text": "baja"}), NOW)
    assert reply is not None
    assert reply.wish is Wish.STOP


def test_whoever_does_not_sign_or_comes_late_is_not_believed() -> None:
    body = {"reference": REFERENCE, "status": "failed"}
    good = told(body)
    for forged in (
        told(body, "another"),
        told(body, at=NOW - OLDEST),
        Told("", good.headers, good.content + b" "),
        Told("", {HEADER: "t=,v1="}, good.content),
        Told("", {HEADER: f"t={int(NOW)},v1=é"}, good.content),
        Told("", {}, good.content),
    ):
        with pytest.raises(Forged):
            WEBHOOK.report(forged, NOW)
    with pytest.raises(Garbled):
        WEBHOOK.report(told([]), NOW)


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_garbled(content: bytes) -> None:
    with pytest.raises((Forged, Garbled)):
        WEBHOOK.reply(Told("", {}, content), NOW)
