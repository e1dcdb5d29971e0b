"""The memory that the loop of `loops.py` works in, and what Python does with what it leaves."""

import numpy as np

from sfu.aio import loops
from sfu.aio.beside import Relay
from sfu.aio.native import NativeEgress
from sfu.loops.forward import DONE
from sfu.loops.memory import put
from sfu.loops.take import N_ALONE
from sfu.plane import Plane
from sfu.ring import BLOCK, Batch
from sfu.tables import Ints
from turn.aio.mmsg import Calls
from turn.beside import ORDER
from turn.compiling import NOBODY
from turn.segments import Packets


class Looped:
    """For one place where datagrams come from; its batches are this one, each time."""

    def __init__(self, batch: Batch, egress: NativeEgress, plane: Plane, calls: Calls) -> None:
        self.batch = batch
        self.at: Ints = np.zeros(loops.SIZE, np.int64)
        self.numbers: memoryview[int] = self.at.data
        self.state = plane.regular.state
        self.outbox = plane.regular.outbox
        self._plane = plane
        self._regular = plane.regular
        self._egress = egress
        self._sender = egress.sender
        self._by_relay = Packets.room(len(egress.packets.pointers))
        self._order = np.zeros(1, ORDER)
        self._relay: Relay | None = None
        self.numbers[loops.KNOWN] = -1
        self._set_once(calls)

    @property
    def is_known(self) -> bool:
        """Does everything stand where the loop was told?"""
        numbers = self.numbers
        return (
            self.state.growths == numbers[loops.KNOWN]
            and self._egress.usual == numbers[loops.USUAL]
            and self._egress.relay is self._relay
        )

    def hand_over(self, came: int, now: float) -> Batch | None:
        """What the loop has left. None: that was little, and is done."""
        numbers, batch, regular = self.numbers, self.batch, self._regular
        batch.start(came)
        batch.step = numbers[loops.STEP]
        regular.has_left = numbers[loops.SEALED]
        if numbers[loops.SENT] < numbers[loops.MESSAGES]:
            self._send_rest()
        if (way := numbers[loops.WAY_LEFT]) and self._relay is not None:
            self._relay.go_on_beside(self._order)
        if numbers[loops.OTHERS]:
            self._egress.send_others(self.outbox.arena, regular.has_left, self._done(way))
        if batch.step != DONE or regular.desk.counts[N_ALONE]:
            return batch
        self._plane.finish(batch, now)
        return None

    def point(self) -> None:
        """Tell the loop where everything stands."""
        at, regular, state, batch = self.at, self._regular, self.state, self.batch
        numbers, egress = self.numbers, self._egress
        numbers[loops.KNOWN] = state.growths
        numbers[loops.USUAL] = egress.usual
        numbers[loops.JOINS] = self._sender.segments
        self._files = egress.files()
        numbers[loops.FILES], numbers[loops.SOCKETS] = self._files.ctypes.data, len(self._files)
        put(at, loops.TABLES, regular.tables())
        routes = self._plane.routes.table(batch.socket)
        put(at, loops.DRAINED, (routes, batch.names, batch.lengths, batch.arrivals))
        put(at, loops.DESK, regular.desk)
        put(at, loops.SHEET, regular.sheet)
        sealer, sent = state.sealer, self._sender.memory
        contexts = sealer.unsealing.contexts, sealer.sealing.contexts
        put(at, loops.OTHER, contexts)
        put(at, loops.SENDING, (*egress.packets, self._sender.starts))
        put(at, loops.SENDING + 8, (sent.messages, sent.vectors, sent.control))
        put(at, loops.SENDING + 14, (self._sender.addresses,))
        put(at, loops.WAY_SENDING, self._by_relay)
        numbers[loops.ADDRESSES_AT] = self._sender.at
        self._relay = relay = egress.relay
        taker = None if relay is None else relay.taker
        numbers[loops.WAY], numbers[loops.WAYS] = egress.first_way, egress.ways
        numbers[loops.WAY_FUNCTION], numbers[loops.WAY_WORD] = taker or NOBODY

    def _done(self, way: int) -> set[int]:
        """Numbers of sockets and ways by which what was for them has left."""
        numbers = self.numbers
        usual, socket = numbers[loops.USUAL], numbers[loops.SOCKET]
        sockets = range(socket + 1) if socket != usual else ()
        return {usual, *sockets, *range(numbers[loops.WAY], way + 1)}

    def _send_rest(self) -> None:
        """The system has not taken all messages of a socket."""
        leaving, _, messages, sent = self.numbers[loops.LEAVING : loops.SENT + 1].tolist()
        self._egress.go_on(self.numbers[loops.SOCKET], leaving, messages, max(sent, 0))
        self.numbers[loops.JOINS] = self._sender.segments

    def _set_once(self, calls: Calls) -> None:
        numbers, memory, arena = self.numbers, self._sender.memory, self.outbox.arena
        numbers[loops.MOST] = BLOCK
        numbers[loops.SEND], numbers[loops.CLOCK_AT] = calls.send_at, calls.clock_at
        numbers[loops.ARENA] = arena.address
        numbers[loops.COLUMN_LENGTHS] = arena.length_address
        numbers[loops.SEND_MESSAGES] = memory.address
        numbers[loops.SEND_VECTORS] = memory.vectors_address
        numbers[loops.WAY_ORDER] = self._order.ctypes.data
        sealer = self.state.sealer
        numbers[loops.PROTECT], numbers[loops.PROTECT_CONTROL], _ = sealer.sealing
        unprotect, unprotect_control, _, numbers[loops.RING] = sealer.unsealing
        numbers[loops.UNPROTECT], numbers[loops.UNPROTECT_CONTROL] = unprotect, unprotect_control
