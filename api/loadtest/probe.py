"""A mark in each packet's payload: who sent it, and when.

It stands in the last 24 bytes, where no server looks, whatever it does to the codec's header:
8 bytes that no encoder writes, the time that was planned for it in nanoseconds, the stream, its
packet's number.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.loadtest.loops import word
from api.loadtest.memory import Ints, anywhere
from turn.compiling import compiled

SIZE = 24  # bytes
NAME = b"HCprobe1"
MAGIC = int.from_bytes(NAME, "big")
HIGH, LOW = MAGIC >> 32, MAGIC & 0xFFFFFFFF
NUMBER = ">u8"


class Probe(NamedTuple):
    """What is not marked has no meaning."""

    is_marked: bool
    time: int  # ns
    stream: int
    number: int


def write(memory: NDArray[np.uint8], ends: Ints, times: Ints, streams: Ints, numbers: Ints) -> None:
    """Into the bytes before each end; `times` in ns, the others of 32 bits."""
    words = anywhere(memory, NUMBER)
    words[ends - 24] = MAGIC
    words[ends - 16] = times
    words[ends - 8] = streams << 32 | numbers


@compiled
def read(octets: NDArray[np.uint8], end: int) -> Probe:
    """What stands before the end."""
    is_marked = word(octets, end - 24) == HIGH and word(octets, end - 20) == LOW
    time = word(octets, end - 16) << 32 | word(octets, end - 12)
    return Probe(is_marked, time, word(octets, end - 8), word(octets, end - 4))
