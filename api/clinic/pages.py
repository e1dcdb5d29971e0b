"""Whether somebody who waits still has their page open: it asks for their place again and again.

Who has closed it waits no more. Nobody says so, so the time does; a page that comes back takes the
place in the queue that it had.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

ABSENT = timedelta(seconds=60)  # without a question; a page asks each 26 at least
REMEMBERED = 20_000  # people who wait


class Pages:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._begun = clock()  # before it nothing is known: all are given time
        self._seen: OrderedDict[UUID, datetime] = OrderedDict()

    def see(self, participant: UUID) -> None:
        self._seen[participant] = self._clock()
        self._seen.move_to_end(participant)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def gone_at(self, participant: UUID) -> datetime:
        """When somebody is taken for gone, unless they ask before."""
        return self._seen.get(participant, self._begun) + ABSENT
