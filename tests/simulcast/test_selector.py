import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulcast.frame import Frame
from simulcast.layers import HIGH, LOW, MEDIUM, NONE
from simulcast.selector import (
    aim,
    aim_at_start,
    passes,
    request_interval,
    take,
    take_temporal,
    temporal_cap,
)

layers = st.integers(LOW, HIGH)


@pytest.mark.parametrize(
    ("wanted", "flowing", "target"),
    [
        (HIGH, [LOW, MEDIUM, HIGH], HIGH),
        (MEDIUM, [LOW, MEDIUM, HIGH], MEDIUM),
        (HIGH, [LOW, MEDIUM], MEDIUM),
        (MEDIUM, [LOW, HIGH], LOW),
        (LOW, [MEDIUM, HIGH], MEDIUM),  # too good is better than nothing
        (HIGH, [], NONE),
        (NONE, [LOW], NONE),
    ],
)
def test_the_target_is_the_best_wanted_layer_that_flows(
    wanted: int, flowing: list[int], target: int
) -> None:
    assert aim(wanted, flowing) == target


def test_in_the_first_second_the_published_layers_count() -> None:
    published = [LOW, MEDIUM, HIGH]

    assert aim_at_start(HIGH, published, [LOW], since_first=0.9) == HIGH
    assert aim_at_start(HIGH, published, [LOW], since_first=1.0) == LOW
    assert aim_at_start(HIGH, published, [], since_first=0.1) == NONE


@pytest.mark.parametrize(
    ("current", "target", "layer", "after"),
    [
        (LOW, HIGH, HIGH, HIGH),  # up
        (HIGH, LOW, LOW, LOW),  # down
        (LOW, HIGH, MEDIUM, MEDIUM),  # up by a step on the way
        (HIGH, LOW, MEDIUM, HIGH),  # no stop on the way down: it would cost another key frame
        (NONE, MEDIUM, LOW, LOW),  # whatever can be shown first
        (NONE, MEDIUM, HIGH, HIGH),
        (HIGH, MEDIUM, LOW, HIGH),
        (MEDIUM, MEDIUM, HIGH, MEDIUM),  # there already
        (LOW, MEDIUM, HIGH, LOW),  # beyond the target
    ],
)
def test_at_a_key_frame(current: int, target: int, layer: int, after: int) -> None:
    assert take(current, target, layer, starts_key_frame=True) == after


@given(st.integers(NONE, HIGH), layers, layers)
def test_elsewhere_nothing_changes(current: int, target: int, layer: int) -> None:
    assert take(current, target, layer, starts_key_frame=False) == current


@given(st.integers(NONE, HIGH), layers, st.booleans())
def test_without_a_target_the_stream_pauses_at_once(current: int, layer: int, key: bool) -> None:
    assert take(current, NONE, layer, starts_key_frame=key) == NONE


@given(layers, layers, st.lists(layers, max_size=20))
def test_key_frames_lead_to_the_target_and_never_past_it(
    current: int, target: int, key_frames: list[int]
) -> None:
    for layer in key_frames:
        after = take(current, target, layer, starts_key_frame=True)
        assert min(current, target) <= after <= max(current, target)
        current = after

    assert current == target or target not in key_frames


def test_what_passes() -> None:
    assert passes(current=1, layer=1, temporal=1, temporal_cap=1)
    assert not passes(current=1, layer=1, temporal=2, temporal_cap=1)
    assert not passes(current=1, layer=2, temporal=0, temporal_cap=1)


def test_temporal_layers_fall_at_once_and_rise_where_a_decoder_can_follow() -> None:
    assert take_temporal(2, 0, Frame(temporal=2)) == 0
    assert take_temporal(0, 2, Frame(temporal=2)) == 0
    assert take_temporal(0, 2, Frame(temporal=2, sync=True)) == 2
    assert take_temporal(0, 2, Frame(temporal=1, sync=True)) == 1
    assert take_temporal(0, 1, Frame(temporal=2, sync=True)) == 0
    assert take_temporal(0, 2, Frame(temporal=1, sync=True, starts=False)) == 0
    assert take_temporal(0, 2, Frame(is_key=True)) == 2


@pytest.mark.parametrize(
    ("fps", "cap"), [(0, 2), (5, 0), (8, 0), (15, 1), (16, 1), (30, 2), (60, 2)]
)
def test_a_wish_for_frames_per_second_takes_the_lowest_layer_that_has_them(
    fps: float, cap: int
) -> None:
    assert temporal_cap(fps, [7.5, 15.0, 30.0]) == cap
    assert temporal_cap(fps, []) == 0


def test_key_frame_requests_follow_the_round_trip() -> None:
    assert [request_interval(rtt) for rtt in (0.01, 0.3, 2.0)] == [0.2, 0.6, 1.0]
