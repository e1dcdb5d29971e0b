"""When packets really left: their probes have the time that was planned.

Packets are sealed some milliseconds before they are sent, so that many can be sealed together.
"""

from typing import NamedTuple

import numpy as np

from api.loadtest.memory import Ints
from turn.compiling import compiled

REMEMBERED = 1 << 14  # planned times; 16 s of one per millisecond
GRAIN = 1000  # ns: planned times differ by more


class Departures(NamedTuple):
    """By the planned millisecond; all in ns."""

    planned: Ints
    sent: Ints


class Times:
    """`departures`: for loops, to look into."""

    def __init__(self) -> None:
        columns = (np.zeros(REMEMBERED, np.int64) for _ in Departures._fields)
        self.departures = Departures(*columns)

    def note(self, planned: int, sent: int) -> None:
        """What was planned for one moment left at another; both in ns."""
        place = planned // GRAIN // 1000 % REMEMBERED
        self.departures.planned[place] = planned
        self.departures.sent[place] = sent


@compiled
def find(departures: Departures, planned: int) -> int:
    """When it left; 0 where that is forgotten, or was noted by another process."""
    place = planned // GRAIN // 1000 % REMEMBERED
    return departures.sent[place] if departures.planned[place] == planned else 0
