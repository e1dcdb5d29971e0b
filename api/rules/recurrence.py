"""Visits that come again: when each of them is, in the time of a place.

What is agreed on is a time on the wall there, so that a visit at nine stays at nine when the clocks
change. Which moments that are dateutil's rules tell (RFC 5545, section 3.3.10).
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule

MOST = 53  # of one series: each week for a year


class RecurrenceError(ValueError):
    """A series cannot be made so; the message is a sentence for whoever wants it."""


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Day(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


DAYS = list(Day)  # as `datetime.weekday` counts
FREQUENCIES: dict[Frequency, Literal[0, 1, 2, 3, 4, 5, 6]] = {
    Frequency.DAILY: DAILY,
    Frequency.WEEKLY: WEEKLY,
    Frequency.MONTHLY: MONTHLY,
}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`days`: of each week. It ends after `count` times, or with the day `until`."""

    frequency: Frequency
    interval: int = 1
    days: tuple[Day, ...] = ()
    count: int | None = None
    until: date | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "frequency": self.frequency.value,
            "interval": self.interval,
            "days": [day.value for day in self.days],
            "count": self.count,
            "until": self.until and self.until.isoformat(),
        }

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Self:
        return cls(
            Frequency(found["frequency"]),
            found["interval"],
            tuple(Day(day) for day in found["days"]),
            found["count"],
            found["until"] and date.fromisoformat(found["until"]),
        )

    def shifted(self, days: int) -> Self:
        """For a series that is moved by so many days."""
        return replace(self, days=tuple(DAYS[(DAYS.index(day) + days) % 7] for day in self.days))


def moment(wall: datetime, zone: str) -> datetime:
    """When it is that time there. One that the clocks leave out is read by the offset before the
    change, one that comes twice is the first (RFC 5545, section 3.3.5)."""
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def wall_clock(at: datetime, zone: str) -> datetime:
    """What the clock shows there, without its zone."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def expand(first: datetime, zone: str, recurrence: Recurrence | None) -> list[datetime]:
    """All moments of a series that begins at `first` on the wall. Raises RecurrenceError."""
    if recurrence is None:
        return [moment(first, zone)]
    if (recurrence.count is None) is (recurrence.until is None):
        raise RecurrenceError("A series has an end: say count or until, one of them.")
    if recurrence.days and recurrence.frequency is not Frequency.WEEKLY:
        raise RecurrenceError("Days are for what comes weekly.")
    until = recurrence.until
    rule = rrule(
        FREQUENCIES[recurrence.frequency],
        dtstart=first,
        interval=recurrence.interval,
        byweekday=[DAYS.index(day) for day in recurrence.days] or None,
        count=recurrence.count,
        until=None if until is None else datetime.combine(until, datetime.max.time()),
    )
    walls = list(islice(rule, MOST + 1))
    if not walls or walls[0] != first:
        raise RecurrenceError("The first time has to be on one of the days, and before the end.")
    if len(walls) > MOST:
        raise RecurrenceError(f"A series has {MOST} times at most: let it end earlier.")
    return [moment(wall, zone) for wall in walls]


def ends_with(moments: list[datetime], minutes: int) -> datetime:
    return moments[-1] + timedelta(minutes=minutes)
