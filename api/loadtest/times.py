"""When packets really left: their probes have the time that was planned.

Packets are sealed some milliseconds before they are sent, so that many can be sealed together.
"""

import numpy as np
from numpy.typing import NDArray

REMEMBERED = 1 << 14  # planned times; 16 s of one per millisecond
GRAIN = 1000  # ns: planned times differ by more

Ints = NDArray[np.int64]


class Times:
    def __init__(self) -> None:
        self._planned: Ints = np.zeros(REMEMBERED, np.int64)
        self._sent: Ints = np.zeros(REMEMBERED, np.int64)

    def note(self, planned: int, sent: int) -> None:
        """What was planned for one moment left at another; both in ns."""
        place = planned // GRAIN // 1000 % REMEMBERED
        self._planned[place] = planned
        self._sent[place] = sent

    def find(self, planned: Ints) -> Ints:
        """When it left; 0 where that is forgotten, or was noted by another process."""
        places = planned // GRAIN // 1000 % REMEMBERED
        found: Ints = np.where(self._planned[places] == planned, self._sent[places], 0)
        return found
