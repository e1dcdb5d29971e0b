"""A socket that is drained by the compiled loop: what came is forwarded before Python sees it."""

import time
from collections.abc import Callable

import numpy as np

from sfu.aio import loops
from sfu.aio.native import NativeEgress, NativeReader
from sfu.loops.forward import DONE
from sfu.loops.memory import put
from sfu.loops.take import N_ALONE
from sfu.plane import Plane
from sfu.ring import BLOCK, Batch
from sfu.tables import Ints
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
        self._clock = clock
        self._reader = reader
        self._receiver = reader.receiver
        self._read_clock = reader.receiver.clock.read
        self._egress = egress
        self._sender = egress.sender
        self._plane = plane
        self._routes = plane.routes
        self._regular = plane.regular
        self._state = plane.regular.state
        self._outbox = plane.regular.outbox
        self._at: Ints = np.zeros(loops.SIZE, np.int64)
        self._numbers: memoryview[int] = self._at.data
        self._growths = -1  # when the loop was told where everything stands
        self._turn = Direct(loops.turn)
        self._set_once(calls)

    def read(self) -> Batch | None:
        """The same batch each time. None: nothing was there, or nothing is left to be done."""
        state, numbers, now = self._state, self._numbers, self._clock()
        if state.growths != self._growths or self._egress.usual != numbers[loops.USUAL]:
            self._point()
        numbers[loops.OFFSET], numbers[loops.CLOCK] = self._read_clock()
        state.ring.now = self._outbox.now = now
        left: int = self._turn.call(self._at, now)
        if left == loops.NO_ROOM:
            self._regular.open(now)
            return self.read()
        self.came = came = numbers[loops.CAME]
        self.is_drained = came < BLOCK
        if left == loops.NOTHING_LEFT:
            return None
        return self._read_again() if left == loops.NOTHING_CAME else self._hand_over(came, now)

    def _hand_over(self, came: int, now: float) -> Batch | None:
        """What the loop has left."""
        numbers, batch, regular = self._numbers, self._reader.batch, self._regular
        batch.start(came)
        batch.step = numbers[loops.STEP]
        regular.has_left = numbers[loops.SEALED]
        if numbers[loops.SENT] < numbers[loops.MESSAGES]:
            self._send_rest()
        if numbers[loops.OTHERS]:
            self._egress.send_others(self._outbox.arena, regular.has_left)
        if batch.step != DONE or regular.desk.counts[N_ALONE]:
            return batch
        self._plane.finish(batch, now)
        return None

    def _read_again(self) -> Batch | None:
        """The loop has not got the system's reason."""
        batch = self._reader.read()
        self.is_drained, self.came = self._reader.is_drained, self._reader.came
        return batch

    def _send_rest(self) -> None:
        """The system has not taken all messages."""
        leaving, _, messages, sent = self._numbers[loops.LEAVING : loops.NUMBERS].tolist()
        self._egress.go_on(leaving, messages, max(sent, 0))
        self._numbers[loops.JOINS] = self._sender.segments

    def _set_once(self, calls: Calls) -> None:
        numbers, memory, arena = self._numbers, self._sender.memory, self._outbox.arena
        numbers[loops.FILE], numbers[loops.MOST] = self._reader.file, BLOCK
        numbers[loops.RECEIVE_MESSAGES] = self._receiver.memory.address
        numbers[loops.RECEIVE], numbers[loops.SEND] = calls.receive_at, calls.send_at
        numbers[loops.ARENA] = arena.address
        numbers[loops.COLUMN_LENGTHS] = arena.length_address
        numbers[loops.SEND_MESSAGES] = memory.address
        numbers[loops.SEND_VECTORS] = memory.vectors_address
        numbers[loops.NAME_WORDS] = self._receiver.names.shape[1]
        sealer = self._state.sealer
        numbers[loops.PROTECT], numbers[loops.PROTECT_CONTROL], _ = sealer.sealing
        unprotect, unprotect_control, _, numbers[loops.RING] = sealer.unsealing
        numbers[loops.UNPROTECT], numbers[loops.UNPROTECT_CONTROL] = unprotect, unprotect_control

    def _point(self) -> None:
        at, regular, state, batch = self._at, self._regular, self._state, self._reader.batch
        numbers, egress = self._numbers, self._egress
        self._growths = state.growths
        numbers[loops.USUAL], numbers[loops.SEND_FILE] = egress.usual, egress.usual_file
        numbers[loops.JOINS] = self._sender.segments
        put(at, loops.TABLES, regular.tables())
        routes = self._routes.table(batch.socket)
        put(at, loops.DRAINED, (routes, batch.names, batch.lengths, batch.arrivals))
        put(at, loops.DESK, regular.desk)
        put(at, loops.SHEET, regular.sheet)
        sealer, received, sent = state.sealer, self._receiver.memory, self._sender.memory
        contexts = sealer.unsealing.contexts, sealer.sealing.contexts
        put(at, loops.OTHER, contexts)
        put(at, loops.RECEIVING, (received.messages, received.control, self._receiver.names))
        put(at, loops.SENDING, (*self._egress.packets, self._sender.starts))
        put(at, loops.SENDING + 8, (sent.messages, sent.vectors, sent.control))
        put(at, loops.SENDING + 14, (self._sender.addresses,))
        numbers[loops.ADDRESSES_AT] = self._sender.at
