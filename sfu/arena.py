"""Packets on their way out: written row by row, sealed where they stand, sent from there.

A row has the payload in the column where it stands in the ring, so that whole rows are copied. The
header ends where the payload begins, and starts as much earlier as it is long.
"""

import mmap
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sfu.ring import PRIVATE, SLOT

ROWS = 1024
SLICE = 512  # rows that are written before they are sent: they stay in the processor's cache

PAYLOAD = 48  # where the payload stands that is written alone: the longest header is before it


class Arena:
    """`count` rows from the first on are to be sealed and sent. The memory never moves."""

    def __init__(self) -> None:
        memory = mmap.mmap(-1, ROWS * SLOT, flags=PRIVATE)
        self.data = memoryview(memory)
        flat = np.frombuffer(memory, np.uint8)
        self.rows: NDArray[np.uint8] = flat.reshape(ROWS, SLOT)
        self.address: int = flat.ctypes.data
        self.count = 0
        self.client: NDArray[np.int32] = np.zeros(ROWS, np.int32)  # its row
        self.start: NDArray[np.int32] = np.zeros(ROWS, np.int32)  # of the packet, a multiple of 4
        self.length: NDArray[np.int32] = np.zeros(ROWS, np.int32)  # bytes from there; 0: do not

    def packet(self, row: int) -> bytes:
        at = row * SLOT + int(self.start[row])
        return bytes(self.data[at : at + int(self.length[row])])


class Egress(Protocol):
    """Whatever lets sealed rows leave."""

    def send(self, arena: Arena) -> None:
        """All rows with a length, in order. The arena is written again afterwards."""
