"""The data plane's clock."""

import gc
import os
import socket
import time

import pytest

from api.loadtest import sockets
from api.loadtest.clips import Library
from api.loadtest.link import Link
from api.loadtest.report import LAG_MOST
from api.loadtest.traffic import FEEDBACK, Traffic
from sfu import extensions, rtp
from sfu.transport.certificate import Certificate
from turn.aio.probe import probe


@pytest.fixture
def traffic() -> Traffic:
    return Traffic(Library(), probe()[0], links=1, sent=1, got=1, sample=1)


def test_a_tick_that_comes_late_is_noted(traffic: Traffic) -> None:
    traffic.tick(time.monotonic() - 5 * LAG_MOST)

    assert traffic.lag.quantile(0.99) > LAG_MOST


def test_media_that_overtakes_the_handshake_is_passed_over(traffic: Traffic) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        near = sockets.connect("127.0.0.1", far.getsockname()[1])
        far.connect(near.getsockname())
        traffic.add(Link(Certificate(), os.urandom), near, lambda: None)
        far.send(rtp.build(96, 1, 0, 11, bytes(60), extension=extensions.build([(3, b"\0\1")])))

        for _ in range(2 * FEEDBACK):
            traffic.tick(time.monotonic())
        traffic.close()

    assert traffic.incoming.tally.packets == 0


def test_only_what_was_late_during_the_measurement_counts(traffic: Traffic) -> None:
    traffic.tick(time.monotonic() - 1.0)
    traffic.begin_measuring()
    traffic.tick(time.monotonic() - 1.0)  # the first look at the counters takes its time
    traffic.tick(time.monotonic() + 1.0)
    traffic.end_measuring()
    traffic.tick(time.monotonic() - 1.0)

    assert traffic.measured_lag.quantile(0.99) < LAG_MOST


def test_no_garbage_is_collected_when_the_measurement_begins(traffic: Traffic) -> None:
    collected: list[str] = []
    gc.callbacks.append(watch := lambda phase, _: collected.append(phase))
    try:
        traffic.begin_measuring()
        at_the_beginning = len(collected)
        traffic.tidy()
    finally:
        gc.callbacks.remove(watch)
        gc.unfreeze()

    assert at_the_beginning == 0
    assert collected
