from signaling.timers import Timers, cancel


def test_the_earliest_deadline_is_the_next() -> None:
    timers, rung = Timers(), list[str]()
    timers.at(3.0, lambda _: rung.append("late"))
    timers.at(1.0, lambda _: rung.append("early"))
    assert timers.next_timeout() == 1.0

    timers.handle_timeout(2.0)

    assert rung == ["early"]
    assert timers.next_timeout() == 3.0


def test_a_cancelled_deadline_is_none() -> None:
    timers = Timers()
    cancel(timers.at(1.0, lambda _: None))
    cancel(None)
    assert timers.next_timeout() is None


def test_what_is_due_can_cancel_what_is_due_too() -> None:
    timers, rung = Timers(), list[float]()
    timers.at(1.0, lambda _: second.cancel())
    second = timers.at(2.0, rung.append)
    timers.handle_timeout(5.0)
    assert rung == []


def test_a_deadline_set_meanwhile_waits_for_the_next_time() -> None:
    timers, rung = Timers(), list[float]()

    def again(now: float) -> None:
        timers.at(now, rung.append)

    timers.at(1.0, again)
    timers.handle_timeout(1.0)
    assert rung == []
    timers.handle_timeout(1.0)
    assert rung == [1.0]
