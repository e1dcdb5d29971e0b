"""One packet that Python has looked at, for all who get it.

A key frame, or what comes behind it in its batch, goes to as many subscribers as any other packet.
What was to be decided is decided then, so that the loop writes it, too; by Python it took a tenth
of a second for 500.
"""

from collections.abc import Sequence

import numpy as np

from sfu.arena import PAYLOAD
from sfu.loops.forward import Desk
from sfu.publication import Stream
from sfu.regular import Regular
from sfu.rewrite import ids
from sfu.rewrite.plain import PlainRewriter
from sfu.state import State
from sfu.tables import LATE, NEVER


class Single:
    def __init__(self, state: State, regular: Regular, rewriter: PlainRewriter) -> None:
        self._state = state
        self._regular = regular
        self._rewriter = rewriter
        self._desk = make_desk(1)

    def forward(self, stream: Stream, slot: int, now: float) -> None:
        """Write the packet in `slot` for the stream's subscriptions."""
        if not stream.rows:
            return
        rows: Sequence[int] = stream.rows
        if self._is_usual(stream, slot):
            rows = self._write(stream, slot)
        if rows:
            self._rewriter.forward(slot, rows, now)

    def _is_usual(self, stream: Stream, slot: int) -> bool:
        """Is it rewritten as `loops/write.py` does it?"""
        state, packets, table, row = (
            self._state, self._state.packets, self._state.stream_table, stream.row,
        )  # fmt: skip
        if stream.layout is None or stream.is_capped or packets.flags[slot] & LATE:
            return False
        if state.descriptors.capture(slot):
            return False
        places = ids.places(
            table.picture_at[row], bool(table.is_wide[row]), table.tl0_at[row], table.key_at[row]
        )
        if packets.ids_at[slot] != places:
            return False
        inner = table.inner[row]
        return not inner or state.ring.data[packets.payload[slot]] & 0x7F == inner

    def _write(self, stream: Stream, slot: int) -> Sequence[int]:
        """Returns the subscriptions that the loop cannot write for."""
        state, packets, table, row = (
            self._state, self._state.packets, self._state.stream_table, stream.row,
        )  # fmt: skip
        if table.fan_count[row] == NEVER:
            state.fanout.list(row, stream.rows)
        first, count = table.fan_at[row], table.fan_count[row]
        if count > len(self._desk.rows):
            self._desk = make_desk(2 * count)
        desk = self._desk
        desk.rows["subscription"][:count] = state.fanout.listed.array("row")[first : first + count]
        found = ids.PRESENT if packets.ids_at[slot] else 0
        if found:
            found |= ids.pack(packets.picture[slot], packets.tl0[slot], packets.key[slot])
        taken = desk.taken[0]
        taken["slot"], taken["stream"], taken["next"] = slot, row, NEVER
        taken["number"], taken["timestamp"] = packets.number[slot], packets.timestamp[slot]
        taken["length"], taken["body"] = packets.size[slot], PAYLOAD
        taken["payload"], taken["reference"] = packets.payload[slot], state.ring.reference(slot)
        taken["ids"], taken["marker"] = found, packets.marker[slot]
        self._regular.write(desk, count)
        return state.fanout.odd(row)


def make_desk(rows: int) -> Desk:
    """For the rows of the first packet."""
    desk = Desk.room()
    if rows > len(desk.rows):
        desk = desk.with_room(rows)
    desk.order[:] = np.arange(len(desk.order))
    return desk
