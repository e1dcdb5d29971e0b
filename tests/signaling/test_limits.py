from signaling.limits import LATER, Bucket, Throttle
from signaling.timers import Timers


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    bucket = Bucket(rate=2.0, burst=3.0, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.5) for _ in range(2)] == [True, False]
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_what_is_charged_beyond_the_burst_has_to_be_waited_for() -> None:
    bucket = Bucket(rate=2.0, burst=3.0, now=0.0)
    assert bucket.charge(3.0, 0.0) == 0.0
    assert bucket.charge(1.0, 0.0) == 0.5
    assert bucket.charge(5.0, 0.5) == 2.5
    assert bucket.charge(1.0, 100.0) == 0.0


def test_what_is_done_too_often_is_done_once_and_later() -> None:
    timers, done = Timers(), list[float]()
    throttle = Throttle(timers, Bucket(rate=0.0, burst=1.0, now=0.0), done.append)

    for _ in range(5):
        throttle.call(0.0)
    assert done == [0.0]

    timers.handle_timeout(LATER)
    assert done == [0.0, LATER]


def test_a_stopped_throttle_stays_silent() -> None:
    timers, done = Timers(), list[float]()
    throttle = Throttle(timers, Bucket(rate=0.0, burst=0.0, now=0.0), done.append)
    throttle.call(0.0)
    throttle.stop()
    timers.handle_timeout(10.0)
    assert done == []
