"""A socket that is drained by the compiled loop: what came is forwarded before Python sees it."""

import time
from collections.abc import Callable

from sfu.aio import loops
from sfu.aio.looped import Looped
from sfu.aio.native import NativeEgress, NativeReader
from sfu.loops.memory import put
from sfu.plane import Plane
from sfu.ring import BLOCK, Batch
from turn.aio.mmsg import Calls
from turn.compiling import Direct


class Turn:
    """A `Reader` for a plane. Its batches have been begun; those that are done are not given."""

    def __init__(
        self,
        reader: NativeReader,
        egress: NativeEgress,
        plane: Plane,
        calls: Calls,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_drained = False
        self.came = 0
        self.most = BLOCK
        self._clock = clock
        self._reader = reader
        self._read_clock = reader.receiver.clock.read
        self._regular = plane.regular
        self._looped = looped = Looped(reader.batch, egress, plane, calls)
        self._at, self._numbers = looped.at, looped.numbers
        self._state, self._outbox = looped.state, looped.outbox
        self._turn = Direct(loops.turn)
        received, names = reader.receiver.memory, reader.receiver.names
        put(self._at, loops.RECEIVING, (received.messages, received.control, names))
        numbers = self._numbers
        numbers[loops.FILE], numbers[loops.RECEIVE] = reader.file, calls.receive_at
        numbers[loops.RECEIVE_MESSAGES] = received.address
        numbers[loops.NAME_WORDS] = names.shape[1]

    def read(self) -> Batch | None:
        """The same batch each time. None: nothing was there, or nothing is left to be done."""
        looped, numbers, now = self._looped, self._numbers, self._clock()
        if not looped.is_known:
            looped.point()
        numbers[loops.OFFSET], numbers[loops.CLOCK] = self._read_clock()
        numbers[loops.MOST] = self.most
        self._state.ring.now = self._outbox.now = now
        left: int = self._turn.call(self._at, now)
        if left == loops.NO_ROOM:
            self._regular.open(now)
            return self.read()
        self.came = came = max(numbers[loops.CAME], 0)
        self.is_drained = came < self.most
        if left in (loops.NOTHING_LEFT, loops.NOTHING_CAME):
            return None
        return looped.hand_over(came, now)
