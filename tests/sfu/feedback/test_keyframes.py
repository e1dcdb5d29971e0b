import pytest

from sfu.feedback.keyframes import INTERVALS, KeyframeRequests


@pytest.mark.parametrize(("quality", "interval"), [(0, 0.5), (1, 1.0), (2, 1.0)])
def test_many_wishes_make_one_request_and_one_more_later(quality: int, interval: float) -> None:
    requests = KeyframeRequests(INTERVALS[quality])

    assert requests.request(10.0)
    assert not requests.request(10.1)
    assert not requests.request(10.2)
    assert requests.next_timeout() == pytest.approx(10.0 + interval)
    assert not requests.handle_timeout(10.3)
    assert requests.handle_timeout(10.0 + interval)
    assert requests.next_timeout() is None


def test_a_key_frame_fulfils_what_waits() -> None:
    requests = KeyframeRequests(INTERVALS[2])
    requests.request(10.0)
    requests.request(10.1)
    requests.receive_key_frame()

    assert requests.next_timeout() is None
    assert not requests.handle_timeout(11.0)


def test_a_forced_request_passes_the_throttle() -> None:
    requests = KeyframeRequests(INTERVALS[2])
    requests.request(10.0)

    assert requests.request(10.1, forced=True)


def test_a_new_stream_is_asked_each_second_for_half_a_minute() -> None:
    requests = KeyframeRequests(INTERVALS[2])
    sent = [0.0] if requests.start(0.0) else []
    while (due := requests.next_timeout()) is not None:
        if requests.handle_timeout(due):
            sent.append(due)

    assert sent == pytest.approx([float(second) for second in range(30)])


def test_the_first_key_frame_ends_the_asking() -> None:
    requests = KeyframeRequests(INTERVALS[0])
    requests.start(0.0)
    requests.handle_timeout(1.0)
    requests.receive_key_frame()

    assert requests.next_timeout() is None


def test_a_stopped_layer_is_not_asked() -> None:
    requests = KeyframeRequests(INTERVALS[0])
    requests.start(0.0)
    requests.request(0.1)
    requests.stop()

    assert requests.next_timeout() is None
