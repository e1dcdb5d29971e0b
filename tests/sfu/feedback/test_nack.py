from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback.nack import GRID, HELD, LARGEST_GAP, MOST, OUTSTANDING, Nacks
from sfu.tables import Clients, Streams

ROW = 0


def take(nacks: Nacks, now: float, rtt: float = 0.0) -> list[int]:
    """What one stream asks for."""
    streams, clients = Streams(), Clients()
    clients.rtt[0] = rtt
    asked = dict(nacks.take(now, streams, clients))
    assert asked.keys() <= {ROW}
    return asked.get(ROW, [])


def missing(first: int, end: int, now: float = 0.0) -> Nacks:
    nacks = Nacks()
    nacks.open(ROW, first, end, now)
    return nacks


def test_without_gaps_nothing_is_due() -> None:
    assert Nacks().due == float("inf")
    assert take(Nacks(), now=10.0) == []


def test_a_gap_is_asked_for_after_twenty_milliseconds() -> None:
    nacks = missing(65535, 65537)

    assert nacks.due == pytest.approx(0.020)
    assert take(nacks, now=0.009) == []
    assert take(nacks, now=0.020) == [65535, 0]


@given(st.floats(0, 1000))
def test_all_streams_share_a_grid_on_which_nothing_waits_longer_than_thirty(now: float) -> None:
    nacks = missing(1, 2, now)

    assert nacks.due / GRID == pytest.approx(round(nacks.due / GRID))
    assert now + 0.0099 <= nacks.due <= now + 0.0301
    assert take(nacks, nacks.due + 1e-6) == [1]


def test_a_late_packet_closes_its_gap() -> None:
    nacks = missing(2, 4)
    nacks.close(ROW, 2)
    nacks.close(ROW, 2)
    nacks.close(ROW + 1, 3)

    assert take(nacks, now=0.02) == [3]


def test_nothing_is_due_once_every_gap_is_closed() -> None:
    nacks = missing(2, 3)
    nacks.close(ROW, 2)

    assert take(nacks, nacks.due) == []
    assert nacks.due == float("inf")


def test_five_tries_grow_apart_and_then_it_is_given_up() -> None:
    nacks = missing(2, 3)
    times = []
    while (due := nacks.due) < 10:
        if take(nacks, due, rtt=0.1):
            times.append(due)

    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == pytest.approx([0.1, 0.125, 0.15625, 0.1953125], abs=GRID / 2)
    assert nacks.outstanding(ROW) == 0


def test_tries_are_never_more_than_400_milliseconds_apart() -> None:
    nacks = missing(2, 3)
    take(nacks, 0.02, rtt=3.0)

    assert nacks.due == pytest.approx(0.42)


def test_only_the_newest_hundred_are_asked_for() -> None:
    nacks = missing(1, 301)

    assert nacks.outstanding(ROW) == OUTSTANDING
    assert take(nacks, now=0.02) == list(range(201, 301))


def test_a_jump_is_a_new_start() -> None:
    nacks = missing(1, 2)
    nacks.open(ROW, 3, 3 + LARGEST_GAP + 1, 0.0)

    assert nacks.outstanding(ROW) == 0


def test_what_is_missing_before_a_key_frame_is_forgotten() -> None:
    nacks = missing(2, 4)
    nacks.open(ROW, 5, 6, 0.0)
    nacks.forget(ROW, before=4)

    assert take(nacks, now=0.02) == [5]


def test_a_stream_that_is_gone_asks_for_nothing() -> None:
    nacks = missing(2, 4)
    nacks.remove(ROW)

    assert take(nacks, now=0.02) == []


def test_several_streams_are_asked_together() -> None:
    nacks, streams, clients = missing(2, 4), Streams(), Clients()
    nacks.open(7, 10, 11, 0.001)

    assert nacks.take(0.02, streams, clients) == [(ROW, [2, 3]), (7, [10])]


def test_who_loses_everything_does_not_ask_for_everything() -> None:
    nacks, streams, clients = Nacks(), Streams(64), Clients()
    rows = range(40)
    for row in rows:
        nacks.open(row, 1, 51, 0.0)

    first = dict(nacks.take(0.02, streams, clients))
    assert sum(map(len, first.values())) == MOST
    assert sum(nacks.outstanding(row) for row in rows) == MOST  # the rest was given up
    assert first[5] == list(range(45, 51))  # the newest, where there is room for some
    for row in rows:
        nacks.open(row, 60, 90, 0.02)
    second = dict(nacks.take(0.04, streams, clients))
    assert set(second) & set(rows) - set(first)
    assert sum(map(len, second.values())) == MOST


def test_of_many_streams_that_miss_much_only_so_much_is_looked_through_again_and_again() -> None:
    """Who cannot keep up loses packets of everybody, and must not be kept busy by what is lost."""
    nacks, rows = Nacks(), 4 * HELD // OUTSTANDING
    for row in range(rows):
        nacks.open(row, 0, OUTSTANDING, row * 1e-6)
        assert sum(map(nacks.outstanding, range(rows))) <= HELD
    assert nacks.outstanding(0) == 0  # the first gives up,
    assert nacks.outstanding(rows - 1) == OUTSTANDING  # the last is still of use


def test_what_was_given_up_or_came_makes_room() -> None:
    nacks = Nacks()
    for turn in range(2 * HELD):
        nacks.open(ROW, turn, turn + 1, 0.0)
        nacks.close(ROW, turn)
    nacks.open(ROW + 1, 0, 2, 0.0)
    assert nacks.outstanding(ROW + 1) == 2
