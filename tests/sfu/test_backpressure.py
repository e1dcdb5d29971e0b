from sfu.backpressure import HIGH, LOOK, Backpressure, Reader, must_wait


def reader(queued: int, is_reading: bool = True) -> Reader:
    return Reader("PA_x/0", queued, is_reading)


def test_a_sender_waits_when_its_only_receiver_has_enough() -> None:
    assert not must_wait([reader(HIGH - 1)])
    assert must_wait([reader(HIGH)])


def test_a_sender_goes_as_fast_as_the_fastest() -> None:
    assert not must_wait([reader(8 * HIGH), reader(0)])
    assert must_wait([reader(8 * HIGH), reader(HIGH)])


def test_nobody_waits_for_one_who_does_not_read() -> None:
    assert not must_wait([reader(8 * HIGH, is_reading=False)])
    assert must_wait([reader(0, is_reading=False), reader(HIGH)])
    assert not must_wait([])


def test_a_waiting_sender_is_looked_at_soon_and_when_a_receiver_has_drained() -> None:
    waiting = Backpressure()
    assert waiting.next_timeout() is None
    waiting.hold("ann", ["bob", "cat"], 1.0)
    assert waiting.next_timeout() == 1.0 + LOOK
    waiting.drained("eve", 1.1)
    assert waiting.due(1.1) == []
    waiting.drained("cat", 1.1)
    assert waiting.due(1.1) == [("ann", ["bob", "cat"])]


def test_who_is_looked_at_is_held_again_or_forgotten() -> None:
    waiting = Backpressure()
    waiting.hold("ann", ["bob"], 1.0)
    waiting.hold("cat", ["bob"], 1.0)
    assert len(waiting.due(2.0)) == 2
    waiting.hold("ann", ["eve"], 2.0)
    waiting.forget("cat")
    waiting.drained("bob", 2.0)
    assert waiting.due(2.0) == []
    waiting.drained("eve", 2.0)
    assert waiting.due(2.0) == [("ann", ["eve"])]
    waiting.forget("ann")
    assert not waiting
    assert waiting.next_timeout() is None
