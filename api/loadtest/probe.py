"""A mark in each packet's payload: who sent it, and when.

It stands in the last 24 bytes, where no server looks, whatever it does to the codec's header:
8 bytes that no encoder writes, the time that was planned for it in nanoseconds, the stream, its
packet's number.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.loadtest.loops import put
from sfu.loops.octets import big_32
from turn.compiling import compiled, i64

SIZE = 24  # bytes
NAME = b"HCprobe1"
MAGIC = int.from_bytes(NAME, "big")
HIGH, LOW = MAGIC >> 32, MAGIC & 0xFFFFFFFF


class Probe(NamedTuple):
    """What is not marked has no meaning."""

    is_marked: bool
    time: int  # ns
    stream: int
    number: int


@compiled
def mark(octets: NDArray[np.uint8], end: int, time: int, stream: int, number: int) -> None:
    """The bytes before the end; the time in ns, the others of 32 bits."""
    put(octets, end - 24, i64(HIGH), i64(4))
    put(octets, end - 20, i64(LOW), i64(4))
    put(octets, end - 16, time, i64(8))
    put(octets, end - 8, stream, i64(4))
    put(octets, end - 4, number, i64(4))


@compiled
def read(octets: NDArray[np.uint8], end: int) -> Probe:
    """What stands before the end."""
    is_marked = big_32(octets, end - 24) == HIGH and big_32(octets, end - 20) == LOW
    time = big_32(octets, end - 16) << 32 | big_32(octets, end - 12)
    return Probe(is_marked, time, big_32(octets, end - 8), big_32(octets, end - 4))
