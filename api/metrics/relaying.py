"""The relay's counters as Prometheus's families of samples. No label names a person."""

from collections.abc import Iterator

from prometheus_client import Metric

from turn.drop import Drop
from turn.stats import RelayStats

# What requests can be answered (turn/asking.py, turn/authentication.py).
CODES = 400, 401, 403, 420, 437, 438, 440, 441, 442, 443, 486, 508


def relay_families(stats: RelayStats) -> Iterator[Metric]:
    """Those that have not happened too: a counter that comes into being at 1 has no rate."""
    allocations = Metric("housecall_relay_allocations", "Allocations now.", "gauge")
    allocations.add_sample("housecall_relay_allocations", {}, stats.allocations)
    yield allocations
    dropped = Metric("housecall_relay_dropped", "Packets that went no further.", "counter")
    for reason in Drop:
        labels = {"reason": reason.value}
        dropped.add_sample("housecall_relay_dropped_total", labels, stats.dropped.get(reason, 0))
    yield dropped
    errors = Metric("housecall_relay_refused", "Requests that were refused.", "counter")
    for code in CODES:
        labels = {"code": str(code)}
        errors.add_sample("housecall_relay_refused_total", labels, stats.errors.get(code, 0))
    yield errors
    unsent = Metric("housecall_relay_unsent", "Packets that the system did not take.", "counter")
    unsent.add_sample("housecall_relay_unsent_total", {}, stats.unsent)
    yield unsent
