"""Letters as mail, and as text messages: plain text in its reader's language, and nothing that
other programs need."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.carriers.carrier import Text
from api.clinic.errors import InTheWay
from api.rules.auditing import ActorKind
from api.rules.mailing import Channel
from api.rules.private import Private
from api.rules.wording import LetterKind, Wording, fill

PRINTABLE = "quoted-printable"  # not every server takes eight bits


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom letters are from."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """`type`: "text/calendar; method=REQUEST", for one."""

    name: str
    type: str
    content: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`to`: an e-mail address, or a number that a carrier takes."""

    kind: LetterKind
    to: Private
    subject: tuple[ActorKind, UUID]  # whom it is for
    expires_at: datetime  # then it is of no use
    language: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()
    meeting_id: UUID | None = None
    channel: Channel = Channel.MAIL


def compose(letter: Letter, wording: Wording, sender: Sender, id: UUID, now: datetime) -> bytes:
    """The message as it is sent. Raises InTheWay."""
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = recipient(letter.to)
    message["Subject"] = wording.subject
    message["Date"] = now
    message["Message-ID"] = f"<{id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers
    message.set_content(fill(wording.text, letter.values), cte=PRINTABLE)
    for attachment in letter.attachments:
        _attach(message, attachment)
    policy = SMTP if message["To"].addresses[0].username.isascii() else SMTPUTF8
    return message.as_bytes(policy=policy)


def compose_text(letter: Letter, text: str) -> bytes:
    """A text message as it waits to be sent."""
    return json.dumps({"to": letter.to.text, "text": fill(text, letter.values)}).encode()


def read_text(message: bytes) -> Text:
    """One that has waited."""
    return Text(**json.loads(message))


def recipient(address: Private) -> Address:
    """Raises InTheWay for what no mail can be sent to."""
    local, _, domain = address.text.rpartition("@")
    try:
        known = Address(addr_spec=f"{_in_ascii(local)}@{domain.encode('idna').decode()}")
        return Address(username=local, domain=known.domain)
    except Exception:  # the parser of the standard library raises what it happens upon
        sentence = "This e-mail address cannot be written to: correct it, or hand over the link."
        raise InTheWay("bad_address", sentence) from None


def _in_ascii(local: str) -> str:
    """The parser knows no other letters yet (RFC 6531)."""
    return "".join(c if c.isascii() else "a" for c in local)


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main, *rest = attachment.type.split(";")
    subtype = main.partition("/")[2].strip()
    params = dict(part.strip().split("=", 1) for part in rest)
    message.add_attachment(
        attachment.content, subtype=subtype, params=params, filename=attachment.name, cte=PRINTABLE
    )


def shown_time(at: datetime, zone: str | None = None) -> str:
    """In a zone as the IANA names it, or in UTC. Read the same in every language."""
    try:
        local, name = at.astimezone(ZoneInfo(zone or "UTC")), zone or "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local, name = at.astimezone(UTC), "UTC"
    return f"{local:%Y-%m-%d %H:%M} ({name})"
