"""Which packet of the library each number of a stream was, so that it can be sent again."""

from typing import NamedTuple

import numpy as np

from api.loadtest.memory import Ints
from api.loadtest.sending import HISTORY as PACKETS
from api.loadtest.sending import PICTURE_BITS

PAUSE = 0.01  # seconds: a packet that is asked for again sooner is on its way


class Packet(NamedTuple):
    packet: int  # in the library
    time: int  # RTP
    picture: int


class History:
    """`words`: two of each packet, side by side, which loops write (`sending.keep`)."""

    def __init__(self, streams: int) -> None:
        self.words: Ints = np.full(2 * streams * PACKETS, -1, np.int64)
        self._repeated: dict[int, float] = {}  # place -> when

    def find(self, stream: int, sequence: int, now: float) -> Packet | None:
        """None when it is too old, or was given out less than `PAUSE` ago."""
        place = stream * PACKETS + (sequence & PACKETS - 1)
        which, what = self.words[2 * place : 2 * place + 2].tolist()
        if which & 0xFFFF != sequence or which < 0:
            return None
        if now - self._repeated.get(place, -PAUSE) < PAUSE:
            return None
        self._repeated[place] = now
        return Packet(which >> 16, what >> PICTURE_BITS, what & 0xFFFF)
