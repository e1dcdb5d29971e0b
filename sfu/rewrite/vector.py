"""The rewriting of many packets for their subscribers, in numpy on the tables.

The same rules as in `plain.py`, for regular packets only. Rows are sorted by client, so that what
goes to one leaves together, and cut into slices that stay in the processor's cache.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sfu import extensions
from sfu.arena import SLICE, Arena
from sfu.drop import Drop
from sfu.outbox import Outbox
from sfu.regular import ORDER, Packets, runs
from sfu.ring import SLOT, START
from sfu.state import State
from sfu.tables import LOG, NEVER

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]

NO_IDS = -1


@dataclass(slots=True)
class Rows:
    """Packets of a slice for subscriptions, one each."""

    packet: Ints  # index into `Packets`
    row: Ints  # of the subscription
    client: Ints
    place: slice  # in the arena


class VectorRewriter:
    def __init__(self, state: State, outbox: Outbox) -> None:
        self._state = state
        self._outbox = outbox
        self._now = 0.0
        self._send_time = 0
        self._log_time = 0  # microseconds << 16

    def set_time(self, now: float) -> None:
        """When the packets leave; once per batch is enough."""
        self._now = now
        self._send_time = extensions.abs_send_time(now)
        self._log_time = int(now * 1e6) << 16

    def forward(self, packets: Packets) -> None:
        """Write these packets for all subscriptions of their streams but the odd ones."""
        fanout = self._state.fanout
        counts = fanout.count[packets.stream]
        served = int(np.count_nonzero(counts))
        self._state.drop(Drop.NO_SUBSCRIBER, len(counts) - served)
        if not served:
            return
        packet = ORDER[: len(counts)].repeat(counts)
        total = len(packet)
        skipped = fanout.start[packets.stream] - counts.cumsum() + counts
        row = fanout.rows[ORDER[:total] + skipped[packet]]
        order = fanout.rank[row].argsort(kind="stable")
        packet, row = packet[order], row[order]
        client = self._state.subscription_table.array("client")[row]
        for start in range(0, total, SLICE):
            end = min(start + SLICE, total)
            arena = self._outbox.arena(is_audio=False, rows=end - start)
            place = slice(arena.count, arena.count + end - start)
            rows = Rows(packet[start:end], row[start:end], client[start:end], place)
            self._write(arena, packets, rows)

    def _write(self, arena: Arena, packets: Packets, rows: Rows) -> None:
        table, row, packet = self._state.subscription_table, rows.row, rows.packet
        np.take(
            self._state.ring.rows, packets.slot[packet], 0, out=arena.rows[rows.place], mode="clip"
        )
        payload = packets.column[packet]
        size = packets.size[packet]
        extended = packets.sequence[packet] + table.array("sequence_offset")[row]
        timestamp = packets.timestamp[packet] + table.array("timestamp_offset")[row] & 0xFFFFFFFF
        words = table.array("words")[row].astype(np.int64)
        number = self._take_numbers(rows, words * 4 + size)
        heads = self._heads(packets, rows, extended, timestamp, number)
        start = payload - words * 4
        place_heads(arena, rows.place, heads, start // 4, words)
        ids = self._renumber(arena, packets, rows, payload)
        arena.client[rows.place] = rows.client
        arena.start[rows.place] = start
        arena.length[rows.place] = words * 4 + size
        arena.repeat[rows.place] = self._repeats(row, extended, number)
        arena.count = rows.place.stop
        self._remember(packets, rows, extended, timestamp, ids)
        self._go_on(rows, extended, timestamp, size, ids)

    def _heads(
        self, packets: Packets, rows: Rows, extended: Ints, timestamp: Ints, number: Ints
    ) -> Words:
        """The words of the headers, as numbers of this machine."""
        table, row = self._state.subscription_table, rows.row
        heads: Words = table.array("head")[row]
        kind = packets.marker[rows.packet] | table.array("payload_type")[row]
        heads[:, 0] |= (kind << 16 | extended & 0xFFFF).astype(np.uint32)
        heads[:, 1] = timestamp
        heads[:, 2] = table.array("ssrc")[row]
        add(heads, table.array("abs_word")[row], np.full(len(row), self._send_time))
        add(heads, table.array("twcc_word")[row], (number & 0xFFFF) << 8)
        return heads.byteswap()

    def _take_numbers(self, rows: Rows, size: Ints) -> Ints:
        """Each client's next transport-wide numbers; what leaves under them is noted."""
        table = self._state.client_table
        has = self._state.subscription_table.array("twcc_word")[rows.row] != 0
        number = np.zeros(len(rows.row), np.int64)
        which = np.flatnonzero(has)
        if not len(which):
            return number
        # A client has its audio rows here, and its others there: it is numbered as one.
        client = rows.client[which]
        order = client.argsort(kind="stable")
        client, which = client[order], which[order]
        first, counts = runs(client)
        base = table.array("twcc")[client[first]]
        table.array("twcc")[client[first]] = base + counts
        number[which] = taken = ORDER[: len(client)] + (base - first).repeat(counts)
        table.array("log")[client, taken & LOG - 1] = self._log_time | size[which]
        return number

    def _renumber(self, arena: Arena, packets: Packets, rows: Rows, payload: Ints) -> Ints:
        """Write the ids of VP8: key << 24 | tl0 << 16 | picture, or NO_IDS."""
        streams = self._state.stream_table
        stream = packets.stream[rows.packet]
        base = ORDER[rows.place] * SLOT + payload
        source = packets.base[rows.packet] + payload - START
        ids = np.full(len(base), NO_IDS)
        if not streams.array("has_ids")[packets.stream].any():
            return ids
        for name, write in (
            ("picture_at", self._write_pictures),
            ("tl0_at", self._write_tl0),
            ("key_at", self._write_keys),
        ):
            at = streams.array(name)[stream].astype(np.int64)
            which = np.flatnonzero(at)
            if len(which):
                at = at[which]
                ids[which] = np.maximum(ids[which], 0)
                wide = streams.array("is_wide")[stream[which]] != 0
                ids[which] |= write(
                    arena, source[which] + at, base[which] + at, rows.row[which], wide
                )
        return ids

    def _write_pictures(
        self, arena: Arena, source: Ints, at: Ints, row: Ints, wide: NDArray[np.bool_]
    ) -> Ints:
        memory, out = self._memory, arena.rows.reshape(-1)
        value: Ints = memory[source].astype(np.int64)
        value = np.where(wide, (value & 0x7F) << 8 | memory[source + 1], value & 0x7F)
        value = value + self._state.subscription_table.array("picture_offset")[row] & 0x7FFF
        out[at] = np.where(wide, 0x80 | value >> 8, value & 0x7F)
        out[at[wide] + 1] = value[wide] & 0xFF
        return value

    def _write_tl0(
        self, arena: Arena, source: Ints, at: Ints, row: Ints, wide: NDArray[np.bool_]
    ) -> Ints:
        offset = self._state.subscription_table.array("tl0_offset")[row]
        value: Ints = self._memory[source] + offset & 0xFF
        arena.rows.reshape(-1)[at] = value
        return value << 16

    def _write_keys(
        self, arena: Arena, source: Ints, at: Ints, row: Ints, wide: NDArray[np.bool_]
    ) -> Ints:
        octet = self._memory[source].astype(np.int64)
        offset = self._state.subscription_table.array("key_offset")[row]
        value: Ints = (octet & 0x1F) + offset & 0x1F
        arena.rows.reshape(-1)[at] = octet & 0xE0 | value
        return value << 24

    @property
    def _memory(self) -> NDArray[np.uint8]:
        return self._state.ring.rows.reshape(-1)

    def _repeats(self, row: Ints, extended: Ints, number: Ints) -> Ints:
        """Where to note how each is sealed; NEVER with RTX."""
        table = self._state.subscription_table
        first = table.array("repeats")[row]
        entry = first + (extended & table.array("depth")[row] - 1)
        which = np.flatnonzero(first != NEVER)
        sent = self._send_time << 16 | number[which] & 0xFFFF
        self._state.repeats.array("sent")[entry[which]] = sent
        result: Ints = np.where(first != NEVER, entry, NEVER)
        return result

    def _remember(
        self, packets: Packets, rows: Rows, extended: Ints, timestamp: Ints, ids: Ints
    ) -> None:
        table, history = self._state.subscription_table, self._state.history
        depth = table.array("depth")[rows.row]
        entry = table.array("history")[rows.row] + (extended & depth - 1)
        references = self._state.ring.references(packets.slot)
        history.array("reference")[entry] = references[rows.packet]
        history.array("stamp")[entry] = (extended & 0xFFFF) << 32 | timestamp
        history.array("ids")[entry] = np.maximum(ids, 0)
        history.array("resent")[entry] = 0

    def _go_on(self, rows: Rows, extended: Ints, timestamp: Ints, size: Ints, ids: Ints) -> None:
        """What each subscription keeps of its last packet."""
        table = self._state.subscription_table
        first, counts = runs(rows.row)
        row, last = rows.row[first], first + counts - 1
        table.array("packets")[row] += counts
        table.array("octets")[row] += np.add.reduceat(size, first)
        table.array("next")[row] = extended[last] + 1
        table.array("last_timestamp")[row] = timestamp[last]
        table.array("last_time")[row] = self._now
        if len(which := np.flatnonzero(ids[last] != NO_IDS)):
            row, last_ids = row[which], ids[last[which]]
            table.array("last_picture")[row] = last_ids & 0x7FFF
            table.array("last_tl0")[row] = last_ids >> 16 & 0xFF
            table.array("last_key")[row] = last_ids >> 24


def add(heads: Words, word: NDArray[np.uint8], value: Ints) -> None:
    """Put a value into one word of each header; word 0: into none."""
    which = word[0] if len(word) and (word == word[0]).all() else None
    if which is None:
        rows = np.flatnonzero(word)
        heads[rows, word[rows]] |= value[rows].astype(np.uint32)
    elif which:
        heads[:, which] |= value.astype(np.uint32)


def place_heads(arena: Arena, place: slice, heads: Words, start: Ints, words: Ints) -> None:
    """Copy each header before its payload. `start` counts words."""
    if (start == start[0]).all() and (words == words[0]).all():
        arena.words[place, start[0] : start[0] + words[0]] = heads[:, : words[0]]
        return
    rows = ORDER[place]
    for size in np.unique(words).tolist():
        which = np.flatnonzero(words == size)
        columns = start[which][:, None] + ORDER[:size]
        arena.words[rows[which][:, None], columns] = heads[which, :size]
