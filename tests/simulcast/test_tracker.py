from simulcast.layers import HIGH, LOW, MEDIUM
from simulcast.tracker import Tracker


def feed(tracker: Tracker, layers: list[int], start: float, seconds: float) -> None:
    """Send 30 packets of 1000 bytes a second on each layer, checking in time."""
    for index in range(round(seconds * 30)):
        now = start + index / 30
        due = tracker.next_timeout()
        if due is not None and due <= now:
            tracker.handle_timeout(now)
        for layer in layers:
            tracker.receive(layer, now)


def test_a_layer_flows_from_its_first_packet() -> None:
    tracker = Tracker()

    assert tracker.receive(MEDIUM, 0.0)
    assert not tracker.receive(MEDIUM, 0.01)
    assert tracker.flowing == [MEDIUM]


def test_a_silent_layer_stops_at_the_next_check() -> None:
    tracker = Tracker()
    feed(tracker, [LOW, HIGH], 0.0, 1.0)
    feed(tracker, [LOW], 1.0, 1.1)

    assert tracker.flowing == [LOW]


def test_a_stopped_upper_layer_is_believed_after_twenty_good_cycles() -> None:
    tracker = Tracker()
    feed(tracker, [LOW, HIGH], 0.0, 1.0)
    feed(tracker, [LOW], 1.0, 2.0)
    feed(tracker, [LOW, HIGH], 3.0, 9.5)
    assert tracker.flowing == [LOW]

    feed(tracker, [LOW, HIGH], 12.5, 1.5)
    assert tracker.flowing == [LOW, HIGH]


def test_a_layer_that_is_asked_for_again_flows_from_its_first_packet() -> None:
    tracker = Tracker()
    feed(tracker, [LOW, HIGH], 0.0, 1.0)
    feed(tracker, [LOW], 1.0, 2.0)
    tracker.reset(HIGH)

    assert tracker.receive(HIGH, 3.0)


def test_after_a_silence_of_all_layers_each_flows_from_its_first_packet() -> None:
    tracker = Tracker()
    feed(tracker, [LOW, HIGH], 0.0, 1.0)
    for now in (1.0, 1.5, 2.0):
        tracker.handle_timeout(now)
    assert (tracker.flowing, tracker.next_timeout()) == ([], None)

    assert tracker.receive(HIGH, 9.0)
    assert tracker.receive(LOW, 9.0)


def test_a_muted_publication_flows_no_more_and_may_start_at_once() -> None:
    tracker = Tracker()
    tracker.receive(LOW, 0.0)

    assert tracker.stop()
    assert not tracker.stop()
    assert tracker.flowing == []
    assert tracker.receive(LOW, 0.1)


def test_a_still_screen_flows_with_a_packet_in_two_seconds() -> None:
    tracker = Tracker(is_screen=True)
    tracker.receive(LOW, 0.0)
    assert tracker.next_timeout() == 2.0

    for now in (2.0, 4.0, 6.0):
        assert not tracker.handle_timeout(now)
        tracker.receive(LOW, now + 1)
    assert tracker.flowing == [LOW]


def test_checks_report_whether_the_flow_has_changed() -> None:
    tracker = Tracker()
    tracker.receive(LOW, 0.0)

    assert not tracker.handle_timeout(0.4)
    assert not tracker.handle_timeout(0.5)
    assert tracker.handle_timeout(1.0)
