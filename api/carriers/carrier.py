"""What all carriers of text messages have in common. None of it opens a connection."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from api.rules.mailing import MailState
from api.rules.private import Private
from api.rules.texting import Wish

REFERENCE = re.compile(r"[0-9a-f]{64}")
NOT_NOW = {429, 503}  # it says itself that it has not taken it (RFC 6585, RFC 9110)
OURS_TO_MEND = {401, 402, 403, 404, 407}  # credentials, account, address: not the message's fault


class Forged(Exception):
    """The signature of a request is not the carrier's."""


class Garbled(Exception):
    """A request cannot be read."""


@dataclass(frozen=True, slots=True)
class Text:
    to: str = field(repr=False)  # E.164
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """A POST request."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """A request of the carrier's to us. `url`: as the carrier knows it; names of `headers` are in
    small letters."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """How sending went. WAITING: try again. `reference`: how the carrier calls the message."""

    state: MailState
    reason: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message: ours by its reference, or else by the carrier's."""

    state: MailState
    reason: str | None = None
    message: tuple[UUID, UUID] | None = None  # workspace and id
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    sender: Private  # E.164
    wish: Wish


class Carrier(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def sender(self) -> str: ...

    def ask(self, text: Text, reference: str, hooks: str, now: float) -> Ask:
        """To send it. `reference`: ours; `hooks`: where the carrier tells us of it."""

    def judge(self, status: int, content: bytes) -> Result:
        """Its answer to that."""

    def report(self, told: Told, now: float) -> Report | None:
        """What became of a message; None: nothing that matters. Raises Forged, Garbled."""

    def reply(self, told: Told, now: float) -> Reply | None:
        """What somebody writes back; None: nothing that matters. Raises Forged, Garbled."""


def reference_of(workspace: UUID, id: UUID) -> str:
    return workspace.hex + id.hex


def message_of(reference: object) -> tuple[UUID, UUID] | None:
    if not isinstance(reference, str) or not REFERENCE.fullmatch(reference):
        return None
    return UUID(reference[:32]), UUID(reference[32:])


def judge_status(name: str, status: int, reason: str | None = None) -> Result:
    """Of an answer that takes nothing. A 5xx may come after the message was taken, so that it is
    not sent again."""
    word = f"{name}_{reason or status}"
    if status in NOT_NOW or status in OURS_TO_MEND:
        return Result(MailState.WAITING, word)
    if 400 <= status < 500:
        return Result(MailState.REFUSED, word)
    return Result(MailState.UNKNOWN, word)


def digits(value: object) -> str | None:
    """A code of the carrier's: its words may repeat a number or the text."""
    found = re.fullmatch(r"[0-9]{1,8}", str(value)) if isinstance(value, int | str) else None
    return found and found[0]
