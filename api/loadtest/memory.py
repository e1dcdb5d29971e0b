"""The memory that packets stand in: slots for what comes, and an arena for what goes.

Both are of the load test's own, so that its batches may be larger than a server's: nobody waits for
what it receives.
"""

import numpy as np
from numpy.typing import NDArray

SLOT = 1536  # bytes: an Ethernet packet and some room, a multiple of the cache line
START = 36  # where a datagram begins in its slot; headers can be read in words of 4
ROOM = 1500  # bytes of a slot that a datagram may fill
ROWS = 1024  # of an arena

Ints = NDArray[np.int64]


def room(rows: int) -> NDArray[np.uint8]:
    """Rows of a slot each, in whole cache lines."""
    memory = np.zeros(rows * SLOT + 64, np.uint8)
    begin = -memory.ctypes.data % 64
    return memory[begin : begin + rows * SLOT].reshape(rows, SLOT)


class Arena:
    """`count` rows from the first on are to be sealed and sent. The memory never moves."""

    def __init__(self, rows: int = ROWS) -> None:
        self.rows: NDArray[np.uint8] = room(rows)
        self.flat: NDArray[np.uint8] = self.rows.reshape(-1)
        self.address: int = self.flat.ctypes.data
        self.count = 0
        self.link: NDArray[np.int32] = np.zeros(rows, np.int32)
        self.start: NDArray[np.int32] = np.zeros(rows, np.int32)  # of the packet in its row
        self.length: NDArray[np.int32] = np.zeros(rows, np.int32)  # bytes from there

    def packet(self, row: int) -> bytes:
        start = int(self.start[row])
        return self.rows[row, start : start + int(self.length[row])].tobytes()
