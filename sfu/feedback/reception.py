"""Loss and jitter of incoming streams, in columns of `tables.Streams` (RFC 3550, 6.4.1 and A.8).

`highest` belongs to the sequencer; everything else here is counted from `base` on.
"""

import numpy as np
from numpy.typing import NDArray

from sfu.tables import NEVER, Streams

START = 0x10000  # the cycle of a stream's first number, so that an earlier one stays positive
UNIT = 65536  # DLSR counts 1/65536 s
WRAP = 1 << 32  # of timestamps
MOST_LOST = 0x7FFFFF  # fits into a block

# A report block as it goes over the wire.
BLOCK = np.dtype(
    [("ssrc", ">u4"), ("loss", ">u4"), ("highest", ">u4"), ("jitter", ">u4"), ("last", ">u4"),
     ("delay", ">u4")]
)  # fmt: skip

Ints = NDArray[np.int64]


def begin(table: Streams, row: int, extended: int) -> None:
    """A numbering begins with this number: what was counted before is void."""
    table.base[row] = extended
    table.received[row] = table.expected_before[row] = table.received_before[row] = 0
    table.sampled[row] = NEVER
    table.jitter[row] = 0.0


def receive(table: Streams, row: int, extended: int, timestamp: int, arrival: float) -> None:
    """A packet: extended number, RTP timestamp, seconds. `highest` may be its number already."""
    table.received[row] += 1
    before = table.sampled[row]
    # Packets of one frame are sent in a burst: its spread is not the network's.
    if timestamp == before or extended < table.highest[row]:
        return
    transit = arrival * table.rate[row] - timestamp
    if before >= 0:
        difference = abs(transit - table.transit[row])
        if difference > WRAP / 2:
            difference = abs((difference + WRAP / 2) % WRAP - WRAP / 2)
        jitter = table.jitter[row]
        table.jitter[row] = jitter + (difference - jitter) / 16
    table.sampled[row] = timestamp
    table.transit[row] = transit


def repair(table: Streams, row: int) -> None:
    """A packet that says nothing of jitter: a retransmission, or one that nobody can use."""
    table.received[row] += 1


def expected(table: Streams, row: int) -> int:
    """Packets of which one knows that they were sent."""
    base = table.base[row]
    return table.highest[row] - base + 1 if base else 0


def lost(table: Streams, row: int) -> int:
    """May be negative when packets came twice by different numbers."""
    return expected(table, row) - table.received[row]


def jitter_seconds(table: Streams, row: int) -> float:
    return table.jitter[row] / table.rate[row]


def take_blocks(table: Streams, rows: Ints, now: float) -> NDArray[np.void]:
    """What to report of these streams, about once a second; each has had a packet.

    The fraction counts from the last call.
    """
    highest, received = table.array("highest")[rows], table.array("received")[rows]
    total = highest - table.array("base")[rows] + 1
    sent = total - table.array("expected_before")[rows]
    missing = sent - received + table.array("received_before")[rows]
    table.array("expected_before")[rows] = total
    table.array("received_before")[rows] = received
    fraction = np.clip(missing * 256 // np.maximum(sent, 1), 0, 255)
    lost = np.clip(total - received, -MOST_LOST - 1, MOST_LOST)
    blocks: NDArray[np.void] = np.zeros(len(rows), BLOCK)
    blocks["ssrc"] = table.array("ssrc")[rows]
    blocks["loss"] = fraction << 24 | lost & 0xFFFFFF
    blocks["highest"] = highest - START & 0xFFFFFFFF
    blocks["jitter"] = table.array("jitter")[rows].astype(np.int64) & 0xFFFFFFFF
    ntp = table.array("clock_ntp")[rows]
    delay = ((now - table.array("clock_arrival")[rows]) * UNIT).astype(np.int64)
    blocks["last"] = ntp >> 16 & 0xFFFFFFFF
    blocks["delay"] = np.where(ntp != 0, np.clip(delay, 0, 0xFFFFFFFF), 0)
    return blocks
