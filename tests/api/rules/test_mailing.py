"""When a letter is sent again, and when somebody may get another one."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.rules.mailing import PAUSE, PER_DAY, is_for_good, next_try, wait_for_another

NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)


def test_later_tries_are_further_apart() -> None:
    waits = [(next_try(tries, NOON) - NOON).total_seconds() for tries in range(1, 8)]

    assert waits == [30, 120, 600, 1800, 3600, 3600, 3600]


def test_a_server_says_whether_trying_again_helps() -> None:
    assert [code for code in (250, 421, 450, 550, 554) if is_for_good(code)] == [550, 554]


def test_the_second_letter_waits_a_minute() -> None:
    assert wait_for_another([], NOON) is None
    assert wait_for_another([NOON], NOON) == PAUSE
    assert wait_for_another([NOON - timedelta(seconds=20)], NOON) == timedelta(seconds=40)
    assert wait_for_another([NOON - PAUSE], NOON) is None


def test_the_eleventh_of_a_day_waits_for_the_first_to_be_a_day_old() -> None:
    posted = [NOON - timedelta(hours=hour) for hour in range(1, PER_DAY + 1)]

    assert wait_for_another(posted, NOON) == timedelta(hours=24 - PER_DAY)


@given(st.lists(st.integers(0, 200_000), max_size=40))
def test_nobody_gets_more_than_is_allowed(gaps: list[int]) -> None:
    now, posted = NOON, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        if wait_for_another(posted, now) is None:
            posted.append(now)
    for at in posted:
        near = [other for other in posted if timedelta(0) <= other - at < timedelta(days=1)]
        assert len(near) <= PER_DAY
    assert all(b - a >= PAUSE for a, b in pairwise(posted))


@given(st.lists(st.integers(0, 100_000), max_size=30))
def test_who_has_waited_may(ages: list[int]) -> None:
    posted = [NOON - timedelta(seconds=age) for age in ages]
    wait = wait_for_another(posted, NOON)
    if wait is not None and len(posted) <= PER_DAY:
        assert wait_for_another(posted, NOON + wait) is None
