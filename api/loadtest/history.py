"""Which packet of the library each number of a stream was, so that it can be sent again."""

from typing import NamedTuple

import numpy as np

from api.loadtest.memory import Ints

PACKETS = 1024  # of each stream
PAUSE = 0.01  # seconds: a packet that is asked for again sooner is on its way
PICTURE_BITS = 16


class Packet(NamedTuple):
    packet: int  # in the library
    time: int  # RTP
    picture: int


class History:
    """Two words of each packet, side by side: they are written for all that is sent."""

    def __init__(self, streams: int) -> None:
        self._words: Ints = np.full((streams * PACKETS, 2), -1, np.int64)
        self._repeated: dict[int, float] = {}  # place -> when

    def keep(self, stream: Ints, sequence: Ints, packet: Ints, time: Ints, picture: Ints) -> None:
        words = np.empty((len(stream), 2), np.int64)
        words[:, 0] = packet << 16 | sequence
        words[:, 1] = time << PICTURE_BITS | picture
        self._words[stream * PACKETS + (sequence & PACKETS - 1)] = words

    def find(self, stream: int, sequence: int, now: float) -> Packet | None:
        """None when it is too old, or was given out less than `PAUSE` ago."""
        place = stream * PACKETS + (sequence & PACKETS - 1)
        which, what = self._words[place].tolist()
        if which & 0xFFFF != sequence or which < 0:
            return None
        if now - self._repeated.get(place, -PAUSE) < PAUSE:
            return None
        self._repeated[place] = now
        return Packet(which >> 16, what >> PICTURE_BITS, what & 0xFFFF)
