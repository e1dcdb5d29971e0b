"""Loss and jitter of incoming streams, in columns of `tables.Streams` (RFC 3550, 6.4.1 and A.8).

`highest` belongs to the sequencer; everything else here is counted from `base` on.
"""

from sfu.tables import NEVER, Streams

START = 0x10000  # the cycle of a stream's first number, so that an earlier one stays positive
WRAP = 1 << 32  # of timestamps


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
