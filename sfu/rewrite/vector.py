"""The rewriting of many packets for their subscribers, in numpy on the tables.

The same rules as in `plain.py`, for regular packets only. Rows are sorted by client, so that what
goes to one leaves together, and cut into slices that stay in the processor's cache.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfu import heads
from sfu.arena import ROWS, SLICE, Arena
from sfu.drop import Drop
from sfu.layout import KEY as KEY_AT
from sfu.layout import PICTURE, PICTURE_LOW, SPARE
from sfu.outbox import Outbox
from sfu.regular import ORDER, Packets
from sfu.rewrite.ids import KEY, MASK, PRESENT, TL0
from sfu.ring import SLOT
from sfu.runs import runs
from sfu.state import State
from sfu.tables import LOG, NEVER

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]
Columns = dict[str, NDArray[Any]]

RADIX = 1 << 15  # clients whose rows are sorted by radix, with one bit of 16 to spare
MIXED = 4  # runs of headers of a kind, up to which each is written by itself
STARTS = ORDER[:ROWS] * SLOT  # of rows, in the arena


class Rows:
    """Packets of a slice for subscriptions, one each."""

    __slots__ = (
        "client", "extended", "head", "is_rest", "length", "number", "packet", "place", "row",
        "size", "start", "timestamp",
    )  # fmt: skip

    packet: Ints  # index into `Packets`
    row: Ints  # of the subscription
    client: Ints
    is_rest: NDArray[np.bool_]  # not audio
    place: slice  # in the arena
    extended: Ints  # sequence number
    timestamp: Ints
    size: Ints  # bytes of payload
    head: Ints  # bytes
    start: Ints  # where the packet begins
    length: Ints  # bytes from there
    number: Ints  # transport-wide, 0 without


class VectorRewriter:
    def __init__(self, state: State, outbox: Outbox) -> None:
        self._state = state
        self._outbox = outbox

    def forward(self, packets: Packets) -> None:
        """Write these packets for all subscriptions of their streams but the odd ones."""
        row, packet = self._fan_out(packets)
        total = len(row)
        if not total:
            return
        client = self._state.subscription_table.arrays["client"][row]
        is_rest = (self._state.stream_table.arrays["is_audio"][packets.stream] == 0)[packet]
        order = self._order(client, is_rest)
        row, packet, client, is_rest = row[order], packet[order], client[order], is_rest[order]
        for start in range(0, total, SLICE):
            end = min(start + SLICE, total)
            arena = self._outbox.room(end - start)
            rows = Rows()
            rows.place = slice(arena.count, arena.count + end - start)
            rows.packet, rows.row = packet[start:end], row[start:end]
            rows.client, rows.is_rest = client[start:end], is_rest[start:end]
            self._write(arena, packets, rows)
            if end < total:
                self._outbox.flush()

    def _fan_out(self, packets: Packets) -> tuple[Ints, Ints]:
        """Rows of subscriptions, and for each the index of its packet."""
        state, stream = self._state, packets.stream
        table = state.stream_table.arrays
        counts = table["fan_count"][stream]
        if np.count_nonzero(counts > 0) < len(counts):
            for row in set(stream[counts == NEVER].tolist()):
                state.fanout.list(row, state.stream(row).rows)
            counts = table["fan_count"][stream]
            self._drop_unserved(stream[counts == 0])
        ends = counts.cumsum()
        total = int(ends[-1])
        begin = table["fan_at"][stream] - ends + counts
        every = ORDER[:total] + begin.repeat(counts)
        return state.fanout.listed.arrays["row"][every], ORDER[: len(counts)].repeat(counts)

    def _drop_unserved(self, stream: Ints) -> None:
        odd = self._state.fanout.odd
        unserved = sum(not odd(row) for row in stream.tolist())
        self._state.drop(Drop.NO_SUBSCRIBER, unserved)

    def _order(self, client: Ints, is_rest: NDArray[np.bool_]) -> Ints:
        """Audio first, then by client; the packets of a subscription stay together."""
        if self._state.client_table.capacity <= RADIX:
            # Sixteen bits are sorted by radix, four times as fast.
            return (client.astype(np.uint16) | is_rest * np.uint16(RADIX)).argsort(kind="stable")
        return (client | is_rest * np.int64(1 << 32)).argsort(kind="stable")

    def _write(self, arena: Arena, packets: Packets, rows: Rows) -> None:
        table, row, packet = self._state.subscription_table.arrays, rows.row, rows.packet
        slot = packets.slot[packet]
        np.take(self._state.ring.rows, slot, 0, out=arena.rows[rows.place], mode="clip")
        rows.size = size = packets.size[packet]
        rows.extended = packets.number[packet] + table["sequence_offset"][row]
        timestamp = packets.timestamp[packet] + table["timestamp_offset"][row]
        timestamp &= 0xFFFFFFFF
        rows.timestamp = timestamp
        kinds = table["head_kind"][row]
        rows.head = (kinds & 0xFF) << 2
        rows.start = packets.shape[:, 0][packet] - rows.head
        rows.length = size + rows.head
        self._take_numbers(rows, kinds)
        self._write_heads(arena, packets, rows, kinds)
        ids = self._write_ids(arena, packets, rows)
        arena.client[rows.place] = rows.client
        arena.start[rows.place] = rows.start
        arena.length[rows.place] = rows.length
        arena.count = rows.place.stop
        entry = rows.extended & table["depth"][row] - 1
        arena.repeat[rows.place] = self._repeats(table, rows, entry)
        self._remember(packets, rows, table["history"][row] + entry, ids)
        self._go_on(table, rows, ids)

    def _take_numbers(self, rows: Rows, kinds: Ints) -> None:
        """Each client's next transport-wide numbers; what leaves under them is noted."""
        client, is_rest, length = rows.client, rows.is_rest, rows.length
        has = kinds > heads.NUMBERED
        is_part = np.count_nonzero(has) < len(has)
        if is_part:
            client, is_rest, length = client[has], is_rest[has], length[has]
        rows.number = np.zeros(len(has), np.int64)
        if not len(client):
            return
        table = self._state.client_table.arrays
        first, counts = runs(client)
        owner, numbers = client[first], table["twcc"]
        # A client may have its audio rows here and its others there: the latter come behind.
        base = numbers[owner]
        np.add.at(numbers, owner, counts)
        np.copyto(base, numbers[owner] - counts, where=is_rest[first])
        taken = (base - first).repeat(counts)
        taken += ORDER[: len(client)]
        log = table["log"].reshape(-1)
        log[client * LOG + (taken & LOG - 1)] = length | self._outbox.log_time
        if is_part:
            rows.number[has] = taken
        else:
            rows.number = taken

    def _write_heads(self, arena: Arena, packets: Packets, rows: Rows, kinds: Ints) -> None:
        table, row = self._state.subscription_table.arrays, rows.row
        words: Words = table["head"][row]
        kind = packets.marker[rows.packet] | table["payload_type"][row]
        kind <<= 16
        kind |= rows.extended & 0xFFFF
        words[:, 0] |= kind.astype(np.uint32)
        words[:, 1] = rows.timestamp
        place = STARTS[rows.place] + rows.start
        place >>= 2
        for part in parts(kinds):
            self._place_heads(arena, words[part], kinds[part], rows.number[part], place[part])

    def _place_heads(
        self, arena: Arena, words: Words, kinds: Ints, number: Ints, place: Ints
    ) -> None:
        """Those of one kind, each to a place in the arena that counts words."""
        size, send_time_at, number_at = heads.parse(int(kinds[0]))
        if send_time_at:
            words[:, send_time_at] |= np.uint32(self._outbox.send_time)
        if number_at:
            words[:, number_at] |= ((number & 0xFFFF) << 8).astype(np.uint32)
        arena.words.reshape(-1)[place[:, None] + ORDER[:size]] = words[:, :size].byteswap()

    def _write_ids(self, arena: Arena, packets: Packets, rows: Rows) -> Ints | None:
        """Write VP8's ids as the subscriptions count. Returns them packed, with PRESENT."""
        if packets.ids is None:
            return None
        packet = rows.packet
        moved: Ints = (
            packets.ids[packet] + self._state.subscription_table.arrays["id_offset"][rows.row]
        )
        moved &= MASK | PRESENT
        places = packets.shape[packet, PICTURE : KEY_AT + 1]
        octets = np.empty(places.shape, np.uint8)
        octets[:, 0] = moved
        octets[:, 1] = moved
        octets[:, 2] = moved >> TL0
        octets[:, 3] = packets.octets[packet, KEY_AT] & 0xE0 | moved >> KEY & 0x1F
        is_wide = places[:, PICTURE_LOW - PICTURE] != SPARE
        octets[:, 0] &= 0x7F
        np.copyto(octets[:, 0], moved >> 8 & 0x7F | 0x80, where=is_wide, casting="unsafe")
        places += STARTS[rows.place, None]
        arena.rows.reshape(-1)[places] = octets
        return moved

    def _repeats(self, table: Columns, rows: Rows, entry: Ints) -> Ints:
        """Where to note how each is sealed; NEVER with RTX."""
        first = table["repeats"][rows.row]
        which = (first != NEVER).nonzero()[0]
        if not len(which):
            return first
        place = first[which] + entry[which]
        sent = self._outbox.send_time << 16 | rows.number[which] & 0xFFFF
        self._state.repeats.arrays["sent"][place] = sent
        first[which] = place
        return first

    def _remember(self, packets: Packets, rows: Rows, entry: Ints, ids: Ints | None) -> None:
        history = self._state.history.arrays
        references = self._state.ring.references(packets.slot)
        history["reference"][entry] = references[rows.packet]
        history["stamp"][entry] = (rows.extended & 0xFFFF) << 32 | rows.timestamp
        history["ids"][entry] = 0 if ids is None else (ids & MASK).astype(np.uint32)

    def _go_on(self, table: Columns, rows: Rows, ids: Ints | None) -> None:
        """What each subscription keeps of its last packet."""
        row = rows.row
        np.add.at(table["packets"], row, 1)
        np.add.at(table["octets"], row, rows.size)
        # Of several values for one place the last one stays.
        table["next"][row] = rows.extended + 1
        table["last_timestamp"][row] = rows.timestamp
        table["last_time"][row] = self._outbox.now
        if ids is not None:
            has = (ids & PRESENT).nonzero()[0]
            table["last_ids"][row[has]] = ids[has] & MASK


def parts(kinds: Ints) -> list[slice] | list[Ints]:
    """Where each kind stands; most often all audio has one, and all video another."""
    starts, counts = runs(kinds)
    if len(starts) <= MIXED:
        return [slice(a, a + n) for a, n in zip(starts.tolist(), counts.tolist(), strict=True)]
    return [(kinds == kind).nonzero()[0] for kind in set(kinds.tolist())]
