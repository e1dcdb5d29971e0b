"""What a media process that is held up, or has more to do than it can, costs the other."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from statistics import median
from typing import Any

import pytest

from tests.conftest import Start
from tests.harness.processes import media_processes, processor_time, udp_ports
from tests.harness.server import OURS, RunningServer
from tests.harness.wait import until
from tests.interop.sink import sink
from tests.interop.test_soak import PARTIES, read

pytestmark = pytest.mark.skipif(not OURS, reason="of our own processes")

JOINS_WITHIN = 60.0  # seconds
ENDS_WITHIN = 60.0
WATCHED = 1.0  # seconds to see which process works
HELD = 0.3  # seconds; 0.8 would be a dead process
CORES = sorted(os.sched_getaffinity(0))
HOT, COOL = set(CORES[:1]), set(CORES[-1:])
SLOWER, LATER = 2.0, 0.002  # the p99 with a hot neighbour: at most so many times, and seconds more

# A stranger's checks. With pauses: without any, the kernel's own work for them leaves the core to
# nobody, and the process cannot even tell that it lives.
FLOOD = """
import socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.1", int(sys.argv[1])))
check = bytes.fromhex("000100002112a442") + bytes(12)
while True:
    for _ in range(64):
        try:
            sock.send(check)
        except OSError:
            pass
    time.sleep(0.001)
"""
Trouble = Callable[[int], AbstractContextManager[None]]


@contextmanager
def held_up(pid: int) -> Iterator[None]:
    """Three times, for a moment."""
    for _ in range(3):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(HELD)
        os.kill(pid, signal.SIGCONT)
        time.sleep(HELD)
    yield


@contextmanager
def flooded(pid: int) -> Iterator[None]:
    """All the time, on a core that it shares with the flood."""
    (port,) = udp_ports(pid).values()
    os.sched_setaffinity(pid, HOT)
    with subprocess.Popen([sys.executable, "-c", FLOOD, str(port)]) as flood:
        try:
            os.sched_setaffinity(flood.pid, HOT)
            yield
        finally:
            flood.kill()


@contextmanager
def undisturbed(pid: int) -> Iterator[None]:
    yield


def test_a_process_that_is_held_up_costs_the_other_nothing(start_server: Start) -> None:
    server = start_server(arguments="--workers 2 --udp-port 0")
    before = set(media_processes(server))

    result, _ = call(server, 6.0, held_up)

    assert result["silent"] == result["unauthentic"] == 0
    assert result["lost"] == 0 or result["dropped"] > 0
    assert set(media_processes(server)) == before


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_hot_process_does_not_slow_the_other(start_server: Start) -> None:
    server = start_server(arguments="--workers 2 --udp-port 0")
    runs: dict[str, list[tuple[dict[str, Any], float]]] = {"alone": [], "beside": []}
    for _ in range(3):
        for name, trouble in (("alone", undisturbed), ("beside", flooded)):
            runs[name].append(call(server, 15.0, trouble))

    p99 = {name: median(r["latency"]["p99"] for r, _ in found) for name, found in runs.items()}
    figures = {
        name: {
            "p99_ms": [round(r["latency"]["p99"] * 1e3, 2) for r, _ in found],
            "lost": sum(r["lost"] for r, _ in found),
            "dropped_by_load": sum(r["dropped"] for r, _ in found),
            "neighbour_busy": [round(busy, 2) for _, busy in found],
        }
        for name, found in runs.items()
    }
    print(json.dumps({"hot": figures, "load": round(os.getloadavg()[0], 1)}))  # with -s
    assert all(r["silent"] == 0 for found in runs.values() for r, _ in found)
    assert all(r["lost"] == 0 or r["dropped"] > 0 for found in runs.values() for r, _ in found)
    assert p99["beside"] < SLOWER * p99["alone"] + LATER


def call(server: RunningServer, seconds: float, trouble: Trouble) -> tuple[dict[str, Any], float]:
    """A room of eight, while the process that does not have it is in trouble.

    What its load test says, and the share of a core that the other process used.
    """
    with sink(server, 1, seconds) as process:
        until(
            lambda: read(server)("livekit_participant_total") == PARTIES,
            "all are in",
            JOINS_WITHIN,
        )
        idle, working = by_work(media_processes(server))
        os.sched_setaffinity(working, COOL)
        os.sched_setaffinity(process.pid, COOL)
        with trouble(idle):
            used, started = processor_time(idle), time.monotonic()
            said, _ = process.communicate(timeout=seconds + ENDS_WITHIN)
            busy = (processor_time(idle) - used) / (time.monotonic() - started)
        os.sched_setaffinity(working, HOT | COOL)
        os.sched_setaffinity(idle, HOT | COOL)
    assert process.returncode == 0, "the load test failed, see its own output"
    until(lambda: not read(server)("livekit_participant_total"), "all have left")
    found: dict[str, Any] = json.loads(said)
    return found, busy


def by_work(processes: list[int]) -> tuple[int, int]:
    """The idle one, and the one that has the room."""
    before = {pid: processor_time(pid) for pid in processes}
    time.sleep(WATCHED)
    idle, working = sorted(processes, key=lambda pid: processor_time(pid) - before[pid])
    return idle, working
