"""Feedback about what arrived, of one client and of all together."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback import twcc
from sfu.feedback.arrivals import Arrivals
from sfu.feedback.twcc import Report
from sfu.loops.reports import GRID
from sfu.tables import Clients
from tests.sim.recorder import TwccRecorder

CLIENTS = 4


@dataclass(frozen=True)
class Packet:
    row: int
    number: int
    arrival: float
    marker: bool = False


def arrivals(*packets: Packet) -> Arrivals:
    found = Arrivals(Clients())
    for packet in packets:
        found.add(packet.row, packet.number, packet.arrival, packet.marker)
    return found


def tell_many(arrivals: Arrivals, packets: list[Packet]) -> None:
    """As compiled loops do."""
    arrivals.room(len(packets))
    for place, packet in enumerate(packets, arrivals.count):
        entry = packet.row, packet.number, packet.arrival, packet.marker, 0
        arrivals.waiting[place] = entry
    if packets:
        arrivals.told(len(packets), packets[0].arrival)


def parsed(bodies: list[tuple[int, bytes]], row: int = 0) -> list[Report]:
    reports = [twcc.parse(body) for owner, body in bodies if owner == row]
    assert None not in reports
    return [report for report in reports if report is not None]


def numbers(reports: list[Report]) -> list[list[int]]:
    return [[number for number, _ in report.arrivals] for report in reports]


def test_a_report_by_hand() -> None:
    found = arrivals(Packet(0, 100, 64.0), Packet(0, 101, 64.010), Packet(0, 103, 63.999))

    # Base 100, four packets, 1000 times 64 ms, number 0; a vector of two-bit symbols 1 1 0 2;
    # deltas 0, 40 and -44 quarters of a millisecond; no padding is needed.
    ((row, body),) = found.take(64.1)
    assert row == 0
    assert body.hex(" ") == "00 64 00 04 00 03 e8 00 d4 80 00 28 ff d4 00 00"


def test_regular_packets_are_a_run() -> None:
    found = arrivals()
    tell_many(found, [Packet(0, 65500 + n & 0xFFFF, 64.0001 + n / 1000) for n in range(100)])

    ((_, body),) = found.take(64.1)
    assert body[:10].hex(" ") == "ff dc 00 64 00 03 e8 00 20 64"
    assert body[10:].hex() == (b"\0" + bytes([4] * 99) + b"\0\0").hex()


def test_nothing_is_due_before_the_first_packet() -> None:
    assert arrivals().due == float("inf")
    assert arrivals().take(10.0) == []


def test_reports_go_out_every_tenth_of_a_second() -> None:
    found = arrivals(Packet(0, 1, 10.0))

    assert found.due == pytest.approx(10.05)
    assert found.take(10.05) == []
    assert found.due == pytest.approx(10.1)
    assert len(found.take(10.1)) == 1
    assert found.due == float("inf")


def test_the_end_of_a_frame_hurries_a_report_of_twenty_packets() -> None:
    found = arrivals(*(Packet(0, number, 10.0, marker=True) for number in range(19)))
    assert found.take(10.05) == []

    found.add(0, 19, 10.051, False)
    assert len(found.take(10.06)) == 1


def test_more_than_a_hundred_packets_are_reported_at_the_next_look() -> None:
    found = arrivals(*(Packet(0, number, 10.0) for number in range(101)))
    assert found.due == pytest.approx(10 + GRID)

    assert numbers(parsed(found.take(10.0))) == [list(range(101))]


def test_clients_are_looked_at_on_a_common_grid() -> None:
    found = arrivals(Packet(0, 1, 10.001))
    found.add(1, 7, 10.004, False)

    assert found.take(10.05) == []
    assert found.due == pytest.approx(10.1)
    assert [row for row, _ in found.take(10.1)] == [0, 1]


def test_a_client_that_is_not_due_keeps_what_waits() -> None:
    found = arrivals(Packet(0, 1, 10.0))
    found.add(1, 7, 10.08, False)

    assert {row for row, _ in found.take(10.1)} == {0}
    assert numbers(parsed(found.take(10.2), 1)) == [[7]]


def test_losses_between_two_reports_are_in_the_second() -> None:
    found = arrivals(Packet(0, 65535, 1.0))
    (first,) = parsed(found.take(1.1))
    found.add(0, 2, 1.12, False)
    (second,) = parsed(found.take(1.25))

    assert first.number + 1 == second.number
    assert [(n, at is not None) for n, at in second.arrivals] == [(0, False), (1, False), (2, True)]


def test_a_packet_behind_its_report_gets_one_of_its_own() -> None:
    found = arrivals(Packet(0, 1, 1.0), Packet(0, 4, 1.0))
    found.take(1.1)
    for number in (5, 2):
        found.add(0, number, 1.15, False)

    assert numbers(parsed(found.take(1.25))) == [[2], [5]]


def test_a_pause_too_long_for_a_delta_splits_the_report() -> None:
    found = arrivals(Packet(0, 1, 1.0), Packet(0, 3, 10.0))

    assert numbers(parsed(found.take(10.0))) == [[1], [2, 3]]


def test_a_jump_of_numbers_is_no_loss() -> None:
    found = arrivals(Packet(0, 1, 1.0))
    found.take(1.1)
    found.add(0, 30_000, 1.2, False)

    assert numbers(parsed(found.take(1.3))) == [[30_000]]


def test_the_reference_time_wraps_after_twelve_days() -> None:
    found = arrivals(Packet(0, 1, 0.064 * (1 << 24) + 0.128))

    (report,) = parsed(found.take(2e6))
    assert report.arrivals == [(1, 128_000)]


def test_a_new_client_in_an_old_row_inherits_nothing() -> None:
    found = arrivals(Packet(0, 1, 1.0), Packet(1, 5, 1.0))
    tell_many(found, [Packet(0, 2, 1.0), Packet(1, 6, 1.0)])
    found.forget(0)

    assert [row for row, _ in found.take(1.1)] == [1]
    assert found.due == float("inf")


def test_a_client_that_has_left_with_a_report_due_is_not_waited_for() -> None:
    found = arrivals(Packet(0, 1, 1.00), Packet(1, 5, 1.08, marker=True))
    found.forget(0)

    assert found.take(1.1) == []
    assert found.due > 1.1


packets = st.lists(
    st.tuples(
        st.integers(0, CLIENTS - 1),
        st.sampled_from([1] * 12 + [2, 3, -1, -4, 0, 30]),  # step of the number
        st.sampled_from([1] * 12 + [0, 40, -3, 90, 9000]),  # milliseconds since the one before
        st.booleans(),
    ),
    max_size=100,
)


@given(
    st.lists(st.tuples(packets, st.booleans()), min_size=1, max_size=5),
    st.integers(0, 65535),
)
def test_reports_say_what_one_recorder_for_each_client_would(
    parts: list[tuple[list[tuple[int, int, int, bool]], bool]], first: int
) -> None:
    """In whichever way the packets are told."""
    found = arrivals()
    recorders = [TwccRecorder() for _ in range(CLIENTS)]
    number, now = [first] * CLIENTS, 1000.0
    for steps, at_once in parts:
        told = []
        for row, step, milliseconds, marker in steps:
            number[row] += step
            now += milliseconds / 1000
            told.append(Packet(row, number[row] & 0xFFFF, now, marker))
        for packet in told:
            recorders[packet.row].receive(packet.number, packet.arrival, marker=packet.marker)
        if at_once:
            tell_many(found, told)
        else:
            for packet in told:
                found.add(packet.row, packet.number, packet.arrival, packet.marker)
        now += 10
        bodies = found.take(now)
        for row, recorder in enumerate(recorders):
            assert parsed(bodies, row) == parsed([(row, b) for b in recorder.take_bodies(now)], row)
