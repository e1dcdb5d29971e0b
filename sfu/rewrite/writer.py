"""One outgoing packet at a time: its head, extensions and payload, into a row of the arena."""

import struct

from sfu.arena import PAYLOAD, Arena
from sfu.client import Client
from sfu.outbox import Outbox
from sfu.ring import SLOT
from sfu.rtp import FIXED
from sfu.state import State
from sfu.subscription import Head
from sfu.tables import LOG

SHORT = struct.Struct("!H")


class Writer:
    """`write` a packet, change its payload in `data` at the place that this gave, `finish` it."""

    def __init__(self, state: State, outbox: Outbox) -> None:
        self.data = outbox.arena.data
        self.sent = 0  # abs-send-time << 16 | transport-wide number of what was written last
        self._state = state
        self._outbox = outbox
        self._arena = outbox.arena

    def write(
        self, client: Client, head: Head, kind: int, sequence: int, timestamp: int, ssrc: int,
        payload: bytes | memoryview,
    ) -> int:  # fmt: skip
        """`kind`: marker and payload type. Returns where in `data` the payload begins."""
        self._arena = arena = self._outbox.room()
        number = 0
        if head.transport_cc_at:
            number = self._take_number(client.row, head.size + len(payload))
        sent = self._outbox.times.send_time << 16 | number & 0xFFFF
        return self._put(arena, head, kind, sequence, timestamp, ssrc, payload, sent)

    def rewrite(
        self, arena: Arena, head: Head, kind: int, sequence: int, timestamp: int, ssrc: int,
        payload: bytes | memoryview, sent: int,
    ) -> int:  # fmt: skip
        """The same as it was `sent` before, into another arena."""
        self._arena = arena
        return self._put(arena, head, kind, sequence, timestamp, ssrc, payload, sent)

    def _put(
        self, arena: Arena, head: Head, kind: int, sequence: int, timestamp: int, ssrc: int,
        payload: bytes | memoryview, sent: int,
    ) -> int:  # fmt: skip
        self.data = data = arena.data
        self.sent = sent
        size = head.size
        at = arena.count * SLOT + max(PAYLOAD, size)
        start = at - size
        data[start:at] = head.data
        FIXED.pack_into(data, start, head.flags, kind, sequence & 0xFFFF, timestamp, ssrc)
        if place := head.abs_send_time_at:
            place += start
            data[place : place + 3] = (sent >> 16).to_bytes(3, "big")
        if place := head.transport_cc_at:
            SHORT.pack_into(data, start + place, sent & 0xFFFF)
        data[at : at + len(payload)] = payload
        return at

    def _take_number(self, row: int, size: int) -> int:
        """The client's next transport-wide number; what leaves under it is noted."""
        table = self._state.client_table
        number = table.twcc[row]
        table.twcc[row] = number + 1
        table.log[row * LOG + (number & LOG - 1)] = self._outbox.times.log_time | size
        return number

    def finish(self, client: Client, head: Head, end: int, repeat: int) -> None:
        """It stands before `end` in `data`. `repeat`: its row of `Repeats`, or NONE."""
        arena = self._arena
        start = max(PAYLOAD, head.size) - head.size
        arena.append(client.row, start, end - arena.count * SLOT - start, repeat)
