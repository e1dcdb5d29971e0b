"""Many packets at once: those that are like the ones before them, and come in order.

What is regular needs no decision: number, timestamp and picture ids are read at fixed places and
added to what is known. Everything else (the first packets, gaps, key frames, switches, odd headers)
is left to the code for single packets, and with it the rest of its publication in this batch, so
that nothing overtakes.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sfu.feedback import reception
from sfu.formats import Format
from sfu.layout import (
    BODY,
    IDS,
    IS_OPAQUE,
    KEY,
    LEAST,
    LEVEL,
    OCTETS,
    PICTURE,
    PICTURE_LOW,
    SPARE,
    STARTS,
    TWCC,
    TWCC_LOW,
)
from sfu.rewrite import ids
from sfu.ring import SLOT, START, Batch
from sfu.runs import before
from sfu.sequencer import CYCLE
from sfu.state import State
from sfu.tables import LAYOUT, WINDOW

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SLICE, FU_A = 1, 28  # H.264 NAL unit types: a part of a picture, a fragment (RFC 6184)
ORDER: Ints = np.arange(1 << 16)


class Packets:
    """Columns of some packets, those of a stream together and in order."""

    __slots__ = (
        "extended", "follows", "ids", "marker", "number", "octets", "position", "shape", "size",
        "slot", "stream", "timestamp",
    )  # fmt: skip

    position: Ints  # in the batch
    slot: Ints
    stream: Ints
    shape: Ints  # of each the numbers of `Streams.shape`
    octets: NDArray[np.uint8]  # of each what stands at the first of these places
    size: Ints  # bytes of payload
    timestamp: Ints
    marker: Ints  # 0x80 or 0
    extended: Ints  # sequence number
    number: Ints  # the same without what was removed
    ids: Ints | None  # VP8's, packed, and PRESENT: `ids.py`; None: no packet has any
    follows: Bools  # of all but the first packet: is it of the same stream as the one before?

    def keep(self, which: Bools) -> None:
        """Only these."""
        for name in COLUMNS:
            setattr(self, name, getattr(self, name)[which])
        self.follows = self.stream[1:] == self.stream[:-1]


COLUMNS = (
    "position", "slot", "stream", "shape", "octets", "size", "timestamp", "marker", "extended",
)  # fmt: skip


class Regular:
    """`take` gives the regular ones of some packets, with their columns written."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._memory = state.ring.rows.reshape(-1)
        words = state.ring.rows.view(np.uint32)
        self._words = words[:, START // 4 : START // 4 + LAYOUT]

    def take(self, batch: Batch, positions: Ints, streams: Ints, now: float) -> Packets | None:
        """`positions` of unsealed packets and the rows of their streams. None: not one."""
        if not len(positions):
            return None
        order = streams.argsort(kind="stable")
        packets = Packets()
        packets.position, packets.stream = positions[order], streams[order]
        packets.follows = packets.stream[1:] == packets.stream[:-1]
        fits = self._read(batch, packets)
        if np.count_nonzero(fits) < len(fits):
            packets.keep(self._is_of_good(packets.stream, fits))
            if not len(packets.slot):
                return None
        self._number(packets)
        self._describe(packets)
        self._tell(batch, packets, now)
        return packets

    def odd(self, packets: Packets) -> Iterator[tuple[int, Sequence[int]]]:
        """Slots, with the subscriptions that are to be written one by one."""
        fanout = self._state.fanout
        if not fanout.has_odd:
            return
        for stream, slot in zip(packets.stream.tolist(), packets.slot.tolist(), strict=True):
            if odd := fanout.odd(stream):
                self._read_ids(slot)
                yield slot, odd

    def _read(self, batch: Batch, packets: Packets) -> Bools:
        """All columns; and which packets are regular."""
        table, stream = self._state.stream_table.arrays, packets.stream
        slot = packets.slot = packets.position + batch.first
        words = self._words[slot]
        differs = words & table["mask"][stream] ^ table["want"][stream]
        head = words[:, :2].byteswap()
        first: Ints = head[:, 0].astype(np.int64)
        packets.timestamp = head[:, 1].astype(np.int64)
        packets.marker = first >> 16 & 0x80
        shape = packets.shape = table["shape"][stream]
        packets.size = batch.lengths[packets.position] - shape[:, BODY]
        packets.octets = octets = self._memory[(slot * SLOT)[:, None] + shape[:, :OCTETS]]
        # Each follows the packet before it.
        highest = table["highest"][stream]
        packets.extended = extended = highest + (first - highest & 0xFFFF)
        fits: Bools = extended == before(extended, packets.follows, highest) + 1
        fits &= packets.size > shape[:, LEAST]
        # No decoder may start here: this needs no look at who waits for that.
        starts = STARTS_BY_OCTET[octets[:, :2] + shape[:, STARTS : STARTS + 2]]
        fits &= starts[:, 0] + starts[:, 1] < 2
        if np.count_nonzero(differs):
            fits &= ~differs.any(axis=1)
        if np.count_nonzero(shape[:, IS_OPAQUE]):
            fits &= (shape[:, IS_OPAQUE] == 0) | self._goes_on(packets)
        is_steady = table["is_steady"][stream]
        if np.count_nonzero(is_steady) < len(is_steady):
            self._settle(stream, fits, (is_steady == 0).nonzero()[0])
        return fits

    def _goes_on(self, packets: Packets) -> Bools:
        """Is each of the same frame as the one before it?"""
        stamps = self._state.stream_table.array("timestamp")[packets.stream]
        same: Bools = packets.timestamp == before(packets.timestamp, packets.follows, stamps)
        return same

    def _settle(self, streams: Ints, fits: Bools, unsure: Ints) -> None:
        """Look again at those that are not noted as steady; few are so for long."""
        state = self._state
        fits[unsure] &= [state.stream(row).settle() for row in streams[unsure].tolist()]

    def _is_of_good(self, stream: Ints, fits: Bools) -> Bools:
        """Which are of publications of which all fit."""
        group = self._state.stream_table.array("group")[stream]
        is_good = np.ones(self._state.stream_table.capacity, bool)
        is_good[group[~fits]] = False
        good: Bools = is_good[group]
        return good

    def _number(self, packets: Packets) -> None:
        """What the streams keep of their packets."""
        table, stream = self._state.stream_table.arrays, packets.stream
        extended = packets.extended
        table["seen"][stream, extended & WINDOW - 1] = (extended >> CYCLE).astype(np.uint16)
        # Of several values for one place the last one stays.
        table["highest"][stream] = extended
        table["timestamp"][stream] = packets.timestamp
        packets.number = extended - table["removed"][stream]
        np.add.at(table["packets"], stream, 1)

    def _describe(self, packets: Packets) -> None:
        """What sending needs, now and later."""
        table, slot = self._state.packets.arrays, packets.slot
        table["number"][slot] = packets.number
        table["timestamp"][slot] = packets.timestamp
        table["marker"][slot] = packets.marker
        table["payload"][slot] = packets.shape[:, 0]
        table["size"][slot] = packets.size
        places = packets.shape[:, IDS]
        table["ids_at"][slot] = places
        packets.ids = None
        if np.count_nonzero(places):
            octets = packets.octets[:, PICTURE : KEY + 1].astype(np.int64)
            picture = octets[:, 0] & 0x7F
            is_wide = packets.shape[:, PICTURE_LOW] != SPARE
            np.copyto(picture, picture << 8 | octets[:, 1], where=is_wide)
            octets[:, 3] &= 0x1F
            picture |= octets[:, 2] << ids.TL0 | octets[:, 3] << ids.KEY | ids.PRESENT
            packets.ids = picture * (places != 0)

    def _read_ids(self, slot: int) -> None:
        """The picture's numbers, which only a packet needs that is rewritten row by row."""
        table, data = self._state.packets, self._state.ring.data
        at = slot * SLOT + table.payload[slot]
        picture_at, is_wide, tl0_at, key_at = ids.parse_places(table.ids_at[slot])
        if picture_at:
            value = data[at + picture_at] & 0x7F
            table.picture[slot] = value << 8 | data[at + picture_at + 1] if is_wide else value
        if tl0_at:
            table.tl0[slot] = data[at + tl0_at]
        if key_at:
            table.key[slot] = data[at + key_at] & 0x1F

    def _tell(self, batch: Batch, packets: Packets, now: float) -> None:
        """Feedback, audio levels."""
        state, octets, shape = self._state, packets.octets, packets.shape
        streams, timestamp = state.stream_table, packets.timestamp
        arrival = batch.arrivals[packets.position]
        reception.receive_many(streams, packets.stream, packets.follows, timestamp, arrival)
        number = octets[:, TWCC].astype(np.int64) << 8 | octets[:, TWCC_LOW]
        client = streams.arrays["client"][packets.stream]
        is_last = packets.marker != 0
        has = shape[:, TWCC] != SPARE
        if np.count_nonzero(has) < len(has):
            number, client, arrival, is_last = number[has], client[has], arrival[has], is_last[has]
        state.arrivals.add_many(client, number, arrival, is_last)
        has_level = (shape[:, LEVEL] != SPARE).nonzero()[0]
        if not len(has_level):
            return
        levels = octets[has_level, LEVEL] & 0x7F
        for row, value, rtp in zip(
            packets.stream[has_level].tolist(), levels.tolist(), timestamp[has_level].tolist(),
            strict=True,
        ):  # fmt: skip
            meter = state.stream(row).publication.level
            if meter is not None:
                meter.receive(value, rtp, now)


def starts_by(*, second: bool) -> NDArray[np.uint8]:
    """By format and octet: 1 when a decoder may start there, as far as this octet tells.

    Both octets must say so: the first of the payload and the one `second` octets behind it. With
    VP8 that is the first of the frame tag, with H.264 the head of a fragment; 2 settles it alone.
    """
    table = np.zeros((len(Format), 256), np.uint8)
    octet = np.arange(256)
    kind = octet & 0x1F
    if second:
        table[Format.VP8] = octet & 1 == 0
        table[Format.H264] = kind != SLICE
    else:
        table[Format.VP8] = octet & 0x17 == 0x10
        table[Format.H264] = np.select([kind == SLICE, kind == FU_A], [0, 1], 2)
    return table


STARTS_BY_FIRST, STARTS_BY_SECOND = starts_by(second=False), starts_by(second=True)
STARTS_BY_OCTET = np.concatenate([STARTS_BY_FIRST.reshape(-1), STARTS_BY_SECOND.reshape(-1)])
