"""The load test's own JSON is what the measurements read."""

import json
from dataclasses import fields
from typing import Any

import pytest

from api.loadtest.report import Quantiles, Result, Server, to_json
from bench.loads import Load

GIVEN: dict[str, Any] = {
    "rooms": 2,
    "parties": 8,
    "seconds": 10.0,
    "packets_in": 50_000,
    "packets_out": 100_000,
    "latency": Quantiles(0.0005, 0.002, 0.004),
    "join": Quantiles(0.1, 0.2),
    "server": Server(cpu=0.6, rss=120_000_000, pss=110_000_000),
    "own_cpu": 1.5,
    "lag": 0.0004,
}


@pytest.fixture
def load() -> Load:
    empty: dict[str, Any] = {one.name: 0 for one in fields(Result)} | {"latencies": ()}
    return Load(json.loads(to_json(Result(**empty | GIVEN))))


def test_costs_are_microseconds_for_each_packet_out(load: Load) -> None:
    assert load.cost == pytest.approx(6.0)
    assert load.share == pytest.approx(0.06)
    assert load.people == 16
    assert load.memory.rss == 120_000_000


def test_a_line_of_results_has_units_that_people_read(load: Load) -> None:
    told = load.told()

    assert told["out_per_second"] == 10_000
    assert told["latency_ms"] == [0.5, 2.0, 4.0]
    assert told["join_ms"] == [100.0, 200.0]
    assert told["server_megabytes"] == 120.0
