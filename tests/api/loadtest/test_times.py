"""When packets really left."""

from api.loadtest.times import REMEMBERED, Times, find


def test_the_moment_of_sending_is_found_by_the_planned_one() -> None:
    times = Times()
    times.note(5_000_000, 5_300_000)
    times.note(6_000_000, 6_000_100)

    assert [find(times.departures, at) for at in (6_000_000, 5_000_000)] == [6_000_100, 5_300_000]


def test_what_others_have_planned_is_not_found() -> None:
    times = Times()
    times.note(5_000_000, 5_300_000)

    assert [find(times.departures, at) for at in (5_000_001, 7_000_000)] == [0, 0]


def test_old_moments_are_forgotten() -> None:
    times = Times()
    times.note(5_000_000, 5_300_000)

    times.note(5_000_000 + REMEMBERED * 1_000_000, 1)

    assert find(times.departures, 5_000_000) == 0
