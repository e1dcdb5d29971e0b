"""Transport-wide feedback, read again by the server's own reader."""

import numpy as np

from api.loadtest.arrivals import Arrivals
from api.loadtest.loops import note
from sfu.feedback.twcc import parse

MS = 1_000_000  # ns


def receive(arrivals: Arrivals, link: int, packets: list[tuple[int, int]]) -> None:
    """Packets of (number, ms)."""
    for number, time in packets:
        note(arrivals.noted, link, number, time * MS)


def take(arrivals: Arrivals, link: int) -> list[tuple[int, int | None]]:
    """(number, ms since the first that came) of a report."""
    ((found, body),) = arrivals.take_bodies(np.array([link]))
    assert found == link
    report = parse(body)
    assert report is not None
    first = next(time for _, time in report.arrivals if time is not None)
    return [(n, None if t is None else (t - first) // 1000) for n, t in report.arrivals]


def test_a_report_has_all_that_came_since_the_last() -> None:
    arrivals = Arrivals(1)
    receive(arrivals, 0, [(5, 100), (6, 101), (7, 103)])
    assert take(arrivals, 0) == [(5, 0), (6, 1), (7, 3)]

    receive(arrivals, 0, [(8, 200), (9, 210)])

    assert take(arrivals, 0) == [(8, 0), (9, 10)]
    assert arrivals.take_bodies(np.array([0])) == []


def test_what_did_not_come_is_reported_as_lost() -> None:
    arrivals = Arrivals(1)

    receive(arrivals, 0, [(1, 100), (4, 101)])

    assert take(arrivals, 0) == [(1, 0), (2, None), (3, None), (4, 1)]


def test_packets_may_overtake_each_other() -> None:
    arrivals = Arrivals(1)

    receive(arrivals, 0, [(1, 100), (3, 101), (2, 102), (4, 104)])

    assert take(arrivals, 0) == [(1, 0), (2, 2), (3, 1), (4, 4)]


def test_a_long_pause_is_a_large_delta() -> None:
    arrivals = Arrivals(1)

    receive(arrivals, 0, [(1, 100), (2, 1100)])

    assert take(arrivals, 0) == [(1, 0), (2, 1000)]


def test_numbers_wrap() -> None:
    arrivals = Arrivals(1)

    receive(arrivals, 0, [(65534, 100), (65535, 101), (0, 102), (1, 103)])

    assert take(arrivals, 0) == [(65534, 0), (65535, 1), (0, 2), (1, 3)]


def test_connections_do_not_mix() -> None:
    arrivals = Arrivals(2)

    receive(arrivals, 0, [(10, 100)])
    receive(arrivals, 1, [(500, 100)])
    receive(arrivals, 0, [(11, 101)])
    receive(arrivals, 1, [(501, 105)])

    assert take(arrivals, 0) == [(10, 0), (11, 1)]
    assert take(arrivals, 1) == [(500, 0), (501, 5)]


def test_reports_are_numbered() -> None:
    arrivals = Arrivals(1)
    numbers = []
    for number in range(3):
        receive(arrivals, 0, [(number, 100 + number)])
        ((_, body),) = arrivals.take_bodies(np.array([0]))
        numbers.append(body[7])

    assert numbers == [0, 1, 2]


def test_reports_of_many_connections_are_made_together() -> None:
    together, alone = Arrivals(5), Arrivals(5)
    packets = {
        0: [(1, 100), (2, 101)],
        1: [(65_534, 100), (65_535, 164), (0, 165)],
        2: [(7, 100), (9, 101)],  # lost
        3: [(5, 100), (6, 900)],  # late
    }
    for arrivals in (together, alone):
        for link, each in packets.items():
            receive(arrivals, link, each)

    found = dict(together.take_bodies(np.arange(5)))

    one_by_one = [alone.take_bodies(np.array([link])) for link in range(5)]
    assert found == dict(pair for pairs in one_by_one for pair in pairs)
    assert sorted(found) == [0, 1, 2, 3]


def test_more_than_one_run_holds_is_reported_in_full() -> None:
    arrivals = Arrivals(1)

    for number in range(4096):
        note(arrivals.noted, 0, number, 100 * MS + number * MS // 4)

    assert len(take(arrivals, 0)) == 4096
