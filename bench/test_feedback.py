"""Feedback, by pytest-benchmark: of one packet, and of all clients of twenty rooms of eight.

A call of the latter handles CLIENTS times ARRIVED packets that came in, or CLIENTS times REPORTED
that were sent; divide by these.
"""

from itertools import count

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from bench import traffic
from sfu.feedback import reception
from sfu.feedback.acks import Acks
from sfu.feedback.arrivals import Arrivals
from sfu.feedback.clock import ntp_from_seconds
from sfu.sequencer import Sequencer
from sfu.tables import LOG, Clients
from tests.sim.media import Call
from tests.sim.recorder import TwccRecorder

CLIENTS = 160
ARRIVED = 21  # packets of one publisher in 50 ms
REPORTED = 40  # packets to one subscriber in 50 ms
ROUNDS = 50


def test_number_and_count_a_packet(benchmark: BenchmarkFixture) -> None:
    call, (speaker,) = traffic.broadcast(0, 1)
    traffic.play(call, sorted(speaker.arrivals(call.now, 0.1), key=lambda a: a.at), 1)
    state = call.plane._state
    stream = next(s for s in state.streams if s is not None)
    sequencer, table, row = Sequencer(state, lambda *_: None), state.stream_table, stream.row
    numbers = count(table.highest[row] + 1)

    def take() -> int:
        number = next(numbers)
        extended = sequencer.take(stream, number & 0xFFFF, 1.0)
        reception.receive(table, row, extended, number // 7 * 3000, number / 210)
        return extended

    assert benchmark(take) > 0


def test_note_an_arrival(benchmark: BenchmarkFixture) -> None:
    arrivals, numbers = Arrivals(Clients()), count()

    benchmark(lambda: arrivals.add(0, next(numbers) & 0xFFFF, 1.0, False))


def test_report_arrivals_to_one_publisher(benchmark: BenchmarkFixture) -> None:
    measure_arrivals(benchmark, clients=1)


def test_report_arrivals_to_160_publishers(benchmark: BenchmarkFixture) -> None:
    measure_arrivals(benchmark, CLIENTS)


def measure_arrivals(benchmark: BenchmarkFixture, clients: int) -> None:
    """Noting them is part of it."""
    arrivals, numbers = Arrivals(Clients(clients)), count(step=ARRIVED)
    rows = np.repeat(np.arange(clients), ARRIVED)
    places = np.tile(np.arange(ARRIVED), clients)

    def play() -> int:
        first = next(numbers)
        at = 100 + first / ARRIVED
        found = places + first & 0xFFFF
        times = (at + places * 0.002).astype(np.float64)
        arrivals.room(len(rows))
        waiting = arrivals.waiting[arrivals.count : arrivals.count + len(rows)]
        waiting["client"], waiting["number"], waiting["time"] = rows, found, times
        waiting["marker"] = places == ARRIVED - 1
        arrivals.told(len(rows), float(times[0]))
        return len(arrivals.take(at + 0.05))

    play()  # only then the last report is known
    assert benchmark(play) == clients


def test_count_what_one_subscriber_reports(benchmark: BenchmarkFixture) -> None:
    measure_acks(benchmark, clients=1)


def test_count_what_160_subscribers_report(benchmark: BenchmarkFixture) -> None:
    measure_acks(benchmark, CLIENTS)


def measure_acks(benchmark: BenchmarkFixture, clients: int) -> None:
    table = Clients(clients)
    acks, recorder = Acks(table), TwccRecorder()
    numbers = count(step=REPORTED)

    def send() -> tuple[tuple[bytes], dict[str, object]]:
        first = next(numbers)
        for n in range(REPORTED):
            recorder.receive(first + n & 0xFFFF, 100 + (first + n) / 800, marker=False)
        (body,) = recorder.take_bodies(1e9 + first)
        table.array("log")[:clients, first + np.arange(REPORTED) & LOG - 1] = 1 << 40 | 1000
        table.array("twcc")[:clients] = first + REPORTED
        return (body,), {}

    def receive(body: bytes) -> None:
        for row in range(clients):
            acks.receive(row, body)

    benchmark.pedantic(receive, setup=send, rounds=ROUNDS)  # type: ignore[no-untyped-call]
    assert table.confirmed[clients - 1] == ROUNDS * REPORTED


def test_report_to_a_room_of_eight(benchmark: BenchmarkFixture) -> None:
    """All of them at one moment, sealing included: 24 streams and 112 subscriptions."""
    call, people = traffic.party(8, 1)
    packets = sorted((a for p in people for a in p.arrivals(call.now, 1.0)), key=lambda a: a.at)
    traffic.play(call, packets, 16)
    state = call.plane._state
    for stream in filter(None, state.streams):
        stream.clock.receive(ntp_from_seconds(10_000.0), 5, call.now)

    def make_due() -> tuple[tuple[Call], dict[str, object]]:
        call.now += 1.0
        state.client_table.array("report_at")[:8] = call.now
        return (call,), {}

    def report(call: Call) -> int:
        before = call.plane.stats.control_out
        call.plane._reporting._report(call.now)
        call.plane.take_transmits()  # they are sealed then
        return call.plane.stats.control_out - before

    assert (
        benchmark.pedantic(report, setup=make_due, rounds=ROUNDS)  # type: ignore[no-untyped-call]
        >= 8
    )
