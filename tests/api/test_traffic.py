import pytest

from api.traffic import Rate, Traffic
from sfu.stats import NodeStats

pytestmark = pytest.mark.anyio


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    rate = Rate()
    found = [rate.note({"a": 100 * second}, float(second)) for second in range(0, 21, 2)]
    assert found[0] == 0
    assert found[1:] == [100] * 10
    assert [rate.note({"a": 2000}, float(second)) for second in (24, 30, 36)] == [60, 0, 0]


def test_all_processes_count_together() -> None:
    rate = Rate()
    rate.note({"a": 1000, "b": 500}, 0.0)
    assert rate.note({"a": 1100, "b": 700}, 2.0) == 150


def test_a_process_that_has_come_or_gone_counts_from_when_it_is_known() -> None:
    rate = Rate()
    rate.note({"a": 1 << 40}, 0.0)
    assert rate.note({"b": 1 << 30}, 2.0) == 0
    assert rate.note({"b": (1 << 30) + 400}, 4.0) == 0  # not there ten seconds ago
    found = [rate.note({"b": (1 << 30) + 400}, float(second)) for second in (12, 14)]
    assert found == [40, 0]


class Counting:
    def __init__(self) -> None:
        self.stats_now = NodeStats(node="ND_1")

    async def stats(self) -> NodeStats:
        return self.stats_now


class Gone:
    async def stats(self) -> NodeStats:
        raise ConnectionError("the media process has ended")


async def test_what_comes_in_and_what_goes_out_is_told() -> None:
    told: list[float] = []
    node = Counting()
    traffic = Traffic(1000, lambda: [node, Gone()], told.append)
    await traffic.look(0.0)
    node.stats_now = NodeStats(node="ND_1", bytes_in=100, bytes_out=300)
    await traffic.look(2.0)
    assert told == [0, 200]


@pytest.mark.parametrize("limit", [0.0, 1e9])
async def test_nobody_is_asked_for_a_limit_that_cannot_be_reached(limit: float) -> None:
    told: list[float] = []
    await Traffic(limit, lambda: [Counting()], told.append).watch()
    assert told == []
