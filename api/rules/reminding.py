"""When somebody is reminded of a visit: a day, an hour and ten minutes before it."""

from collections.abc import Collection
from datetime import datetime, timedelta

LEADS = (timedelta(hours=24), timedelta(hours=1), timedelta(minutes=10))  # the longest first
# Who was told of the visit less than this before a reminder is not told again.
FRESH = timedelta(minutes=5)


def next_moment(
    starts_at: datetime, after: datetime, leads: Collection[timedelta] = LEADS
) -> datetime | None:
    """The first one later than `after`; None: there is none any more."""
    return min((at for lead in leads if (at := starts_at - lead) > after), default=None)


def first_moment(
    starts_at: datetime, told_at: datetime, leads: Collection[timedelta] = LEADS
) -> datetime | None:
    """For somebody who has just been told of it."""
    return next_moment(starts_at, told_at + FRESH, leads)


def useful_until(
    starts_at: datetime, now: datetime, leads: Collection[timedelta] = LEADS
) -> datetime:
    """How long one that is sent now is of use: the next one says the same."""
    return next_moment(starts_at, now, leads) or starts_at


def is_worth_it(starts_at: datetime, now: datetime, leads: Collection[timedelta] = LEADS) -> bool:
    """A reminder that comes late (the server was away) is left out when the next one is near, or
    the visit has begun."""
    following = next_moment(starts_at, now, leads)
    return now < starts_at and (following is None or following - now >= FRESH)
