"""Many packets at once: those that are like the ones before them, and come in order.

What is regular needs no decision: number, timestamp and picture ids are read at fixed places and
added to what is known. Everything else (the first packets, gaps, key frames, switches, odd headers)
is left to the code for single packets, and with it the rest of its publication in this batch, so
that nothing overtakes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sfu.feedback import reception
from sfu.formats import Format
from sfu.ring import SLOT, START, Batch
from sfu.sequencer import CYCLE
from sfu.state import State
from sfu.tables import LAYOUT, TEMPORAL, WINDOW

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SLICE, FU_A = 1, 28  # H.264 NAL unit types: a part of a picture, a fragment (RFC 6184)


@dataclass(slots=True)
class Packets:
    """Columns of some packets, those of a stream together and in order."""

    position: Ints  # in the batch
    slot: Ints
    stream: Ints
    base: Ints  # where the packet starts in the ring's memory
    sequence: Ints  # 16 bits; then the extended one without what was removed
    timestamp: Ints
    marker: Ints  # 0x80 or 0
    payload: Ints  # where the payload starts in the ring's memory
    size: Ints  # bytes of it
    extended: Ints  # sequence number

    def keep(self, which: Bools) -> "Packets":
        return Packets(*(getattr(self, name)[which] for name in self.__slots__))


class Regular:
    """`take` gives the regular ones of some packets, with their columns written."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._memory = state.ring.rows.reshape(-1)
        words = state.ring.rows.view(np.uint32)
        self._words = words[:, START // 4 : START // 4 + LAYOUT]

    def take(self, batch: Batch, positions: Ints, streams: Ints, now: float) -> Packets | None:
        """`positions` of unsealed packets and the rows of their streams. None: not one."""
        packets = self._read(batch, positions, streams)
        if packets is None:
            return None
        irregular = ~self._is_next(packets) | ~self._is_plain_frame(packets)
        if irregular.any():
            group = self._state.stream_table.array("group")[packets.stream]
            packets = packets.keep(~np.isin(group, group[irregular]))
        if not len(packets.slot):
            return None
        self._number(packets)
        self._describe(packets)
        self._tell(batch, packets, now)
        return packets

    def _read(self, batch: Batch, positions: Ints, streams: Ints) -> Packets | None:
        """Those with the layout of their stream; with one that has not, its publication goes."""
        table = self._state.stream_table
        order = streams.argsort(kind="stable")
        position, stream = positions[order], streams[order]
        slot = position + batch.first
        words = self._words[slot]
        fits = ((words & table.array("mask")[stream]) == table.array("want")[stream]).all(axis=1)
        fits &= self._is_steady(stream)
        length = batch.lengths[position].astype(np.int64)
        body = table.array("body")[stream].astype(np.int64)
        size = length - body
        fits &= size > np.maximum(table.array("descriptor")[stream], 1)
        if not fits.all():
            group = table.array("group")[stream]
            fits = ~np.isin(group, group[~fits])
            if not fits.any():
                return None
            position, stream, slot = position[fits], stream[fits], slot[fits]
            words, length, body, size = words[fits], length[fits], body[fits], size[fits]
        first = words[:, 0].byteswap()
        base = slot * SLOT + START
        timestamp = words[:, 1].byteswap().astype(np.int64)
        marker = (first >> 16 & 0x80).astype(np.int64)
        sequence = (first & 0xFFFF).astype(np.int64)
        return Packets(
            position, slot, stream, base, sequence, timestamp, marker, base + body, size, sequence
        )  # fmt: skip

    def _is_steady(self, stream: Ints) -> Bools:
        rows = np.flatnonzero(np.diff(stream, prepend=-1))
        steady = [self._state.stream(row).is_steady for row in stream[rows].tolist()]
        return np.repeat(np.array(steady, bool), np.diff(rows, append=len(stream)))

    def _is_next(self, packets: Packets) -> Bools:
        """Does each follow the one before it?"""
        before = np.empty_like(packets.sequence)
        before[1:] = packets.sequence[:-1]
        first = firsts(packets.stream)
        before[first] = self._state.stream_table.array("highest")[packets.stream[first]]
        is_next: Bools = (packets.sequence - before & 0xFFFF) == 1
        return is_next

    def _is_plain_frame(self, packets: Packets) -> Bools:
        """No decoder may start here: this needs no look at who waits for that."""
        kinds = self._state.stream_table.array("format")[packets.stream]
        plain: Bools = self._state.stream_table.array("is_audio")[packets.stream] != 0
        memory, table = self._memory, self._state.stream_table
        if (vp8 := kinds == Format.VP8).any():
            at = packets.payload[vp8]
            behind = at + table.array("descriptor")[packets.stream[vp8]]
            is_key = ((memory[at] & 0x17) == 0x10) & ((memory[behind] & 1) == 0)
            plain[vp8] = ~is_key
        if (h264 := kinds == Format.H264).any():
            at = packets.payload[h264]
            kind, inner = memory[at] & 0x1F, memory[at + 1] & 0x1F
            plain[h264] = (kind == SLICE) | ((kind == FU_A) & (inner == SLICE))
        if (other := ~plain & (kinds == Format.OTHER)).any():
            plain |= other & self._goes_on(packets)
        return plain

    def _goes_on(self, packets: Packets) -> Bools:
        """Is each of the same frame as the one before it?"""
        before = np.empty_like(packets.timestamp)
        before[1:] = packets.timestamp[:-1]
        first = firsts(packets.stream)
        before[first] = self._state.stream_table.array("timestamp")[packets.stream[first]]
        same: Bools = packets.timestamp == before
        return same

    def _number(self, packets: Packets) -> None:
        """From 16 bits to the extended number, and what the stream keeps of it."""
        table, stream = self._state.stream_table, packets.stream
        first = np.flatnonzero(firsts(stream))
        counts = np.diff(first, append=len(stream))
        rank = np.arange(len(stream)) - np.repeat(first, counts)
        highest = table.array("highest")
        extended = highest[stream] + 1 + rank
        table.array("seen")[stream, extended & WINDOW - 1] = extended >> CYCLE & 0xFFFF
        rows, last = stream[first], first + counts - 1
        highest[rows] = extended[last]
        table.array("timestamp")[rows] = packets.timestamp[last]
        packets.sequence = extended - table.array("removed")[stream]
        table.array("packets")[rows] += counts
        sizes = np.add.reduceat(packets.size, first)
        table.array("octets")[rows] += sizes
        table.array("flow_packets")[rows] += counts
        packets.extended = extended

    def _describe(self, packets: Packets) -> None:
        """What sending needs, now and later."""
        table, streams, slot = self._state.packets, self._state.stream_table, packets.slot
        table.array("stream")[slot] = packets.stream
        table.array("timestamp")[slot] = packets.timestamp
        table.array("marker")[slot] = packets.marker
        table.array("payload")[slot] = packets.payload - slot * SLOT
        table.array("size")[slot] = packets.size
        for name in ("picture_at", "is_wide", "tl0_at", "key_at"):
            table.array(name)[slot] = streams.array(name)[packets.stream]

    def _tell(self, batch: Batch, packets: Packets, now: float) -> None:
        """Statistics, feedback, audio levels, layers."""
        streams, memory = self._state.stream_table, self._memory
        arrival = batch.arrivals[packets.position]
        self._note_flow(packets)
        reception.receive_many(
            streams, packets.stream, packets.extended, packets.timestamp, arrival
        )
        twcc = streams.array("twcc_at")[packets.stream].astype(np.int64)
        has = np.flatnonzero(twcc)
        place = packets.base[has] + twcc[has]
        number = memory[place].astype(np.int64) << 8 | memory[place + 1]
        client = streams.array("client")[packets.stream[has]]
        for row, value, at, marker in zip(
            client.tolist(), number.tolist(), arrival[has].tolist(),
            packets.marker[has].tolist(), strict=True,
        ):  # fmt: skip
            who = self._state.clients[row]
            assert who is not None
            who.recorder.receive(value, at, marker=marker != 0)
            if not who.is_reporting:
                who.is_reporting = True
                self._state.deadlines.set(("feedback", row), now + 0.050)
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
        temporal = np.where(place > 0, self._memory[packets.payload + place] >> 6, 0)
        flat = table.array("flow_octets").reshape(-1)
        np.add.at(flat, stream * TEMPORAL + temporal, packets.size)


def firsts(stream: Ints) -> Bools:
    """Where another stream begins."""
    result = np.empty(len(stream), bool)
    result[0] = True
    np.not_equal(stream[1:], stream[:-1], out=result[1:])
    return result
