"""A visit's conference at a provider: its states, and when the provider is asked again."""

from datetime import datetime, timedelta
from enum import StrEnum

DELAYS = [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)]  # then half-hourly
LATER = timedelta(minutes=30)
LEASE = timedelta(minutes=2)  # what is being asked for longer was left by a process that is gone
ENDING_TRIES = 12  # what then still is there stays there


class State(StrEnum):
    MAKING = "making"
    READY = "ready"
    MOVING = "moving"  # people can join, at a time that the provider does not know yet
    ENDING = "ending"
    GONE = "gone"
    FAILED = "failed"

    @property
    def is_due(self) -> bool:
        """The provider is to be asked for something."""
        return self in DUE

    @property
    def is_over(self) -> bool:
        return self in (State.ENDING, State.GONE)


DUE = (State.MAKING, State.MOVING, State.ENDING)


def next_try(tries: int, wait: timedelta | None, now: datetime) -> datetime:
    """After so many that have failed; not before the provider wants it."""
    delay = DELAYS[tries - 1] if tries <= len(DELAYS) else LATER
    return now + max(delay, wait or timedelta())
