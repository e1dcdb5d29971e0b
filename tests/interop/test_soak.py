"""Rooms that talk for a long time: nothing breaks, nothing grows, no pause is long."""

import json
import os
import time
from typing import Any

import pytest

from tests.api.metrics.reading import Reading
from tests.conftest import Start
from tests.harness.server import OURS, Server
from tests.harness.wait import until
from tests.interop.sink import sink

pytestmark = pytest.mark.skipif(not OURS, reason="of our own counters")

PARTIES = 8
JOINS_WITHIN = 120.0  # seconds
SETTLE = 5.0  # seconds behind the last join until a layer has come to everybody
ENDS_WITHIN = 60.0
LONGEST_PAUSE = "0.001"  # seconds, a bound of the histogram
GROWTH, SHARE = 4e6, 0.02  # bytes; of the memory: one of them is allowed


def read(server: Server) -> Reading:
    return Reading(server.get("/metrics")[1])


def long_pauses(reading: Reading) -> float:
    name = "housecall_gc_pause_seconds"
    return reading(f"{name}_count") - reading(f"{name}_bucket", le=LONGEST_PAUSE)


@pytest.mark.parametrize(
    ("rooms", "warm_up", "seconds"),
    [
        pytest.param(1, 8, 20, id="20 seconds"),
        pytest.param(
            8, 300, 1800, id="30 minutes", marks=[pytest.mark.long, pytest.mark.timeout(2400)]
        ),
    ],
)
def test_a_long_call_breaks_nothing(
    start_server: Start, rooms: int, warm_up: float, seconds: float
) -> None:
    server = start_server()
    with sink(server, rooms, seconds) as process:
        people = rooms * PARTIES
        until(
            lambda: read(server)("livekit_participant_total") == people,
            "all are in",
            JOINS_WITHIN,
        )
        time.sleep(SETTLE + warm_up)  # the run itself, from here on
        first, started = read(server), time.monotonic()
        time.sleep(seconds - warm_up - SETTLE)
        last, ended = read(server), time.monotonic()
        said, _ = process.communicate(timeout=ENDS_WITHIN)
        assert process.returncode == 0, "the load test failed, see its own output"
        result: dict[str, Any] = json.loads(said)

    memory = first("housecall_node_memory_bytes"), last("housecall_node_memory_bytes")
    busy = last("housecall_loop_busy_seconds_total") - first("housecall_loop_busy_seconds_total")
    figures = {
        "rooms": rooms,
        "seconds": seconds,
        "busy": round(busy / (ended - started), 3),
        "megabytes": [round(value / 1e6, 2) for value in memory],
        "out_per_second": round(result["packets_out"] / result["seconds"]),
        "lost": result["lost"],
        "load": round(os.getloadavg()[0], 2),
    }
    print(json.dumps({"soak": figures}))  # for the record, with -s
    assert result["packets_out"] > 100 * people * seconds
    assert result["decrypted"] > 0
    assert result["silent"] == 0
    assert result["unauthentic"] == result["unknown"] == 0
    assert result["picture_breaks"] == result["switch_breaks"] == 0
    overflown = last("housecall_socket_dropped_total") + result["dropped"]
    assert result["lost"] == 0 or overflown > 0
    assert abs(memory[1] - memory[0]) < max(GROWTH, SHARE * memory[0])
    assert long_pauses(last) == long_pauses(first)
