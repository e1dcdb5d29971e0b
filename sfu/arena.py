"""Packets on their way out: written row by row, sealed where they stand, sent from there.

A row has the payload in the column where it stands in the ring, so that whole rows are copied. The
header ends where the payload begins, and starts as much earlier as it is long.
"""

import mmap
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sfu.ring import PRIVATE, SLOT
from sfu.tables import NEVER, Rows, record
from turn.compiling import compiled, i64

ROWS = 1024
SLICE = 512  # rows that are written before they are sent: they stay in the processor's cache
CONTROL_MAX = 1400  # bytes of RTCP, so that there is room for what sealing adds
PAYLOAD = 48  # where the payload stands that is written alone: the longest usual header fits


COLUMNS = record(
    [
        ("client", np.int64),  # its row
        ("again", np.int64),  # row of `Repeats`, NEVER, or `repeated` of a row
        ("start", np.int32),  # of the packet, a multiple of 4
        ("length", np.int32),  # bytes from there; 0: do not send it
        ("is_control", np.uint8),  # RTCP
    ]
)


@compiled
def repeated(row: int) -> int:
    """For `again`: it leaves only if it is what this row of `Repeats` has noted. Its own inverse,
    and less than NEVER."""
    return -2 - row


class Times(NamedTuple):
    """When rows leave."""

    now: float  # seconds
    send_time: int  # as the extension has it
    log_time: int  # as the log has it: microseconds << 16


@compiled
def times_at(now: float) -> Times:
    """`extensions.abs_send_time`, and what `acks.py` reads."""
    return Times(now, i64(now * 262144) & 0xFFFFFF, i64(now * 1e6) << 16)


class Arena:
    """`count` rows from the first on are to be sealed and sent. The memory never moves.

    The columns are there as rows for compiled loops, each as an array, and as a memoryview for code
    that takes one row at a time.
    """

    def __init__(self) -> None:
        memory = mmap.mmap(-1, ROWS * SLOT, flags=PRIVATE)
        self.data = memoryview(memory)
        flat = np.frombuffer(memory, np.uint8)
        self.rows: NDArray[np.uint8] = flat.reshape(ROWS, SLOT)
        self.octets = flat
        self.words: NDArray[np.uint32] = flat.view(np.uint32)
        self.longs: NDArray[np.uint64] = flat.view(np.uint64).reshape(ROWS, SLOT // 8)
        self.address: int = flat.ctypes.data
        self.count = 0
        self.columns: Rows = np.zeros(ROWS, COLUMNS)
        self.client, self.start = self.columns["client"], self.columns["start"]
        self.length, self.repeat = self.columns["length"], self.columns["again"]
        self.length_address: int = self.length.ctypes.data  # of the first
        self.clients, self.starts = self.client.data, self.start.data
        self.lengths, self.repeats = self.length.data, self.repeat.data
        self.is_control = self.columns["is_control"].data

    def append(self, client: int, start: int, length: int, repeat: int) -> None:
        """The next row was written."""
        row = self.count
        self.clients[row] = client
        self.starts[row] = start
        self.lengths[row] = length
        self.repeats[row] = repeat
        self.is_control[row] = 0
        self.count = row + 1

    def append_control(self, client: int, data: bytes) -> None:
        """RTCP of at most `CONTROL_MAX` bytes as the next row."""
        at = self.count * SLOT + PAYLOAD
        self.data[at : at + len(data)] = data
        self.append(client, PAYLOAD, len(data), NEVER)
        self.is_control[self.count - 1] = 1

    def packet(self, row: int) -> bytes:
        at = row * SLOT + self.starts[row]
        return bytes(self.data[at : at + self.lengths[row]])


class Egress(Protocol):
    """Whatever lets sealed rows leave."""

    def send(self, arena: Arena) -> None:
        """All rows with a length, in order. The arena is written again afterwards."""
