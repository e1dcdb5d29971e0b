from random import Random

import pytest

from tests.sim.impair import Conditions, Link


def link(conditions: Conditions) -> Link:
    return Link(conditions, Random(1))


def drain(one: Link) -> list[tuple[float, bytes]]:
    arrived = []
    while (when := one.next_timeout()) is not None:
        arrived += [(when, packet) for packet in one.take(when)]
    return arrived


def test_a_perfect_link_delivers_at_once_and_in_order() -> None:
    one = link(Conditions())
    for number in range(5):
        one.send(bytes([number]), now=1.0)

    assert one.take(1.0) == [bytes([number]) for number in range(5)]
    assert one.next_timeout() is None


def test_a_delayed_packet_arrives_then_and_not_before() -> None:
    one = link(Conditions(delay=0.05))
    one.send(b"a", now=1.0)

    assert one.take(1.04) == []
    assert one.next_timeout() == pytest.approx(1.05)
    assert one.take(1.06) == [b"a"]


def test_about_the_given_share_is_lost() -> None:
    one = link(Conditions(loss=0.1))
    for _ in range(1000):
        one.send(b"a", now=0.0)

    assert 70 < one.lost < 130
    assert len(one.take(0.0)) == 1000 - one.lost


def test_jitter_keeps_the_order_and_swapping_does_not() -> None:
    for swapped, in_order in ((0.0, True), (0.1, False)):
        one = link(Conditions(jitter=0.03, swapped=swapped))
        for number in range(100):
            one.send(bytes([number]), now=number / 100)
        numbers = [packet[0] for _, packet in drain(one)]

        assert sorted(numbers) == list(range(100))
        assert (numbers == sorted(numbers)) is in_order


def test_a_bottleneck_spaces_packets_and_drops_what_would_wait_too_long() -> None:
    one = link(Conditions(rate=1000, queue=0.5))
    for _ in range(10):
        one.send(bytes(100), now=0.0)

    arrived = drain(one)
    assert [when for when, _ in arrived] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert one.lost == 5
