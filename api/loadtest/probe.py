"""A mark in each packet's payload: who sent it, and when.

It stands in the last 24 bytes, where no server looks, whatever it does to the codec's header:
8 bytes that no encoder writes, the time that was planned for it in nanoseconds, the stream, its
packet's number.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIZE = 24  # bytes
MAGIC = int.from_bytes(b"HCprobe1", "big")
COLUMNS = np.arange(SIZE)

Numbers = NDArray[np.int64]


class Probes(NamedTuple):
    """One row for each packet; rows that are not marked have no meaning."""

    is_marked: NDArray[np.bool_]
    time: Numbers  # ns
    stream: Numbers
    number: Numbers


def write(
    memory: NDArray[np.uint8], ends: Numbers, times: Numbers, streams: Numbers, numbers: Numbers
) -> None:
    """Into the bytes before each end; `times` in ns, the others of 32 bits."""
    words = np.empty((len(ends), 3), ">u8")
    words[:, 0] = MAGIC
    words[:, 1] = times
    words[:, 2] = streams << 32 | numbers
    memory[(ends - SIZE)[:, None] + COLUMNS] = words.view(np.uint8)


def read(memory: NDArray[np.uint8], ends: Numbers) -> Probes:
    """What stands before each end."""
    words = memory[(ends - SIZE)[:, None] + COLUMNS].view(">u8").astype(np.int64)
    return Probes(words[:, 0] == MAGIC, words[:, 1], words[:, 2] >> 32, words[:, 2] & 0xFFFFFFFF)
