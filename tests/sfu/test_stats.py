"""Counters of one media process."""

from dataclasses import asdict

from sfu.drop import Drop
from sfu.stats import NodeStats, Stats


def test_what_a_node_tells_does_not_change_while_it_is_told() -> None:
    stats = Stats(packets_in=3)
    told = NodeStats.of(stats)
    stats.batches[0] += 1
    stats.packets_in += 1

    assert told.packets_in == 3
    assert sum(told.batches) == 0


def test_what_a_node_tells_can_be_taken_apart_and_put_together() -> None:
    told = NodeStats.of(Stats(packets_in=3, batched=4))
    told.dropped[Drop.MUTED.value] = 2

    assert NodeStats(**asdict(told)) == told
