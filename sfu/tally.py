"""What compiled loops count: in one array, and added to the counters of Python when these are read.

So a wake in which all is regular needs no look of Python at what it has brought.
"""

from collections import Counter

import numpy as np

from sfu.drop import Drop
from sfu.stats import BATCH_SIZES, Counts
from sfu.tables import Ints
from turn.compiling import compiled

COUNTED = (
    "packets_in", "bytes_in", "control_in", "packets_out", "bytes_out", "batched",
)  # fmt: skip
DROPPED = (
    Drop.UNAUTHENTIC, Drop.MALFORMED, Drop.NO_SUBSCRIBER, Drop.UNPROTECTED, Drop.NOT_IN_HISTORY,
)  # fmt: skip
(
    PACKETS_IN, BYTES_IN, CONTROL_IN, PACKETS_OUT, BYTES_OUT, BATCHED,
    UNAUTHENTIC, MALFORMED, UNSERVED, UNPROTECTED, CHANGED,
) = range(len(COUNTED) + len(DROPPED))  # fmt: skip
BATCHES = len(COUNTED) + len(DROPPED)  # from here on: by size, as in `Counts.batches`
SIZES = len(BATCH_SIZES)
# What is no counter but goes on from call to call:
TURN = BATCHES + SIZES + 1  # notes from earlier turns are void
WAITING = TURN + 1  # arrivals that wait for a report,
TOLD = TURN + 2  # and those of them that came since the last look
GROWTHS = TURN + 3  # how often an array that loops work on was replaced by another
PLACES = TURN + 4


def make_tally() -> Ints:
    return np.zeros(PLACES, np.int64)


def settle(tally: Ints, counts: Counts, dropped: Counter[Drop]) -> None:
    """Add what was counted, and begin again."""
    values = tally[:TURN].tolist()
    tally[:TURN] = 0
    for name, value in zip(COUNTED, values, strict=False):
        setattr(counts, name, getattr(counts, name) + value)
    for reason, value in zip(DROPPED, values[len(COUNTED) :], strict=False):
        if value:
            dropped[reason] += value
    for size, value in enumerate(values[BATCHES:]):
        counts.batches[size] += value


@compiled
def note_batch(tally: Ints, count: int) -> None:
    """A batch of so many datagrams."""
    bucket, size = 0, 1
    while size < count and bucket < SIZES:
        bucket += 1
        size *= 2
    tally[BATCHES + bucket] += 1
    tally[BATCHED] += count
