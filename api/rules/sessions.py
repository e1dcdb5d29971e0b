"""How long somebody stays signed in."""

from datetime import datetime, timedelta
from enum import StrEnum

IDLE = timedelta(minutes=15)  # without a request or a call
LONGEST = timedelta(hours=12)  # then one signs in anew, whatever one does
TOUCH = timedelta(minutes=1)  # what was seen is written at most so often

LINK_OF_STAFF = timedelta(hours=24)
LINK_OF_PATIENT = timedelta(hours=24)
LONGEST_LINK_OF_PATIENT = timedelta(days=14)
LINK_OF_GUEST = timedelta(minutes=15)
LONGEST_LINK_OF_GUEST = timedelta(minutes=30)
VISIT_OF_GUEST = timedelta(hours=4)  # after the link was opened
GLASS = timedelta(hours=1)  # that a broken glass stays so
TRIES = 5  # of what a link asks for besides


class End(StrEnum):
    SIGNED_OFF = "signed_off"
    TOO_LONG = "too_long"
    IDLE = "idle"


def end_of(
    *, ended_at: datetime | None, expires_at: datetime, seen_at: datetime,
    in_call_at: datetime | None, now: datetime,
) -> End | None:  # fmt: skip
    """Why a session is over, or None. `in_call_at`: when its person was last in a call, which is
    now while the call goes on: nobody is signed off in front of a patient for typing nothing."""
    if ended_at is not None:
        return End.SIGNED_OFF
    if now >= expires_at:
        return End.TOO_LONG
    if now - max(seen_at, in_call_at or seen_at) >= IDLE:
        return End.IDLE
    return None
