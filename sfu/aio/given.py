"""What the relay in our process has for a socket of ours: forwarded before Python sees it."""

import time

from sfu.aio import loops
from sfu.aio.looped import Looped
from sfu.aio.native import NativeEgress
from sfu.plane import Plane
from sfu.ring import Batch
from turn.aio.mmsg import Calls
from turn.compiling import Direct, Taker, entry


class Given:
    """`batch` is where the relay puts it. The relay's loop calls `taker`, and where that leaves
    something Python calls `go_on`; or Python calls `take` for all of it.

    Batches that are returned have been begun, if they have a step.
    """

    def __init__(self, number: int, egress: NativeEgress, plane: Plane, calls: Calls) -> None:
        """`number`: as that of a socket."""
        self.batch = Batch(number)
        self._is_closed = False
        self._looped = Looped(self.batch, egress, plane, calls)
        self._given = Direct(loops.given)
        self.taker = Taker(entry(loops.given_entry), self._looped.at.ctypes.data)

    def close(self) -> None:
        """What comes from now on is lost: the sockets are closed."""
        self._is_closed = True
        self._looped.numbers[loops.KNOWN] = -1

    @property
    def spent(self) -> float:
        """Seconds that its loop has taken."""
        return self._looped.numbers[loops.SPENT] * 1e-9

    def take(self, count: int) -> Batch | None:
        """None: nothing is left to be done."""
        looped, now = self._looped, time.monotonic()
        if self._is_closed:
            return None
        if not looped.is_known:
            looped.point()
        looped.state.ring.now = looped.outbox.now = now
        left: int = self._given.call(looped.at, count)
        return None if left == loops.NOTHING_LEFT else self._look(left, count, now)

    def go_on(self, count: int) -> Batch | None:
        """Likewise."""
        looped, now = self._looped, time.monotonic()
        looped.state.ring.now = looped.outbox.now = now
        left = looped.numbers[loops.RESULT]
        if left == loops.NO_ROOM:
            return self.take(count)
        batch = self._look(left, count, now)
        if not looped.is_known:
            looped.point()
        return batch

    def _look(self, left: int, count: int, now: float) -> Batch | None:
        if left == loops.NO_ROOM:
            self.batch.start(count)
            return self.batch
        return self._looped.hand_over(count, now)
