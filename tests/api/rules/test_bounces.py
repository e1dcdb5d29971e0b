"""What has come back is read, and whatever else comes is passed over."""

from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.bounces import Bounce, read_bounce

ID = UUID("01890000-0000-7000-8000-000000000001")
HEADERS = f"From: no-reply@north.example\nMessage-ID: <{ID}@north.example>\nSubject: Your link\n"


def report(action: str = "failed", *, whole: bool = False, headers: str = HEADERS) -> bytes:
    """As Postfix writes one."""
    returned = "message/rfc822" if whole else "text/rfc822-headers"
    return f"""\
From: MAILER-DAEMON@mail.example
To: no-reply@north.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; pat@home.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such person

--B
Content-Type: {returned}

{headers}

--B--
""".encode()


@pytest.mark.parametrize("whole", [False, True])
def test_a_failure_names_its_letter(whole: bool) -> None:
    assert read_bounce(report(whole=whole)) == Bounce(ID, "5.1.1")


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_has_not_failed_is_none(action: str) -> None:
    assert read_bounce(report(action)) is None


def test_another_s_letter_is_none_of_ours() -> None:
    assert read_bounce(report(headers="Message-ID: <1234@elsewhere.example>\n")) is None


def test_an_ordinary_letter_is_no_bounce() -> None:
    letter = EmailMessage()
    letter["Message-ID"] = f"<{ID}@north.example>"
    letter.set_content("Action: failed")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_passed_over(data: bytes) -> None:
    assert read_bounce(data) is None


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_a_damaged_report_does_no_harm(at: int, damage: bytes) -> None:
    whole = report(whole=True)
    at %= len(whole)
    found = read_bounce(whole[:at] + damage + whole[at + len(damage) :])
    assert found is None or isinstance(found, Bounce)
