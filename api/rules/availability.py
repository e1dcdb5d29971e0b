"""When somebody can be booked: their hours, less what is in their calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=15)  # slots begin at quarters of an hour, as appointments do
FARTHEST = timedelta(days=31)  # that one looks at once


@dataclass(frozen=True, slots=True)
class Hours:
    """On each such day, by the clock there. `day`: 0 is Monday. They end the same day."""

    day: int
    begins: time
    ends: time


@dataclass(frozen=True, slots=True, order=True)
class Span:
    begins: datetime
    ends: datetime

    def meets(self, other: "Span") -> bool:
        return self.begins < other.ends and other.begins < self.ends


def working(hours: Iterable[Hours], zone: str, within: Span) -> list[Span]:
    """In UTC and in order. A day on which the clocks change is an hour shorter or longer."""
    place = ZoneInfo(zone)
    day = within.begins.astimezone(place).date() - timedelta(days=1)
    last = within.ends.astimezone(place).date()
    found = []
    while day <= last:
        for one in hours:
            if one.day == day.weekday():
                begins = datetime.combine(day, one.begins, place).astimezone(UTC)
                ends = datetime.combine(day, one.ends, place).astimezone(UTC)
                found.append(Span(max(begins, within.begins), min(ends, within.ends)))
        day += timedelta(days=1)
    return join(span for span in found if span.begins < span.ends)


def join(spans: Iterable[Span]) -> list[Span]:
    """Those that touch as one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.begins <= joined[-1].ends:
            joined[-1] = Span(joined[-1].begins, max(joined[-1].ends, span.ends))
        else:
            joined.append(span)
    return joined


def without(spans: Sequence[Span], busy: Iterable[Span]) -> list[Span]:
    """What is left of them."""
    left = list(spans)
    for taken in busy:
        left = [part for span in left for part in _cut(span, taken)]
    return left


def _cut(span: Span, taken: Span) -> list[Span]:
    if not span.meets(taken):
        return [span]
    parts = (Span(span.begins, taken.begins), Span(taken.ends, span.ends))
    return [part for part in parts if part.begins < part.ends]


def slots(spans: Iterable[Span], length: timedelta, step: timedelta = STEP) -> list[Span]:
    """Where one of that length can begin."""
    found = []
    for span in spans:
        begins = _rounded_up(span.begins, step)
        while begins + length <= span.ends:
            found.append(Span(begins, begins + length))
            begins += step
    return found


def _rounded_up(at: datetime, step: timedelta) -> datetime:
    past = timedelta(seconds=at.timestamp() % step.total_seconds())
    return at if not past else at + step - past
