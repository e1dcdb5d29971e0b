"""Many packets at once: those that are like the ones before them, and come in order.

What is regular needs no decision: number, timestamp and picture ids are read at fixed places and
added to what is known. Everything else (the first packets, gaps, key frames, switches, odd headers)
is left to the code for single packets, and with it the rest of its publication in this batch, so
that nothing overtakes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sfu.fanout import Feed
from sfu.feedback import reception
from sfu.formats import Format
from sfu.ring import SLOT, START, Batch
from sfu.runs import runs
from sfu.sequencer import CYCLE
from sfu.state import State
from sfu.tables import LAYOUT, TEMPORAL, WINDOW

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SLICE, FU_A = 1, 28  # H.264 NAL unit types: a part of a picture, a fragment (RFC 6184)
ORDER: Ints = np.arange(1 << 16)


@dataclass(slots=True)
class Packets:
    """Columns of some packets, those of a stream together and in order."""

    position: Ints  # in the batch
    slot: Ints
    stream: Ints
    base: Ints  # where the packet starts in the ring's memory
    column: Ints  # where its payload starts in the slot
    size: Ints  # bytes of payload
    sequence: Ints  # 16 bits; then the extended one without what was removed
    timestamp: Ints
    marker: Ints  # 0x80 or 0
    extended: Ints  # sequence number

    def keep(self, which: Bools) -> "Packets":
        return Packets(*(getattr(self, name)[which] for name in COLUMNS))

    # By stream: where its packets begin, how many there are, and who gets them.
    first: Ints = field(init=False)
    counts: Ints = field(init=False)
    feeds: list[Feed] = field(init=False)

    @property
    def odd(self) -> Iterator[tuple[int, list[int]]]:
        """Packets by their index, with the subscriptions that are to be written one by one."""
        for first, count, feed in zip(self.first, self.counts, self.feeds, strict=True):
            if feed.odd:
                for index in range(first, first + count):
                    yield index, feed.odd


COLUMNS = (
    "position", "slot", "stream", "base", "column", "size", "sequence", "timestamp", "marker",
    "extended",
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
        packets, fits = self._read(batch, positions[order], streams[order])
        first, counts = runs(packets.stream)
        fits &= self._is_steady(packets.stream[first]).repeat(counts)
        fits &= self._is_next(packets, first)
        fits &= self._is_usual(packets)
        if not fits.all():
            group = self._state.stream_table.array("group")[packets.stream]
            packets = packets.keep(~np.isin(group, group[~fits]))
            if not len(packets.slot):
                return None
            first, counts = runs(packets.stream)
        self._number(packets, first, counts)
        self._describe(packets)
        packets.feeds = [self._state.feed(row) for row in packets.stream[first].tolist()]
        packets.first, packets.counts = first, counts
        self._describe_odd(packets)
        self._tell(batch, packets, now)
        return packets

    def _read(self, batch: Batch, position: Ints, stream: Ints) -> tuple[Packets, Bools]:
        """All columns, and which packets have the layout of their stream."""
        table = self._state.stream_table
        slot = position + batch.first
        words = self._words[slot]
        fits = ((words & table.array("mask")[stream]) == table.array("want")[stream]).all(axis=1)
        body = table.array("body")[stream].astype(np.int64)
        size = batch.lengths[position] - body
        fits &= size > table.array("second")[stream]
        head: Ints = words[:, :2].byteswap().astype(np.int64)
        first, timestamp = head[:, 0], head[:, 1]
        sequence = first & 0xFFFF
        packets = Packets(
            position, slot, stream, slot * SLOT + START, body + START, size,
            sequence, timestamp, first >> 16 & 0x80, sequence,
        )  # fmt: skip
        return packets, fits

    def _is_steady(self, streams: Ints) -> Bools:
        state = self._state
        return np.array([state.stream(row).is_steady for row in streams.tolist()], bool)

    def _is_next(self, packets: Packets, first: Ints) -> Bools:
        """Does each follow the one before it?"""
        before = np.empty_like(packets.sequence)
        before[1:] = packets.sequence[:-1]
        before[first] = self._state.stream_table.array("highest")[packets.stream[first]]
        is_next: Bools = (packets.sequence - before & 0xFFFF) == 1
        return is_next

    def _is_usual(self, packets: Packets) -> Bools:
        """No decoder may start here: this needs no look at who waits for that."""
        table, stream = self._state.stream_table, packets.stream
        format = table.array("format")[stream]
        at = packets.base + packets.column - START
        first, second = self._memory[at], self._memory[at + table.array("second")[stream]]
        usual: Bools = STARTS_BY_FIRST[format, first] + STARTS_BY_SECOND[format, second] < 2
        if (format == Format.OTHER).any():
            is_video = table.array("is_audio")[stream] == 0
            usual &= ~is_video | (format != Format.OTHER) | self._goes_on(packets)
        return usual

    def _goes_on(self, packets: Packets) -> Bools:
        """Is each of the same frame as the one before it?"""
        before = np.empty_like(packets.timestamp)
        before[1:] = packets.timestamp[:-1]
        first, _ = runs(packets.stream)
        before[first] = self._state.stream_table.array("timestamp")[packets.stream[first]]
        same: Bools = packets.timestamp == before
        return same

    def _number(self, packets: Packets, first: Ints, counts: Ints) -> None:
        """From 16 bits to the extended number, and what the stream keeps of it."""
        table, stream = self._state.stream_table, packets.stream
        rows, last = stream[first], first + counts - 1
        highest = table.array("highest")
        extended = (highest[rows] + 1 - first).repeat(counts) + ORDER[: len(stream)]
        table.array("seen")[stream, extended & WINDOW - 1] = extended >> CYCLE & 0xFFFF
        highest[rows] = extended[last]
        table.array("timestamp")[rows] = packets.timestamp[last]
        packets.extended = extended
        packets.sequence = extended - table.array("removed")[stream]
        table.array("packets")[rows] += counts
        table.array("octets")[rows] += np.add.reduceat(packets.size, first)
        table.array("flow_packets")[rows] += counts

    def _describe(self, packets: Packets) -> None:
        """What sending needs, now and later."""
        table, streams, slot = self._state.packets, self._state.stream_table, packets.slot
        table.array("stream")[slot] = packets.stream
        table.array("number")[slot] = packets.sequence
        table.array("timestamp")[slot] = packets.timestamp
        table.array("marker")[slot] = packets.marker
        table.array("payload")[slot] = packets.column
        table.array("size")[slot] = packets.size
        for name in ("picture_at", "is_wide", "tl0_at", "key_at"):
            table.array(name)[slot] = streams.array(name)[packets.stream]

    def _describe_odd(self, packets: Packets) -> None:
        """What only a packet needs that is rewritten row by row: the picture's numbers."""
        for index, _ in packets.odd:
            self._read_ids(int(packets.slot[index]))

    def _read_ids(self, slot: int) -> None:
        table, data = self._state.packets, self._state.ring.data
        at = slot * SLOT + table.payload[slot]
        if place := table.picture_at[slot]:
            value = data[at + place] & 0x7F
            wide = table.is_wide[slot]
            table.picture[slot] = value << 8 | data[at + place + 1] if wide else value
        if place := table.tl0_at[slot]:
            table.tl0[slot] = data[at + place]
        if place := table.key_at[slot]:
            table.key[slot] = data[at + place] & 0x1F

    def _tell(self, batch: Batch, packets: Packets, now: float) -> None:
        """Statistics, feedback, audio levels, layers."""
        streams, memory = self._state.stream_table, self._memory
        arrival = batch.arrivals[packets.position]
        self._note_flow(packets)
        reception.receive_many(streams, packets.stream, packets.timestamp, arrival)
        twcc = streams.array("twcc_at")[packets.stream].astype(np.int64)
        has = np.flatnonzero(twcc)
        place = packets.base[has] + twcc[has]
        number = memory[place].astype(np.int64) << 8 | memory[place + 1]
        client = streams.array("client")[packets.stream[has]].astype(np.int64)
        is_last = packets.marker[has] != 0
        self._state.arrivals.add_many(client, number, arrival[has], is_last)
        level = streams.array("level_at")[packets.stream].astype(np.int64)
        has = np.flatnonzero(level)
        levels = memory[packets.base[has] + level[has]] & 0x7F
        for row, value, timestamp in zip(
            packets.stream[has].tolist(), levels.tolist(), packets.timestamp[has].tolist(),
            strict=True,
        ):  # fmt: skip
            meter = self._state.stream(row).publication.level
            if meter is not None:
                meter.receive(value, timestamp, now)

    def _note_flow(self, packets: Packets) -> None:
        """Bytes by temporal layer, for those who choose among layers."""
        table, stream = self._state.stream_table, packets.stream
        place = table.array("temporal_at")[stream].astype(np.int64)
        temporal = np.where(
            place > 0, self._memory[packets.base + packets.column - START + place] >> 6, 0
        )
        flat = table.array("flow_octets").reshape(-1)
        np.add.at(flat, stream * TEMPORAL + temporal, packets.size)


def starts_by(second: bool) -> NDArray[np.uint8]:
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


STARTS_BY_FIRST, STARTS_BY_SECOND = starts_by(False), starts_by(True)
