"""Everything that is sent, stream by stream in columns, and what is due of it.

All streams of all participants are rows of one table. Every few milliseconds the bursts of the next
ones become rows of an arena: whole payloads copied from the library, headers from the stream's
template, and the few numbers that change written by column.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from api.loadtest import probe
from api.loadtest.bursts import Bursts, Window
from api.loadtest.clips import PAYLOAD, Clip, Library
from api.loadtest.headers import SEND_TIME_HEAD, Template
from api.loadtest.history import History
from api.loadtest.memory import ROWS, SLOT, Arena, Ints, anywhere

BODY = 96  # column of the arena where payloads begin; headers end there
KEY_INTERVAL = 0.3  # seconds between two key frames that were asked for (libwebrtc)
BEHIND = 0.5  # seconds; who is later than this does not catch up

ZERO = np.zeros(1, np.int64)


class Outgoing:
    """`streams` is the capacity."""

    def __init__(self, library: Library, streams: int, links: int) -> None:
        self.count = 0
        self.packets: Ints = np.zeros(streams, np.int64)  # sent since the start
        self.octets: Ints = np.zeros(streams, np.int64)  # of payload
        self.ssrc: Ints = np.zeros(streams, np.int64)
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
        self._history = History(streams)
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

    def stop(self, row: int) -> None:
        self._due[row] = np.inf

    def ask_key(self, row: int, now: float) -> None:
        """The next frame shall be a key frame, if the last one is not too young."""
        if now - self._key_at[row] >= KEY_INTERVAL:
            self._wants_key[row] = True

    def rtp_time(self, row: int, now: float) -> int:
        """For a sender report: the moment in the stream's clock. Steps last as long as they say."""
        seconds = 1 / 30 if self._is_video[row] else 0.02
        steps = (now - float(self._frame_at[row])) / seconds
        return int(self._time[row] + steps * self._step[row]) & 0xFFFFFFFF

    def prepare(self, arena: Arena, window: Window) -> Ints:
        """Fill the arena with what is due until the window's end; the tick of each row."""
        bursts = self._collect(window)
        if bursts is None:
            arena.count = 0
            return ZERO[:0]
        library = self._library
        counts = library.counts[bursts.burst]
        which = np.repeat(np.arange(len(counts)), counts)
        rank = np.arange(len(which)) - (np.cumsum(counts) - counts)[which]
        packet = library.starts[bursts.burst][which] + rank
        self._copy(arena, bursts.stream[which], packet)
        self._number_rows(arena, bursts, which, rank, packet)
        self._mark(bursts, which, rank, arena, window)
        return bursts.tick[which]

    def _collect(self, window: Window) -> Bursts | None:
        """As many bursts as there is room for; the rest is sent by the next window."""
        found: list[Bursts] = []
        room = ROWS
        while True:
            due = np.flatnonzero(self._due[: self.count] < window.end)
            bursts = self._choose(due)
            sizes = np.cumsum(self._library.counts[bursts])
            fit = int(np.searchsorted(sizes, room, "right"))
            if not fit:
                break
            found.append(self._advance(due[:fit], bursts[:fit], window))
            room -= int(sizes[fit - 1])
        if len(found) > 1:
            columns = zip(*(each.columns() for each in found), strict=True)
            return Bursts(*map(np.concatenate, columns)).sorted(self.count)
        return found[0].sorted(self.count) if found else None

    def _choose(self, due: NDArray[np.intp]) -> Ints:
        """Where the pointers are, or the key frame where one is wanted and a frame begins."""
        bursts = self._burst[due]
        jumps = self._wants_key[due] & self._library.begins[bursts]
        return np.where(jumps, self._first[due], bursts)

    def _advance(self, due: NDArray[np.intp], bursts: Ints, window: Window) -> Bursts:
        """These bursts are sent; the pointers of their streams go on to the next."""
        library = self._library
        keys = due[bursts == self._first[due]]
        self._key_at[keys] = window.start
        self._wants_key[keys] = False
        fresh = due[library.begins[bursts]]
        self._time[fresh] += self._step[fresh]
        self._picture[fresh] += 1
        self._frame_at[fresh] = self._due[fresh]
        ticks = ((self._due[due] - window.start) / window.tick).astype(np.int64)
        result = Bursts(
            due,
            bursts,
            np.clip(ticks, 0, window.ticks - 1),
            self._sequence[due],
            self._time[due],
            self._picture[due],
            self.packets[due],
        )
        following = bursts + 1
        self._burst[due] = np.where(following == self._end[due], self._first[due], following)
        self._due[due] += library.delays[bursts]
        self._due[due[self._due[due] < window.start - BEHIND]] = window.start
        counts = library.counts[bursts]
        self._sequence[due] += counts
        self.packets[due] += counts
        return result

    def _copy(self, arena: Arena, stream: Ints, packet: Ints) -> None:
        """Headers and payloads, and where they are."""
        total = arena.count = len(packet)
        library, rows = self._library, arena.rows[:total]
        np.take(library.payloads, packet, axis=0, out=rows[:, BODY : BODY + PAYLOAD], mode="clip")
        np.take(self._heads, stream, axis=0, out=rows[:, :BODY], mode="clip")
        start = self._start[stream]
        arena.start[:total] = start
        arena.length[:total] = BODY - start + library.sizes[packet]
        arena.link[:total] = self._link[stream]

    def _number_rows(
        self, arena: Arena, bursts: Bursts, which: Ints, rank: Ints, packet: Ints
    ) -> None:
        """Marker, sequence number, time and picture id; kept for retransmissions."""
        total = len(which)
        stream, sequence = bursts.stream[which], bursts.sequence[which] + rank & 0xFFFF
        time, picture = bursts.time[which] & 0xFFFFFFFF, bursts.picture[which] & 0x7FFF | 0x8000
        flat = arena.flat
        at = self._bases[:total] + self._start[stream]
        flat[at + 1] |= self._library.markers[packet]
        flat.view(">u2")[(at >> 1) + 1] = sequence
        flat.view(">u4")[(at >> 2) + 1] = time
        video = np.flatnonzero(self._is_video[stream])
        flat.view(">u2")[(self._bases[video] + BODY + 2) >> 1] = picture[video]
        self._history.keep(stream, sequence, packet, time, picture)

    def _mark(self, bursts: Bursts, which: Ints, rank: Ints, arena: Arena, window: Window) -> None:
        """The header extensions that change, and the probe."""
        total = len(which)
        stream, bases = bursts.stream[which], self._bases[:total]
        flat = arena.flat
        moments = window.start + bursts.tick * window.tick
        send_times = SEND_TIME_HEAD | (moments * (1 << 18)).astype(np.int64) & 0xFFFFFF
        anywhere(flat, ">u4")[bases + self._send_time[stream] - 1] = send_times[which]
        numbers = self._take_numbers(self._link[stream])
        anywhere(flat, ">u2")[bases + self._transport_cc[stream]] = numbers
        ends = bases + arena.start[:total] + arena.length[:total]
        times = window.wall + bursts.tick[which] * round(window.tick * 1e9)
        probe.write(flat, ends, times, stream, bursts.count[which] + rank)
        np.add.at(self.octets, stream, ends - bases - BODY)

    def _take_numbers(self, links: Ints) -> Ints:
        """Transport-wide numbers for rows of these links."""
        order = np.argsort(links.astype(np.uint16), kind="stable")
        ordered = links[order]
        starts = np.concatenate([ZERO, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
        counts = np.diff(starts, append=len(links))
        rank = np.arange(len(links)) - np.repeat(starts, counts)
        numbers = np.empty_like(links)
        numbers[order] = self._number[ordered] + rank & 0xFFFF
        self._number[ordered[starts]] += counts
        return numbers

    def take_number(self, link: int) -> int:
        """The next transport-wide number, for a packet that is made elsewhere."""
        number = int(self._number[link]) & 0xFFFF
        self._number[link] += 1
        return number

    def again(self, row: int, sequence: int, now: float) -> tuple[int, bytes] | None:
        """RTP time and payload of a packet that was sent, for RTX.

        None when it is forgotten, or was repeated a moment ago.
        """
        found = self._history.find(row, sequence, now)
        if found is None:
            return None
        size = self._library.sizes[found.packet]
        payload = bytearray(self._library.payloads[found.packet, :size])
        if self._is_video[row]:
            payload[2:4] = found.picture.to_bytes(2, "big")
        return found.time, bytes(payload)


def _columns(count: int, rows: int) -> Sequence[Ints]:
    return [np.zeros(rows, np.int64) for _ in range(count)]
