"""What the relay counts, as Prometheus reads it."""

import asyncio

from api.metrics.exposition import Metrics
from api.metrics.relaying import CODES
from tests.api.metrics.reading import Reading
from turn.drop import Drop
from turn.stats import RelayStats


def read(stats: RelayStats) -> Reading:
    async def tell() -> RelayStats:
        return stats

    metrics = Metrics(lambda: [], tell)
    return Reading(asyncio.run(metrics.text()).decode())


def test_reasons_and_codes_are_told_by_name() -> None:
    reading = read(RelayStats(3, {Drop.FORBIDDEN_PEER: 5}, {401: 7}, 2))

    assert reading("housecall_relay_allocations") == 3
    assert reading("housecall_relay_dropped_total", reason="forbidden_peer") == 5
    assert reading("housecall_relay_refused_total", code="401") == 7
    assert reading("housecall_relay_unsent_total") == 2


def test_what_has_not_happened_is_told_too() -> None:
    reading = read(RelayStats(0, {}, {}, 0))

    for reason in Drop:
        assert reading("housecall_relay_dropped_total", reason=reason.value) == 0
    for code in CODES:
        assert reading("housecall_relay_refused_total", code=str(code)) == 0
