"""Read a letter that has come back (RFC 3464): which of ours it was, and why.

Whatever a mail server or a stranger sends is read or passed over, nothing raises.
"""

import email.policy
import re
from dataclasses import dataclass
from email.message import Message
from uuid import UUID

LARGEST = 1 << 20  # bytes that are looked at
OURS = re.compile(
    r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@[^<>@\s]{1,255}>"
)
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Bounce:
    letter: UUID
    status: str  # RFC 3463, "5.1.1"


def read_bounce(content: bytes) -> Bounce | None:
    """None for what tells of no letter of ours that has failed for good."""
    try:
        report = email.message_from_bytes(content[:LARGEST], policy=email.policy.compat32)
        if report.get_content_type() != "multipart/report":
            return None
        parts = list(report.walk())
        status = next((s for part in parts if (s := _failure(part)) is not None), None)
        letter = next((id for part in parts if (id := _letter(part)) is not None), None)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return None if status is None or letter is None else Bounce(letter, status)


def _failure(part: Message) -> str | None:
    if part.get_content_type() != "message/delivery-status":
        return None
    for fields in part.get_payload():
        if not isinstance(fields, Message):
            continue
        if str(fields.get("Action", "")).strip().lower() == "failed":
            found = STATUS.search(str(fields.get("Status", "")))
            return found[0] if found else "5.0.0"
    return None


def _letter(part: Message) -> UUID | None:
    """By the Message-ID of what comes back: whole, or its headers alone."""
    if part.get_content_type() == "text/rfc822-headers":
        text = str(part.get_payload())
    elif part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0)
        if not isinstance(inner, Message):
            return None
        text = f"Message-ID: {inner.get('Message-ID', '')}"
    else:
        return None
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "message-id" and (found := OURS.search(value)):
            return UUID(found[1])
    return None
