import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sfu.quality import (
    EXCELLENT,
    GOOD,
    LOST,
    POOR,
    TrackQuality,
    Window,
    delay_effect,
    loss_weight,
    mean_opinion,
    participant_score,
    quality,
)


def settle(weight: float, window: Window) -> float:
    track = TrackQuality(weight)
    for _ in range(20):
        track.update(window)
    return track.score


def test_a_clean_track_is_excellent() -> None:
    assert quality(settle(8.0, Window(expected=250, lost=0, jitter=0.005))) == EXCELLENT


@pytest.mark.parametrize(
    ("mime", "lost", "score"),
    [
        ("audio/opus", 5, 84.0),
        ("audio/red", 5, 92.0),
        ("video/vp8", 5, 80.0),
        ("video/h264", 25, 30.0),  # 0, but never below the floor
    ],
)
def test_each_percent_of_loss_costs_the_codecs_weight(mime: str, lost: int, score: float) -> None:
    assert settle(loss_weight(mime), Window(expected=250, lost=lost)) == pytest.approx(score)


def test_error_correction_hides_a_third_of_the_loss() -> None:
    assert loss_weight("audio/opus", has_fec=True) == pytest.approx(8 / 1.5)
    assert loss_weight("video/vp8", has_fec=True) == 10.0


def test_delay_counts_little_up_to_160_milliseconds() -> None:
    assert delay_effect(rtt=0.2, jitter=0.0) == pytest.approx(2.5)
    assert delay_effect(rtt=0.3, jitter=0.005) == pytest.approx(4.0)
    assert delay_effect(rtt=0.4, jitter=0.060) == pytest.approx(20.0)


def test_a_score_falls_fast_and_rises_slowly() -> None:
    track = TrackQuality(10.0)

    assert track.update(Window(expected=100, lost=5)) == pytest.approx(0.8 * 50 + 0.2 * 100)
    assert track.update(Window(expected=100, lost=0)) == pytest.approx(0.4 * 100 + 0.6 * 60)


def test_loss_among_few_packets_counts_less() -> None:
    track = TrackQuality(10.0)
    track.update(Window(expected=400, lost=0))

    assert track.update(Window(expected=100, lost=4)) == pytest.approx(0.8 * 80 + 0.2 * 100)


def test_a_layer_below_the_wanted_one_is_not_excellent() -> None:
    assert quality(settle(10.0, Window(expected=100, lost=0, layer_distance=1))) == GOOD
    assert quality(settle(10.0, Window(expected=100, lost=0, layer_distance=2))) == POOR


def test_silence_is_told_at_once_and_so_is_a_mute() -> None:
    track = TrackQuality(10.0)

    assert quality(track.update(Window(expected=0, lost=0))) == POOR
    assert quality(track.update(Window(expected=9, lost=9, has_reports=False))) == LOST
    assert quality(track.update(Window(expected=0, lost=0, is_muted=True))) == EXCELLENT
    assert quality(track.update(Window(expected=9, lost=0, is_paused=True))) == POOR


def test_a_participant_is_as_good_as_its_worst_track() -> None:
    assert participant_score([90.0, 50.0, 100.0]) == 50.0
    assert participant_score([]) == 100.0


@pytest.mark.parametrize(("score", "mos"), [(100, 4.5), (80, 4.024), (60, 3.1), (0, 1.0)])
def test_opinion_scores(score: float, mos: float) -> None:
    assert mean_opinion(score) == pytest.approx(mos)


@example(0, -1, 0.0, 0.0)
@given(st.integers(0, 1000), st.integers(-10, 1000), st.floats(0, 10), st.floats(0, 10))
def test_any_window_gives_a_score(expected: int, lost: int, rtt: float, jitter: float) -> None:
    track = TrackQuality(10.0)

    assert 20 <= track.update(Window(expected, lost, rtt, jitter)) <= 100
    assert 1 <= mean_opinion(track.score) <= 4.5
