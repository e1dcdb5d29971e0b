"""How the server stands by its own look: the newest one, and what has not ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from api.rules.checking import EVERY, STALE, Found, Incident, Part


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"  # the last look is too long ago


@dataclass(slots=True)
class Standing:
    at: datetime | None = None
    found: Sequence[Found] = ()
    incidents: dict[Part, Incident] = field(default_factory=dict)
    shares: dict[Part, float] = field(default_factory=dict)  # of a day's looks that were well
    failures: dict[Part, int] = field(default_factory=dict)  # since the server began
    every: float = EVERY  # seconds

    def status(self, now: datetime) -> Status:
        if self.at is None or now - self.at > timedelta(seconds=STALE * self.every):
            return Status.UNKNOWN
        return Status.DEGRADED if self.troubles else Status.OK

    @property
    def troubles(self) -> dict[Part, Incident]:
        return {part: one for part, one in self.incidents.items() if one.is_on}

    @property
    def parts(self) -> list[Part]:
        """Those that are looked at."""
        looked = {one.part for one in self.found}
        return [part for part in Part if part in looked]
