"""Twilio is asked as it documents, and believed when it signs as it documents."""

from base64 import b64encode
from urllib.parse import parse_qs, urlencode
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.carriers.carrier import Forged, Garbled, Report, Text, Told, message_of, reference_of
from api.carriers.twilio import Twilio, sign
from api.rules.mailing import MailState
from api.rules.texting import Wish

TOKEN = "12345678901234567890"
TWILIO = Twilio("AC1", TOKEN, "+15005550006")
PAGE = "https://north.example/"
WORKSPACE, ID = uuid4(), uuid4()
HOOKS = f"{PAGE}api/v1/texts"
CALLBACK = f"{HOOKS}/status?reference={reference_of(WORKSPACE, ID)}"


def told(url: str = CALLBACK, token: str = TOKEN, **values: str) -> Told:
    signature = sign(token, url, list(values.items()))
    return Told(url, {"x-twilio-signature": signature}, urlencode(values).encode())


def test_a_message_is_a_form_that_its_account_signs_for() -> None:
    ask = TWILIO.ask(Text("+34600112233", "é & more"), reference_of(WORKSPACE, ID), HOOKS, 0)

    assert ask.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert ask.headers["authorization"] == "Basic " + b64encode(f"AC1:{TOKEN}".encode()).decode()
    assert parse_qs(ask.content.decode()) == {
        "To": ["+34600112233"], "From": ["+15005550006"], "Body": ["é & more"],
        "StatusCallback": [CALLBACK],
    }  # fmt: skip
    service = Twilio("AC1", TOKEN, "MG2").ask(Text("+1", "x"), "", HOOKS, 0)
    assert b"MessagingServiceSid=MG2" in service.content
    assert b"From" not in service.content


def test_the_signature_is_that_of_their_example() -> None:
    """docs/messages.md, "Twilio", has the page."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    fields = {
        "CallSid": "CA1234567890ABCDE", "From": "+12349013030", "To": "+18005551212",
        "Caller": "+12349013030", "Digits": "1234",
    }  # fmt: skip
    assert sign("12345", url, list(fields.items())) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize(
    ("status", "content", "state", "reason", "reference"),
    [
        (201, b'{"sid": "SM1"}', MailState.SENT, None, "SM1"),
        (201, b"garbage", MailState.SENT, None, None),
        (400, b'{"code": 21211}', MailState.REFUSED, "twilio_21211", None),
        (400, b'{"code": "21211 +34600112233"}', MailState.REFUSED, "twilio_400", None),
        (401, b"", MailState.WAITING, "twilio_401", None),
        (429, b"", MailState.WAITING, "twilio_429", None),
        (503, b"", MailState.WAITING, "twilio_503", None),
        (500, b"[" * 9999, MailState.UNKNOWN, "twilio_500", None),
        (301, b"", MailState.UNKNOWN, "twilio_301", None),
    ],
)
def test_an_answer_says_whether_it_was_taken(
    status: int, content: bytes, state: MailState, reason: str | None, reference: str | None
) -> None:
    result = TWILIO.judge(status, content)

    assert (result.state, result.reason, result.reference) == (state, reason, reference)


def test_what_became_of_it_is_told_by_our_reference() -> None:
    report = TWILIO.report(told(MessageSid="SM1", MessageStatus="delivered"), 0)
    assert report == Report(MailState.DELIVERED, None, (WORKSPACE, ID), "SM1")

    failed = told(MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30005")
    bounced = TWILIO.report(failed, 0)
    assert bounced is not None
    assert (bounced.state, bounced.reason) == (MailState.BOUNCED, "twilio_30005")
    assert TWILIO.report(told(MessageSid="SM1", MessageStatus="queued"), 0) is None


@pytest.mark.parametrize(
    ("values", "wish"),
    [
        ({"Body": "stop"}, Wish.STOP),
        ({"Body": "Unsubscribe"}, Wish.STOP),
        ({"Body": "bitte nicht", "OptOutType": "STOP"}, Wish.STOP),
        ({"Body": "Start"}, Wish.START),
        ({"Body": "when?"}, None),
    ],
)
def test_a_reply_is_a_wish_or_nothing(values: dict[str, str], wish: Wish | None) -> None:
    reply = TWILIO.reply(told(f"{PAGE}api/v1/texts/inbound", From="+34600112233", **values), 0)

    assert (reply and reply.wish) == wish
    assert reply is None or reply.sender.text == "+34600112233"


def test_a_port_may_be_in_the_signed_address_or_not() -> None:
    values = {"From": "+34600112233", "Body": "STOP"}
    signed = told("https://north.example/api/v1/texts/inbound", **values)
    for host in ("north.example", "north.example:7881", "north.example:443"):
        url = f"https://{host}/api/v1/texts/inbound"
        assert TWILIO.reply(Told(url, signed.headers, signed.content), 0) is not None
    with_port = told("https://north.example:7881/api/v1/texts/inbound", **values)
    assert TWILIO.reply(with_port, 0) is not None


def test_an_address_that_it_cannot_reach_is_not_named() -> None:
    ask = TWILIO.ask(Text("+1", "x"), "", "http://127.0.0.1:7880/api/v1/texts", 0)
    assert b"StatusCallback" not in ask.content


def test_whoever_does_not_sign_is_not_believed() -> None:
    good = told(MessageSid="SM1", MessageStatus="delivered")
    other = told(MessageSid="SM1", MessageStatus="failed")
    for forged in (
        told(token="another token of 20", MessageSid="SM1", MessageStatus="delivered"),
        Told(good.url, {}, good.content),
        Told(good.url, {"x-twilio-signature": "é"}, good.content),
        Told(good.url, good.headers, other.content),
        Told(good.url.replace("reference=", "reference=0"), good.headers, good.content),
    ):
        with pytest.raises(Forged):
            TWILIO.report(forged, 0)


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_garbled(content: bytes) -> None:
    with pytest.raises((Forged, Garbled)):
        TWILIO.report(Told(CALLBACK, {}, content), 0)


@given(st.text(max_size=70))
def test_only_a_reference_of_ours_is_one(text: str) -> None:
    assert message_of(text) is None
    assert message_of(reference_of(WORKSPACE, ID)) == (WORKSPACE, ID)
