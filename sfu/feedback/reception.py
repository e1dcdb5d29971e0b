"""Loss and jitter of incoming streams, in columns of `tables.Streams` (RFC 3550, 6.4.1 and A.8).

`highest` belongs to the sequencer; everything else here is counted from `base` on.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sfu.tables import NEVER, Streams

START = 0x10000  # the cycle of a stream's first number, so that an earlier one stays positive
UNIT = 65536  # DLSR counts 1/65536 s
WRAP = 1 << 32  # of timestamps
MOST_LOST = 0x7FFFFF  # fits into a block
DECAY = np.power(15 / 16, np.arange(1024))

# A report block as it goes over the wire.
BLOCK = np.dtype(
    [("ssrc", ">u4"), ("loss", ">u4"), ("highest", ">u4"), ("jitter", ">u4"), ("last", ">u4"),
     ("delay", ">u4")]
)  # fmt: skip

T = TypeVar("T", bound=np.generic)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


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


def receive_many(
    table: Streams, rows: Ints, extended: Ints, timestamps: Ints, arrivals: Floats
) -> None:
    """The same as `receive` for each, but for rounding.

    The packets of a stream stand together and in order, and each is later than all before it: late
    ones are told one by one.
    """
    starts = np.flatnonzero(np.diff(rows, prepend=NEVER))
    streams = rows[starts]
    table.array("received")[streams] += np.diff(starts, append=len(rows))
    base = table.array("base")
    base[streams] = np.where(base[streams], base[streams], extended[starts])
    _sample(table, rows, timestamps, arrivals)


def _sample(table: Streams, rows: Ints, timestamps: Ints, arrivals: Floats) -> None:
    """Jitter, of the first packet with each timestamp."""
    sampled, transits = table.array("sampled"), table.array("transit")
    kept = timestamps != _before(rows, timestamps, sampled)
    rows, timestamps = rows[kept], timestamps[kept]
    if not len(rows):
        return
    starts = np.flatnonzero(np.diff(rows, prepend=NEVER))
    streams = rows[starts]
    counts = np.diff(starts, append=len(rows))
    transit = arrivals[kept] * table.array("rate")[rows] - timestamps
    difference = np.abs(transit - _before(rows, transit, transits))
    difference = np.abs((difference + WRAP / 2) % WRAP - WRAP / 2)
    difference[starts[sampled[streams] == NEVER]] = 0.0
    # J += (D - J) / 16 for one after the other is a sum in which what is older weighs less.
    age = np.repeat(starts + counts, counts) - 1 - np.arange(len(rows))
    weighed = np.add.reduceat(difference * decay(age), starts) / 16
    jitter = table.array("jitter")
    jitter[streams] = jitter[streams] * decay(counts) + weighed
    ends = starts + counts - 1
    sampled[streams] = timestamps[ends]
    transits[streams] = transit[ends]


def _before(rows: Ints, values: NDArray[T], known: NDArray[T]) -> NDArray[T]:
    """For each value the one before it in its stream; for the first of a stream what is known."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    starts = np.flatnonzero(np.diff(rows, prepend=NEVER))
    before[starts] = known[rows[starts]]
    return before


def decay(age: Ints) -> Floats:
    return DECAY[np.minimum(age, len(DECAY) - 1)]


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
