"""Who joins, and what they ask for."""

import pytest
from livekit.protocol.models import VideoQuality

from api.loadtest.errors import LoadTestError
from api.loadtest.plan import (
    RATES,
    Layers,
    Options,
    Seat,
    check_url,
    parse_fanout,
    parse_rates,
    seats,
    wish,
)

HIGH, LOW = VideoQuality.HIGH, VideoQuality.LOW


def make(rooms: int, parties: int, publishers: int | None = None) -> Options:
    return Options("ws://server", "key", "secret", rooms, parties, publishers)


def test_everybody_publishes_unless_told_otherwise() -> None:
    assert seats(make(1, 2)) == [Seat(0, 0, True), Seat(0, 1, True)]


def test_publishers_join_first() -> None:
    publish = [seat.publishes for seat in seats(make(2, 3, 1))]

    assert publish == [True, False, False, True, False, False]


@pytest.mark.parametrize(("parties", "publishers"), [(2, 3), (0, None), (2, 0)])
def test_a_plan_that_cannot_be_is_refused(parties: int, publishers: int | None) -> None:
    with pytest.raises(LoadTestError, match="publisher"):
        seats(make(1, parties, publishers))


def test_a_fan_out_has_publishers_and_subscribers() -> None:
    assert parse_fanout("1x100") == (1, 100)


@pytest.mark.parametrize("text", ["100", "x", "1x", "ax2", "1x-2"])
def test_another_fan_out_is_refused(text: str) -> None:
    with pytest.raises(LoadTestError, match="1x100"):
        parse_fanout(text)


def test_each_publisher_is_large_for_exactly_one() -> None:
    wishes = [[wish(Layers.ONE_HIGH, me, other, 3) for other in range(3)] for me in range(3)]

    assert wishes == [[LOW, HIGH, LOW], [LOW, LOW, HIGH], [HIGH, LOW, LOW]]


def test_the_only_publisher_is_large_for_the_audience() -> None:
    assert [wish(Layers.ONE_HIGH, me, 0, 1) for me in (1, 2, 3)] == [HIGH, HIGH, HIGH]


def test_all_or_none_can_be_large() -> None:
    assert wish(Layers.HIGH, 0, 2, 3) == HIGH
    assert wish(Layers.LOW, 0, 1, 3) == LOW


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("ws://127.0.0.1:7880/", "ws://127.0.0.1:7880"),
        ("http://localhost:7880", "ws://localhost:7880"),
        ("https://example.org", "wss://example.org"),
    ],
)
def test_an_address_may_be_that_of_the_page(url: str, read: str) -> None:
    assert check_url(url) == read


@pytest.mark.parametrize("url", ["localhost:7880", "ftp://host", "ws://", ""])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(LoadTestError, match="ws://HOST:PORT"):
        check_url(url)


def test_rates_are_read_in_kilobits() -> None:
    assert parse_rates("160,450,1700") == RATES


@pytest.mark.parametrize("text", ["", "160,450", "160,450,x", "1,2,0", "1,2,3,4"])
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(LoadTestError, match="kbit/s"):
        parse_rates(text)
