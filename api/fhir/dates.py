"""Dates of a search: a comparison and a span of time (FHIR R5, 3.2.1.5.9)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Seconds have a zone, days are UTC's.
PATTERN = (
    r"^(eq|ne|gt|ge|lt|le|sa|eb)?[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]))?)?)?$"
)
PARTS = re.compile(
    r"(?P<how>eq|ne|gt|ge|lt|le|sa|eb)?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(?P<time>T.+)?)?)?"
)


class DateError(Exception):
    """There is no such day."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment until another, which is not in it any more."""

    how: str
    begins: datetime
    ends: datetime


def parse(text: str) -> Span:
    """What fits the pattern. Raises DateError."""
    found = PARTS.fullmatch(text)
    if found is None:
        raise DateError(text)
    how = found["how"] or "eq"
    try:
        if found["time"]:
            return _moment(how, text[len(found["how"] or "") :])
        year, month, day = (int(found[part] or 1) for part in ("year", "month", "day"))
        begins = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        raise DateError(text) from None
    if found["day"]:
        return Span(how, begins, begins + timedelta(days=1))
    if found["month"]:
        return Span(how, begins, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC))
    return Span(how, begins, datetime(year + 1, 1, 1, tzinfo=UTC))


def _moment(how: str, text: str) -> Span:
    begins = datetime.fromisoformat(text)
    has_seconds = text.count(":") - (text[-1] != "Z") == 2
    return Span(how, begins, begins + timedelta(seconds=1 if has_seconds else 60))
