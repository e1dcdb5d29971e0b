from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback.nack import LARGEST_GAP, OUTSTANDING, NackGenerator


def generator(*sequences: int) -> NackGenerator:
    nacks = NackGenerator()
    for sequence in sequences:
        nacks.receive(sequence, now=0.0)
    return nacks


def test_a_stream_without_gaps_asks_for_nothing() -> None:
    nacks = generator(7, 8, 9)

    assert nacks.next_timeout() is None
    assert nacks.take_nacks(now=10.0) == []


def test_a_gap_is_asked_for_after_twenty_milliseconds() -> None:
    nacks = generator(65534, 65537)

    assert nacks.next_timeout() == pytest.approx(0.020)
    assert nacks.take_nacks(now=0.019) == []
    assert nacks.take_nacks(now=0.020) == [65535, 0]


def test_a_late_packet_closes_its_gap() -> None:
    nacks = generator(1, 4)

    assert nacks.receive(2, now=0.01)
    assert not nacks.receive(2, now=0.01)
    assert nacks.take_nacks(now=0.02) == [3]


def test_five_tries_grow_apart_and_then_it_is_given_up() -> None:
    nacks = generator(1, 3)
    times = []
    while (due := nacks.next_timeout()) is not None:
        if nacks.take_nacks(due, rtt=0.1):
            times.append(due)

    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == pytest.approx([0.1, 0.125, 0.15625, 0.1953125])
    assert nacks.take_given_up() == [2]
    assert nacks.take_given_up() == []


def test_tries_are_never_more_than_400_milliseconds_apart() -> None:
    nacks = generator(1, 3)
    nacks.take_nacks(0.02, rtt=3.0)

    assert nacks.next_timeout() == pytest.approx(0.42)


def test_only_the_newest_hundred_are_asked_for() -> None:
    nacks = generator(0, 301)

    assert nacks.outstanding == OUTSTANDING
    assert nacks.take_nacks(now=0.02) == list(range(201, 301))
    assert nacks.take_given_up() == list(range(1, 201))


def test_a_jump_is_a_new_start() -> None:
    nacks = generator(0, 2, 2 + LARGEST_GAP + 2)

    assert nacks.outstanding == 0
    assert nacks.take_given_up() == [1]
    assert nacks.highest == LARGEST_GAP + 4


def test_what_is_missing_before_a_key_frame_is_forgotten() -> None:
    nacks = generator(1, 4, 6)
    nacks.forget(before=4)

    assert nacks.take_nacks(now=0.02) == [5]
    assert nacks.take_given_up() == []


@given(st.permutations(range(1, 40)), st.sets(st.integers(1, 39)))
def test_whatever_the_order_just_the_lost_ones_are_asked_for(
    order: list[int], lost: set[int]
) -> None:
    nacks = generator(0, *(sequence for sequence in order if sequence not in lost), 40)

    assert nacks.take_nacks(now=0.02) == sorted(lost)
