"""What a process measures of itself."""

import gc
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sfu.aio.meter import Meter, drops, resident
from sfu.stats import PAUSES, NodeStats


@pytest.fixture
def meter() -> Iterator[Meter]:
    meter = Meter()
    meter.start()
    yield meter
    meter.close()


def filled(meter: Meter) -> NodeStats:
    stats = NodeStats()
    meter.fill(stats, [])
    return stats


def test_a_pause_of_the_collector_is_counted_in_one_bucket(meter: Meter) -> None:
    before = filled(meter)
    gc.collect()
    after = filled(meter)

    assert len(after.gc_pauses) == len(PAUSES) + 1
    assert sum(after.gc_pauses) == sum(before.gc_pauses) + 1
    assert after.gc_seconds > before.gc_seconds


def test_a_closed_meter_hears_of_no_pause() -> None:
    meter = Meter()
    meter.start()
    meter.close()
    gc.collect()

    assert sum(filled(meter).gc_pauses) == 0


def test_work_within_work_counts_once(meter: Meter, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    inner = meter.timed(lambda: None)

    meter.timed(inner)()
    assert meter.busy == 1
    inner()
    assert meter.busy == 2


def test_work_that_fails_counts_too(meter: Meter) -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        meter.timed(fail)()
    failed = meter.busy
    meter.timed(lambda: None)()

    assert 0 < failed < meter.busy


def test_memory_is_that_of_a_process() -> None:
    assert 1 << 20 < resident() < 1 << 40


def test_what_a_full_buffer_loses_is_counted() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        receiver.bind(("127.0.0.1", 0))
        assert drops(receiver) == 0
        for _ in range(100):
            sender.sendto(bytes(1000), receiver.getsockname())

        receiver.setblocking(False)
        received = 0
        with suppress(BlockingIOError):
            while receiver.recv(2000):
                received += 1
        assert received
        assert drops(receiver) == 100 - received
