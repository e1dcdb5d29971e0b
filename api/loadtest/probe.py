"""A mark in each packet's payload: who sent it, and when.

It stands in the last 24 bytes, where no server looks, whatever it does to the codec's header:
8 bytes that no encoder writes, the time that was planned for it in nanoseconds, the stream, its
packet's number.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.loadtest.memory import Ints, anywhere

SIZE = 24  # bytes
MAGIC = int.from_bytes(b"HCprobe1", "big")
NUMBER = ">u8"


class Probes(NamedTuple):
    """One row for each packet; rows that are not marked have no meaning."""

    is_marked: NDArray[np.bool_]
    time: Ints  # ns
    stream: Ints
    number: Ints


def write(memory: NDArray[np.uint8], ends: Ints, times: Ints, streams: Ints, numbers: Ints) -> None:
    """Into the bytes before each end; `times` in ns, the others of 32 bits."""
    words = anywhere(memory, NUMBER)
    words[ends - 24] = MAGIC
    words[ends - 16] = times
    words[ends - 8] = streams << 32 | numbers


def read(memory: NDArray[np.uint8], ends: Ints) -> Probes:
    """What stands before each end."""
    words = anywhere(memory, NUMBER)
    names = words[ends - 8].astype(np.int64)
    times = words[ends - 16].astype(np.int64)
    return Probes(words[ends - 24] == MAGIC, times, names >> 32, names & 0xFFFFFFFF)
