"""The rewriting of many packets for their subscribers, in numpy on the tables.

The same rules as in `plain.py`, for regular packets only. Rows are sorted by client, so that what
goes to one leaves together, and cut into slices that stay in the processor's cache.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sfu.arena import SLICE, Arena
from sfu.drop import Drop
from sfu.outbox import Outbox
from sfu.regular import ORDER, Packets
from sfu.rewrite.ids import KEY, MASK, PICTURES, TL0
from sfu.ring import SLOT
from sfu.runs import runs
from sfu.state import State
from sfu.tables import LOG, NEVER, SPARE_WORD

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]

SPARE = SLOT - 1  # an octet of each row that no packet reaches: where what is not there goes


@dataclass(slots=True)
class Rows:
    """Packets of a slice for subscriptions, one each."""

    packet: Ints  # index into `Packets`
    row: Ints  # of the subscription
    client: Ints
    place: slice  # in the arena


@dataclass(slots=True)
class Ids:
    """VP8's ids of some packets; places are columns of the slot, SPARE where there is none."""

    has: NDArray[np.bool_]
    wide: NDArray[np.bool_]  # the picture id has 15 bits
    picture: Ints
    low: Ints  # of the picture id's second octet
    tl0: Ints
    key: Ints
    octet: Ints  # what stands beside KEYIDX
    value: Ints  # packed: `ids.py`


class VectorRewriter:
    def __init__(self, state: State, outbox: Outbox) -> None:
        self._state = state
        self._outbox = outbox

    def forward(self, packets: Packets) -> None:
        """Write these packets for all subscriptions of their streams but the odd ones."""
        sizes = np.array([len(feed.rows) for feed in packets.feeds])
        unserved = [not feed.odd and not len(feed.rows) for feed in packets.feeds]
        self._state.drop(Drop.NO_SUBSCRIBER, int(packets.counts[unserved].sum()))
        counts = sizes.repeat(packets.counts)
        packet = ORDER[: len(counts)].repeat(counts)
        total = len(packet)
        if not total:
            return
        begin = (sizes.cumsum() - sizes).repeat(packets.counts) - counts.cumsum() + counts
        every = np.concatenate([feed.rows for feed in packets.feeds])
        row = every[ORDER[:total] + begin[packet]]
        order = self._order(packets, packet, row)
        packet, row = packet[order], row[order]
        client = self._state.subscription_table.array("client")[row]
        ids = self._read_ids(packets)
        for start in range(0, total, SLICE):
            end = min(start + SLICE, total)
            arena = self._outbox.room(end - start)
            place = slice(arena.count, arena.count + end - start)
            rows = Rows(packet[start:end], row[start:end], client[start:end], place)
            self._write(arena, packets, ids, rows)
            if end < total:
                self._outbox.flush()

    def _order(self, packets: Packets, packet: Ints, row: Ints) -> Ints:
        """Audio first, then by client; the packets of a subscription stay together."""
        client = self._state.subscription_table.array("client")[row]
        is_audio = self._state.stream_table.array("is_audio")[packets.stream]
        is_rest = (is_audio == 0)[packet]
        if self._state.client_table.capacity <= 1 << 15:
            # Sixteen bits are sorted by radix, four times as fast.
            keys = client.astype(np.uint16) | (is_rest * np.uint16(1 << 15))
        else:
            keys = client | is_rest * (1 << 32)
        order: Ints = keys.argsort(kind="stable")
        return order

    def _write(self, arena: Arena, packets: Packets, ids: Ids | None, rows: Rows) -> None:
        table, row, packet = self._state.subscription_table, rows.row, rows.packet
        np.take(
            self._state.ring.rows, packets.slot[packet], 0, out=arena.rows[rows.place], mode="clip"
        )
        payload = packets.column[packet]
        size = packets.size[packet]
        extended = packets.sequence[packet] + table.array("sequence_offset")[row]
        timestamp = packets.timestamp[packet] + table.array("timestamp_offset")[row] & 0xFFFFFFFF
        words = table.array("words")[row].astype(np.int64)
        head = words * 4
        length = head + size
        number = self._take_numbers(rows, length)
        heads = self._heads(packets, rows, extended, timestamp, number)
        start = payload - head
        place_heads(arena, rows.place, heads, start >> 2, words)
        moved = None if ids is None else self._write_ids(arena, ids, rows)
        arena.client[rows.place] = rows.client
        arena.start[rows.place] = start
        arena.length[rows.place] = length
        arena.repeat[rows.place] = self._repeats(row, extended, number)
        arena.count = rows.place.stop
        self._remember(packets, rows, extended, timestamp, moved)
        self._go_on(rows, extended, timestamp, size)
        if ids is not None and moved is not None:
            has = ids.has[packet]
            table.array("last_ids")[row[has]] = moved[has]

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
        every = ORDER[: len(row)]
        heads[every, table.array("abs_word")[row]] |= np.uint32(self._outbox.send_time)
        heads[every, table.array("twcc_word")[row]] |= ((number & 0xFFFF) << 8).astype(np.uint32)
        return heads.byteswap()

    def _take_numbers(self, rows: Rows, size: Ints) -> Ints:
        """Each client's next transport-wide numbers; what leaves under them is noted."""
        table = self._state.client_table
        words = self._state.subscription_table.array("twcc_word")[rows.row]
        number = np.zeros(len(rows.row), np.int64)
        which = (words != SPARE_WORD).nonzero()[0]
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
        table.array("log")[client, taken & LOG - 1] = self._outbox.log_time | size[which]
        return number

    def _read_ids(self, packets: Packets) -> Ids | None:
        """VP8's ids; None when no packet has any."""
        streams, stream = self._state.stream_table, packets.stream
        has = streams.array("has_ids")[stream] != 0
        if not has.any():
            return None
        wide = streams.array("is_wide")[stream] != 0
        picture, tl0, key = (
            self._column(packets, streams.array(name)[stream])
            for name in ("picture_at", "tl0_at", "key_at")
        )
        memory, base = self._state.ring.rows.reshape(-1), packets.slot * SLOT
        low = np.where(wide, picture + 1, SPARE)
        first = memory[base + picture].astype(np.int64)
        number = np.where(wide, (first & 0x7F) << 8 | memory[base + low], first & 0x7F)
        octet = memory[base + key].astype(np.int64)
        value = number | memory[base + tl0].astype(np.int64) << TL0 | (octet & 0x1F) << KEY
        return Ids(has, wide, picture, low, tl0, key, octet & 0xE0, value)

    @staticmethod
    def _column(packets: Packets, at: NDArray[np.uint8]) -> Ints:
        """From a place in the payload to one in the slot."""
        places: Ints = np.where(at, packets.column + at, SPARE)
        return places

    def _write_ids(self, arena: Arena, ids: Ids, rows: Rows) -> Ints:
        """Write them as the subscriptions count. Returns them packed."""
        packet, out = rows.packet, arena.rows.reshape(-1)
        base = ORDER[rows.place] * SLOT
        offset = self._state.subscription_table.array("id_offset")[rows.row]
        moved: Ints = ids.value[packet] + offset & MASK
        picture = moved & PICTURES
        out[base + ids.picture[packet]] = np.where(
            ids.wide[packet], picture >> 8 | 0x80, picture & 0x7F
        )
        out[base + ids.low[packet]] = picture & 0xFF
        out[base + ids.tl0[packet]] = moved >> TL0 & 0xFF
        if (ids.key != SPARE).any():
            out[base + ids.key[packet]] = ids.octet[packet] | moved >> KEY
        moved[~ids.has[packet]] = 0
        return moved

    def _repeats(self, row: Ints, extended: Ints, number: Ints) -> Ints:
        """Where to note how each is sealed; NEVER with RTX."""
        table = self._state.subscription_table
        first = table.array("repeats")[row]
        entry: Ints = first + (extended & table.array("depth")[row] - 1)
        which = (first != NEVER).nonzero()[0]
        sent = self._outbox.send_time << 16 | number[which] & 0xFFFF
        self._state.repeats.array("sent")[entry[which]] = sent
        entry[first == NEVER] = NEVER
        return entry

    def _remember(
        self, packets: Packets, rows: Rows, extended: Ints, timestamp: Ints,
        ids: Ints | None,
    ) -> None:  # fmt: skip
        table, history = self._state.subscription_table, self._state.history
        depth = table.array("depth")[rows.row]
        entry = table.array("history")[rows.row] + (extended & depth - 1)
        references = self._state.ring.references(packets.slot)
        history.array("reference")[entry] = references[rows.packet]
        history.array("stamp")[entry] = (extended & 0xFFFF) << 32 | timestamp
        if ids is not None:
            history.array("ids")[entry] = ids
        history.array("resent")[entry] = 0

    def _go_on(self, rows: Rows, extended: Ints, timestamp: Ints, size: Ints) -> None:
        """What each subscription keeps of its last packet."""
        table = self._state.subscription_table
        first, counts = runs(rows.row)
        row, last = rows.row[first], first + counts - 1
        table.array("packets")[row] += counts
        table.array("octets")[row] += np.add.reduceat(size, first)
        table.array("next")[row] = extended[last] + 1
        table.array("last_timestamp")[row] = timestamp[last]
        table.array("last_time")[row] = self._outbox.now


def place_heads(arena: Arena, place: slice, heads: Words, start: Ints, words: Ints) -> None:
    """Copy each header before its payload. `start` counts words."""
    flat = arena.words.reshape(-1)
    at = (ORDER[place] * (SLOT // 4) + start)[:, None]
    for size in set(words.tolist()):
        if (which := words == size).all():
            flat[at + ORDER[:size]] = heads[:, :size]
        else:
            flat[at[which] + ORDER[:size]] = heads[which, :size]
