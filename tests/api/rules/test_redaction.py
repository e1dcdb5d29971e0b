"""What a log line must not say is taken out, and the rest stays as it is."""

from time import process_time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.bearers import Bearer, Purpose
from api.rules.redaction import own_words, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize("purpose", Purpose)
def test_tokens_of_ours(purpose: Purpose) -> None:
    token = str(Bearer(purpose, UUID(int=7), bytes(range(32))))

    assert redact(f"from {token}, refused") == "from <token>, refused"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"GET /rtc?access_token={JWT}&auto=1 401", "GET /rtc?… 401"),
        (f"token {JWT} is late", "token <token> is late"),
        ("open https://a.example/#r=visit.550SGX2P1eNP now", "open https://a.example/#<link> now"),
        ("https://a.example/#a=hca_x&m=1", "https://a.example/#<link>"),
        ("postgresql://app:pa55@db/housecall", "postgresql://<secret>@db/housecall"),
        ("password: 'a horse'", "password: <secret>"),
        ('{"password": "a horse", "n": 1}', '{"password": <secret>, "n": 1}'),
        ("api_secret=abc&x=1", "api_secret=<secret>&x=1"),
        ("Authorization: Bearer abcdefgh1234", "Authorization: Bearer <secret>"),
        ("sent Basic dXNlcjpwYXNz on", "sent Basic <secret> on"),
        ("to pat.moss+x@home.example, late", "to <mail>, late"),
        ("to <Ünï@exämple.org>", "to <<mail>>"),
        ("calls +49 (0)30 1234-567 now", "calls <number> now"),
        ("calls +4930123456", "calls <number>"),
        ("calls 030/1234567.", "calls <number>."),
        ("calls 5551234567", "calls <number>"),
    ],
)
def test_what_has_a_form_is_found(line: str, left: str) -> None:
    assert redact(line) == left


@pytest.mark.parametrize(
    "line",
    [
        "port 7880 on 192.168.100.200 is in use",
        "sysctl -w net.core.rmem_max=4194304",
        "a media process is lost (killed by 9): its rooms begin anew",
        "2027-03-04 12:00:00 is past",
        "entry 12345678 has been changed",
        "meeting 0190f0c1-1234-7890-8123-012345678901 in wsx-0190f0c112347890",
        "the mail server smtp.example takes nothing: smtp_451",
        "http://127.0.0.1:7880/ is answered",
        "[2001:db8::1234:5678:9012]:7882",
    ],
)
def test_what_is_nobody_s_stays(line: str) -> None:
    assert redact(line) == line


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    own_words(redact(text))


def test_long_lines_are_read_quickly() -> None:
    begun = process_time()
    for part in (
        "1 ",
        "a",
        "token ",
        "@",
        "(",
        "x-",
        "token=<",
        "a://",
        "?a=",
        "eyJaaaaa.",
        "hcl_",
    ):
        own_words(redact(part * 20_000))
    assert process_time() - begun < 2


def test_of_a_line_of_others_their_own_words_stay() -> None:
    line = "Exception in callback f('Pat', {'a': 1})\nhandle: <Handle Pat>"

    assert own_words(line) == "Exception in callback f…"
