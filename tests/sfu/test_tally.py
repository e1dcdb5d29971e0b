"""What loops count, added to the counters."""

import pytest

from sfu.drop import Drop
from sfu.stats import BATCH_SIZES, Stats
from sfu.tally import (
    BATCHED,
    MALFORMED,
    PACKETS_OUT,
    TURN,
    UNSERVED,
    WAITING,
    make_tally,
    note_batch,
    settle,
)


def batches_of(*sizes: int) -> Stats:
    tally, stats = make_tally(), Stats()
    for size in sizes:
        note_batch(tally, size)
    settle(tally, stats, stats.dropped)
    return stats


@pytest.mark.parametrize(
    ("size", "bound"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (256, 256), (512, 512)]
)
def test_a_batch_counts_in_the_bucket_that_holds_its_size(size: int, bound: int) -> None:
    stats = batches_of(size)
    assert stats.batches[BATCH_SIZES.index(bound)] == sum(stats.batches) == 1
    assert stats.batched == size


def test_a_batch_beyond_all_bounds_counts_in_the_last_bucket() -> None:
    assert batches_of(BATCH_SIZES[-1] + 1, 1 << 20).batches[-1] == 2


def test_what_was_counted_is_added_once() -> None:
    tally, stats = make_tally(), Stats(packets_out=5)
    tally[PACKETS_OUT], tally[BATCHED] = 3, 4
    tally[MALFORMED], tally[UNSERVED] = 2, 0
    settle(tally, stats, stats.dropped)
    settle(tally, stats, stats.dropped)

    assert stats == Stats(packets_out=8, batched=4, dropped=stats.dropped)
    assert dict(stats.dropped) == {Drop.MALFORMED: 2}


def test_what_goes_on_is_no_counter() -> None:
    tally, stats = make_tally(), Stats()
    tally[TURN], tally[WAITING] = 7, 2
    settle(tally, stats, stats.dropped)

    assert (tally[TURN], tally[WAITING]) == (7, 2)
    assert stats == Stats()
