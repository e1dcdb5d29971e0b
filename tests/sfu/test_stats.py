"""Counters of one media process."""

from dataclasses import asdict

from sfu.drop import Drop
from sfu.stats import BATCH_SIZES, NodeStats, Stats


def test_a_batch_counts_in_the_bucket_that_holds_its_size() -> None:
    for size, bound in ((1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (256, 256), (512, 512)):
        stats = Stats()
        stats.note_batch(size)
        assert stats.batches[BATCH_SIZES.index(bound)] == 1
        assert stats.batched == size


def test_a_batch_beyond_all_bounds_counts_in_the_last_bucket() -> None:
    stats = Stats()
    stats.note_batch(BATCH_SIZES[-1] + 1)
    stats.note_batch(1 << 20)
    assert stats.batches[-1] == 2


def test_what_a_node_tells_does_not_change_while_it_is_told() -> None:
    stats = Stats(packets_in=3)
    told = NodeStats.of(stats)
    stats.note_batch(1)
    stats.packets_in += 1

    assert told.packets_in == 3
    assert sum(told.batches) == 0


def test_what_a_node_tells_can_be_taken_apart_and_put_together() -> None:
    told = NodeStats.of(Stats(packets_in=3, batched=4))
    told.dropped[Drop.MUTED.value] = 2

    assert NodeStats(**asdict(told)) == told
