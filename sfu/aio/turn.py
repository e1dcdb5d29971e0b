"""A socket that is drained by the compiled loop: what came is forwarded before Python sees it."""

import time
from collections.abc import Callable

import numpy as np

from sfu.aio import loops
from sfu.aio.native import NativeEgress, NativeReader
from sfu.loops.forward import DONE
from sfu.loops.memory import put
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
        reader, numbers = self._reader, self._numbers
        now = self._clock()
        self._regular.open(now)
        self._set()
        step: int = self._turn.call(self._at, now)
        self.came = came = numbers[loops.CAME]
        if came <= 0:
            return self._read_again()
        self.is_drained = came < BLOCK
        batch = reader.batch
        batch.start(came)
        batch.step = step
        if numbers[loops.SEALED]:
            self._count()
        if step == DONE and not numbers[loops.ALONE]:
            self._plane.finish(batch, now)
            return None
        return batch

    def _read_again(self) -> Batch | None:
        """The loop has not got the system's reason."""
        batch = self._reader.read()
        self.is_drained, self.came = self._reader.is_drained, self._reader.came
        return batch

    def _count(self) -> None:
        """What has left; and send what has not."""
        (
            sealed, failed, packets, octets, missing, leaving, others, messages, sent,
        ) = self._numbers[loops.SEALED : loops.NUMBERS].tolist()  # fmt: skip
        self._regular.has_left = sealed
        self._outbox.count(failed, packets, octets, missing)
        if sent < messages:
            self._egress.go_on(leaving, messages, max(sent, 0))
        if others:
            self._egress.send_others(self._outbox.arena, sealed)

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

    def _set(self) -> None:
        numbers, state, egress = self._numbers, self._state, self._egress
        numbers[loops.OFFSET], numbers[loops.CLOCK] = self._receiver.clock.read()
        numbers[loops.TURN], numbers[loops.WAITING] = state.turn, state.arrivals.count
        numbers[loops.USUAL], numbers[loops.SEND_FILE] = egress.usual, egress.usual_file
        numbers[loops.JOINS] = self._sender.segments
        if self._growths != state.growths:
            self._growths = state.growths
            self._point()

    def _point(self) -> None:
        at, regular, state, batch = self._at, self._regular, self._state, self._reader.batch
        put(at, loops.TABLES, regular.tables())
        routes = self._routes.table(batch.socket)
        put(at, loops.DRAINED, (routes, batch.names, batch.lengths, batch.arrivals))
        put(at, loops.DESK, regular.desk)
        put(at, loops.SHEET, regular.sheet)
        sealer, received, sent = state.sealer, self._receiver.memory, self._sender.memory
        contexts = sealer.unsealing.contexts, sealer.sealing.contexts
        put(at, loops.OTHER, (state.arrivals.waiting, *contexts))
        put(at, loops.RECEIVING, (received.messages, received.control, self._receiver.names))
        put(at, loops.SENDING, (*self._egress.packets, self._sender.starts))
        put(at, loops.SENDING + 8, (sent.messages, sent.vectors, sent.control))
        put(at, loops.SENDING + 14, (self._sender.addresses,))
        self._numbers[loops.ADDRESSES_AT] = self._sender.at
