"""Everything that is sent, stream by stream in columns, and what is due of it.

All streams of all participants are rows of one table. Every few milliseconds the bursts of the next
ones become rows of an arena, by loops: whole payloads copied from the library, headers from the
stream's template, and the few numbers that change.
"""

import numpy as np

from api.loadtest.bursts import Window
from api.loadtest.clips import Clip, Library
from api.loadtest.headers import Template
from api.loadtest.history import History
from api.loadtest.memory import ROWS, Arena, Ints
from api.loadtest.sending import BODY, Bursts, Sheet, Tracks, choose, write

KEY_INTERVAL = 0.3  # seconds between two key frames that were asked for (libwebrtc)


class Outgoing:
    """`streams` is the capacity."""

    def __init__(self, library: Library, streams: int, links: int) -> None:
        self.count = 0
        self._tracks = tracks = Tracks.room(streams)
        self.packets, self.octets = tracks.packets, tracks.octets  # sent, and those of payload
        self.ssrc: Ints = np.zeros(streams, np.int64)
        self._library = library
        self._number: Ints = np.zeros(links, np.int64)  # transport-wide, by link
        self._history = History(streams)
        self._bursts = Bursts.room(ROWS)
        self._ticks: Ints = np.zeros(ROWS, np.int64)

    def add(
        self, link: int, clip: Clip, ssrc: int, head: Template, *, sequence: int, time: int
    ) -> int:
        """A stream that does not run yet; returns its row. `sequence` and `time` are its first."""
        row, tracks = self.count, self._tracks
        self.count += 1
        tracks.link[row], self.ssrc[row] = link, ssrc
        tracks.first[row], tracks.end[row], tracks.burst[row] = clip.first, clip.end, clip.first
        tracks.step[row], tracks.is_video[row] = clip.step, clip.is_video
        tracks.sequence[row], tracks.time[row] = sequence, time
        tracks.picture[row] = sequence & 0x7FFF
        self.set_head(row, head)
        return row

    def set_head(self, row: int, head: Template) -> None:
        """Another header from the next packet on."""
        start, tracks = BODY - len(head.data), self._tracks
        tracks.heads[row, start:] = np.frombuffer(head.data, np.uint8)
        tracks.start[row] = start
        tracks.send_time[row] = BODY - head.send_time
        tracks.transport_cc[row] = BODY - head.transport_cc

    def start(self, row: int, at: float) -> None:
        self._tracks.due[row] = at

    def stop(self, row: int) -> None:
        self._tracks.due[row] = np.inf

    def ask_key(self, row: int, now: float) -> None:
        """The next frame shall be a key frame, if the last one is not too young."""
        if now - self._tracks.key_at[row] >= KEY_INTERVAL:
            self._tracks.wants_key[row] = True

    def rtp_time(self, row: int, now: float) -> int:
        """For a sender report: the moment in the stream's clock. Steps last as long as they say."""
        seconds = 1 / 30 if self._tracks.is_video[row] else 0.02
        steps = (now - float(self._tracks.frame_at[row])) / seconds
        return int(self._tracks.time[row] + steps * self._tracks.step[row]) & 0xFFFFFFFF

    def prepare(self, arena: Arena, window: Window) -> Ints:
        """Fill the arena with what is due until the window's end; the tick of each row."""
        packets, tracks, bursts, span = (
            self._library.table, self._tracks, self._bursts, window.span(),
        )  # fmt: skip
        found = choose(packets, tracks, self.count, span, ROWS, bursts)
        sheet = Sheet(arena.flat, arena.link, arena.start, arena.length, self._ticks)
        history = self._history.words
        arena.count = write(packets, tracks, bursts, found, span, self._number, history, sheet)
        return self._ticks[: arena.count]

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
        if self._tracks.is_video[row]:
            payload[2:4] = found.picture.to_bytes(2, "big")
        return found.time, bytes(payload)
