"""Free times: within the hours, beside what is booked, across changes of clocks."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.rules.availability import STEP, Hours, Span, join, slots, without, working

MONDAY = datetime(2027, 3, 22, tzinfo=UTC)
BERLIN = "Europe/Berlin"
MORNING = Hours(0, time(9), time(12))


def span(begins: float, ends: float) -> Span:
    """In hours after the beginning of that Monday."""
    return Span(MONDAY + timedelta(hours=begins), MONDAY + timedelta(hours=ends))


def test_hours_are_by_the_clock_of_the_place() -> None:
    two_weeks = working([MORNING], BERLIN, span(0, 14 * 24))

    assert two_weeks == [span(8, 11), span(7 * 24 + 7, 7 * 24 + 10)]  # summer in between


def test_a_night_on_which_the_clocks_change_is_as_long_as_it_is() -> None:
    sunday = Hours(6, time(0), time(6))
    (night,) = working([sunday], BERLIN, span(5 * 24, 7 * 24))

    assert night.ends - night.begins == timedelta(hours=5)


def test_what_is_booked_is_left_out() -> None:
    left = without([span(8, 11)], [span(7, 8.5), span(9, 9.5), span(10.5, 12)])
    begins = [one.begins for one in slots(left, timedelta(minutes=30))]

    assert left == [span(8.5, 9), span(9.5, 10.5)]
    assert begins == [span(h, 0).begins for h in (8.5, 9.5, 9.75, 10)]


def test_slots_begin_at_quarters_of_an_hour() -> None:
    (one,) = slots([span(8.05, 8.8)], timedelta(minutes=30))
    assert one == span(8.25, 8.75)


spans = st.lists(
    st.builds(
        lambda a, b: Span(MONDAY + timedelta(minutes=a), MONDAY + timedelta(minutes=a + b)),
        st.integers(0, 3000), st.integers(1, 500),
    ), max_size=8,
)  # fmt: skip


@given(spans, spans, st.integers(5, 120))
def test_no_slot_meets_what_is_booked_or_leaves_the_hours(
    hours: list[Span], booked: list[Span], minutes: int
) -> None:
    free = join(hours)
    for one in slots(without(free, booked), timedelta(minutes=minutes)):
        assert not any(one.meets(taken) for taken in booked)
        assert any(whole.begins <= one.begins and one.ends <= whole.ends for whole in free)
        assert one.begins.timestamp() % STEP.total_seconds() == 0
