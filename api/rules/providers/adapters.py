"""What all providers have in common: a conference is made for a visit, moved and cancelled."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from api.rules.providers.exchange import Flow
from api.rules.providers.oauth import Grant

TITLE = "Visit"  # of all of them: nobody's name, and nothing of what it is about


@dataclass(frozen=True, slots=True)
class Draft:
    """`key`: of the conference, ours."""

    key: UUID
    begins: datetime
    duration: timedelta

    @property
    def ends(self) -> datetime:
        return self.begins + self.duration


@dataclass(frozen=True, slots=True)
class Made:
    """What the provider calls it, and where people join."""

    id: str
    link: str = field(repr=False)


class Adapter(Protocol):
    @property
    def grant(self) -> Grant: ...

    @property
    def hosts(self) -> frozenset[str]:
        """All that are ever asked."""

    @property
    def repeats(self) -> bool:
        """Whether what is made twice by one key is made once."""

    def id_of(self, key: UUID) -> str | None:
        """What the provider calls it, where that is ours to say."""

    def make(self, draft: Draft) -> Flow[Made]: ...

    def move(self, id: str, draft: Draft) -> Flow[None]: ...

    def cancel(self, id: str) -> Flow[None]:
        """One that is not there any more is cancelled."""


def in_utc(at: datetime) -> str:
    """RFC 3339, in whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
