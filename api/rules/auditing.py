"""What the audit log tells: who did what, from where, and how it went.

Nothing of it is clinical: people and patients stand there by their identifiers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LONGEST = 256  # characters of a text that a client chooses


class Log(StrEnum):
    """The two logs of a workspace; each is a chain of its own."""

    AUDIT = "audit_log"
    ACCESS = "livekit_access_log"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"


class ActorKind(StrEnum):
    STAFF = "staff"
    PATIENT = "patient"
    GUEST = "guest"
    HQ = "hq"  # a clinician of another workspace, which this one has agreed to be served by
    KEY = "key"  # an integration
    SYSTEM = "system"  # the program itself, or its operator by the command line
    STRANGER = "stranger"  # nobody that we know


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    id: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


SYSTEM, STRANGER, HERE = Actor(ActorKind.SYSTEM), Actor(ActorKind.STRANGER), Origin()


@dataclass(frozen=True, slots=True)
class Act:
    """An entry of the audit log, without what the transaction knows anyway."""

    action: str  # "patient.view"
    object_kind: str | None = None
    object_id: str | None = None
    outcome: Outcome = Outcome.DONE
    reason: str | None = None  # a word for why it was refused
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """An entry of the log of joins: somebody came to a room, or was not let in."""

    room: str
    participant: str  # identity
    role: str | None
    outcome: Outcome
    reason: str | None = None
    meeting_id: str | None = None


def tame(text: str | None) -> str | None:
    """A client's text, short and on one line."""
    if text is None:
        return None
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST])
