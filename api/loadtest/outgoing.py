"""Everything that is sent, stream by stream in columns, and what is due of it.

All streams of all participants are rows of one table. Once per tick the bursts that are due become
rows of an arena: whole payloads copied from the library, headers from the stream's template, and
the few numbers that change written by column.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.loadtest import probe
from api.loadtest.clips import PAYLOAD, Clip, Library
from api.loadtest.headers import Template, abs_send_time
from sfu.arena import Arena
from sfu.ring import SLOT

BODY = 96  # column of the arena where payloads begin; headers end there
ROWS = 64  # packets that get one send time: their sealing and sending takes some 0.1 ms
HISTORY = 1024  # packets of each stream that can be sent again
KEY_INTERVAL = 0.3  # seconds between two key frames that were asked for (libwebrtc)
BEHIND = 0.5  # seconds; who is later than this does not catch up

Ints = NDArray[np.int64]
Clock = Callable[[], int]
Send = Callable[[Arena], None]

ZERO, TWO, THREE = np.zeros(1, np.int64), np.arange(2), np.arange(3)


class Outgoing:
    """`streams` is the capacity; rows of one link must be added one after the other."""

    def __init__(self, library: Library, streams: int, links: int) -> None:
        self.count = 0
        self.packets: Ints = np.zeros(streams, np.int64)  # sent since the start
        self.octets: Ints = np.zeros(streams, np.int64)  # of payload
        self.ssrc: Ints = np.zeros(streams, np.int64)
        self.is_running: NDArray[np.bool_] = np.zeros(streams, np.bool_)
        self._library = library
        self._due: NDArray[np.float64] = np.full(streams, np.inf)
        self._frame_at: NDArray[np.float64] = np.zeros(streams)
        self._key_at: NDArray[np.float64] = np.full(streams, -np.inf)
        self._wants_key: NDArray[np.bool_] = np.zeros(streams, np.bool_)
        self._burst, self._first, self._end, self._link, self._sequence = _columns(5, streams)
        self._time, self._step, self._picture, self._start = _columns(4, streams)
        self._send_time, self._transport_cc = _columns(2, streams)
        self._is_video: NDArray[np.bool_] = np.zeros(streams, np.bool_)
        self._heads: NDArray[np.uint8] = np.zeros((streams, BODY), np.uint8)
        self._number: Ints = np.zeros(links, np.int64)  # transport-wide, by link
        self._history = _History(streams)
        self._bases = np.arange(ROWS, dtype=np.int64) * SLOT

    def add(
        self, link: int, clip: Clip, ssrc: int, head: Template, *, sequence: int, time: int
    ) -> int:
        """A stream that does not run yet; returns its row. `sequence` and `time` are its first."""
        row = self.count
        self.count += 1
        self._link[row], self.ssrc[row] = link, ssrc
        self._first[row], self._end[row], self._burst[row] = clip.first, clip.end, clip.first
        self._step[row], self._is_video[row] = clip.step, clip.is_video
        self._sequence[row], self._time[row] = sequence, time
        self._picture[row] = sequence & 0x7FFF
        self.set_head(row, head)
        return row

    def set_head(self, row: int, head: Template) -> None:
        """Another header from the next packet on."""
        start = BODY - len(head.data)
        self._heads[row, start:] = np.frombuffer(head.data, np.uint8)
        self._start[row] = start
        self._send_time[row] = BODY - head.send_time
        self._transport_cc[row] = BODY - head.transport_cc

    def start(self, row: int, at: float) -> None:
        self._due[row] = at
        self.is_running[row] = True

    def stop(self, row: int) -> None:
        self._due[row] = np.inf
        self.is_running[row] = False

    def ask_key(self, row: int, now: float) -> None:
        """The next frame shall be a key frame, if the last one is not too young."""
        if now - self._key_at[row] >= KEY_INTERVAL:
            self._wants_key[row] = True

    def rtp_time(self, row: int, now: float) -> int:
        """For a sender report: the moment in the stream's clock. Steps last as long as they say."""
        seconds = 1 / 30 if self._is_video[row] else 0.02
        steps = (now - float(self._frame_at[row])) / seconds
        return int(self._time[row] + steps * self._step[row]) & 0xFFFFFFFF

    def tick(self, arena: Arena, now: float, clock: Clock, send: Send) -> None:
        """Send what is due; `clock` gives the time in ns for the packets."""
        due = np.flatnonzero(self._due[: self.count] <= now)
        if not len(due):
            return
        bursts = self._advance(due, now)
        ends = np.cumsum(self._library.counts[bursts])
        at = 0
        while at < len(due):
            limit = (ends[at - 1] if at else 0) + ROWS
            stop = max(int(np.searchsorted(ends, limit, "right")), at + 1)
            self._write(arena, due[at:stop], bursts[at:stop], now, clock)
            send(arena)
            at = stop

    def _advance(self, due: NDArray[np.intp], now: float) -> Ints:
        """The burst of each stream that is due; its pointer goes on to the next."""
        library = self._library
        bursts = self._burst[due]
        begins = library.begins[bursts]
        if self._wants_key[due].any():
            jumps = self._wants_key[due] & begins
            bursts[jumps] = self._first[due[jumps]]
            self._wants_key[due[jumps]] = False
        is_key = bursts == self._first[due]
        self._key_at[due[is_key]] = now
        fresh = due[begins]
        self._time[fresh] += self._step[fresh]
        self._picture[fresh] += 1
        self._frame_at[fresh] = self._due[fresh]
        following = bursts + 1
        self._burst[due] = np.where(following == self._end[due], self._first[due], following)
        self._due[due] += library.delays[bursts]
        late = due[self._due[due] < now - BEHIND]
        self._due[late] = now
        return bursts

    def _write(
        self, arena: Arena, streams: NDArray[np.intp], bursts: Ints, now: float, clock: Clock
    ) -> None:
        library = self._library
        counts = library.counts[bursts]
        total = int(counts.sum())
        row = np.repeat(np.arange(len(streams)), counts)
        before = np.cumsum(counts) - counts
        rank = np.arange(total) - before[row]
        stream, packet = streams[row], library.starts[bursts][row] + rank
        rows = arena.rows[:total]
        np.take(library.payloads, packet, axis=0, out=rows[:, BODY : BODY + PAYLOAD], mode="clip")
        np.take(self._heads, stream, axis=0, out=rows[:, :BODY], mode="clip")
        sizes = library.sizes[packet]
        sequence = self._sequence[stream] + rank & 0xFFFF
        start = self._start[stream]
        self._number_rows(arena, stream, sequence, start, library.markers[packet], now)
        self._history.keep(stream, sequence, packet, self._time[stream], self._picture[stream])
        arena.start[:total] = start
        arena.length[:total] = BODY - start + sizes
        arena.client[:total] = self._link[stream]
        arena.count = total
        ends = self._bases[:total] + BODY + sizes
        counter = self.packets[stream] + rank
        self._sequence[streams] += counts
        self.packets[streams] += counts
        self.octets[streams] += np.add.reduceat(sizes, before)
        probe.write(arena.rows.reshape(-1), ends, clock(), stream, counter)

    def _number_rows(
        self, arena: Arena, stream: Ints, sequence: Ints, start: Ints, markers: Any, now: float
    ) -> None:
        """The columns that change: marker, numbers, times."""
        total = len(stream)
        flat = arena.rows.reshape(-1)
        bases = self._bases[:total]
        at = bases + start
        flat[at + 1] |= markers
        flat.view(">u2")[(at >> 1) + 1] = sequence
        flat.view(">u4")[(at >> 2) + 1] = self._time[stream] & 0xFFFFFFFF
        moment = np.frombuffer(abs_send_time(now), np.uint8)
        flat[(bases + self._send_time[stream])[:, None] + THREE] = moment
        links = self._link[stream]
        numbers = self._count_numbers(links)
        flat[(bases + self._transport_cc[stream])[:, None] + TWO] = (
            numbers.astype(">u2").view(np.uint8).reshape(-1, 2)
        )
        video = np.flatnonzero(self._is_video[stream])
        pictures = self._picture[stream[video]] & 0x7FFF | 0x8000
        flat.view(">u2")[(bases[video] + BODY + 2) >> 1] = pictures

    def _count_numbers(self, links: Ints) -> Ints:
        """Transport-wide numbers; packets of one link stand together."""
        changes = np.flatnonzero(links[1:] != links[:-1]) + 1
        starts = np.concatenate([ZERO, changes])
        counts = np.diff(starts, append=len(links))
        rank = np.arange(len(links)) - np.repeat(starts, counts)
        numbers: Ints = self._number[links] + rank & 0xFFFF
        self._number[links[starts]] += counts
        return numbers

    def take_number(self, link: int) -> int:
        """The next transport-wide number, for a packet that is made elsewhere."""
        number = int(self._number[link]) & 0xFFFF
        self._number[link] += 1
        return number

    def again(self, row: int, sequence: int) -> tuple[int, bytes] | None:
        """RTP time and payload of a packet that was sent, for RTX; None when it is forgotten."""
        found = self._history.find(row, sequence)
        if found is None:
            return None
        packet, time, picture = found
        payload = bytearray(self._library.payloads[packet, : self._library.sizes[packet]])
        if self._is_video[row]:
            payload[2:4] = (picture & 0x7FFF | 0x8000).to_bytes(2, "big")
        return time & 0xFFFFFFFF, bytes(payload)


class _History:
    """Which packet of the library each number was."""

    def __init__(self, streams: int) -> None:
        self._sequences = np.full((streams, HISTORY), -1, np.int64)
        self._packets, self._times, self._pictures = (
            np.zeros((streams, HISTORY), np.int64) for _ in range(3)
        )

    def keep(self, stream: Ints, sequence: Ints, packet: Ints, time: Ints, picture: Ints) -> None:
        place = stream, sequence & HISTORY - 1
        self._sequences[place] = sequence
        self._packets[place] = packet
        self._times[place] = time
        self._pictures[place] = picture

    def find(self, row: int, sequence: int) -> tuple[int, int, int] | None:
        place = row, sequence & HISTORY - 1
        if self._sequences[place] != sequence:
            return None
        return int(self._packets[place]), int(self._times[place]), int(self._pictures[place])


def _columns(count: int, rows: int) -> Sequence[Ints]:
    return [np.zeros(rows, np.int64) for _ in range(count)]
