import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback.clock import SenderClock, middle, ntp_from_seconds
from sfu.feedback.reports import ReceiverStats, round_trip, smooth


def stats(*sequences: int) -> ReceiverStats:
    found = ReceiverStats(90_000)
    for sequence in sequences:
        found.receive(sequence, sequence * 3000, sequence / 30)
    return found


def test_nothing_is_reported_before_the_first_packet() -> None:
    assert stats().take_block(1, None, 0.0) is None
    assert stats().lost == 0


def test_loss_since_the_start_and_since_the_last_report() -> None:
    found = stats(65534, 65535, 65536, 65539)
    first = found.take_block(9, None, 0.0)
    found.receive(65540, 1, 1.0)
    second = found.take_block(9, None, 0.0)

    assert first is not None
    assert second is not None
    assert (first.ssrc, first.lost, first.fraction_lost, first.highest) == (9, 2, 85, 65539)
    assert (second.lost, second.fraction_lost) == (2, 0)


def test_late_packets_and_retransmissions_repair_a_loss() -> None:
    found = stats(1, 4, 2)
    assert found.lost == 1

    found.repair()
    block = found.take_block(9, None, 0.0)
    assert block is not None
    assert (block.lost, block.fraction_lost) == (0, 0)


def test_even_arrivals_have_no_jitter() -> None:
    assert stats(*range(100)).jitter == pytest.approx(0, abs=0.01)


def test_jitter_follows_the_difference_of_transit_times() -> None:
    found = ReceiverStats(1000)
    for index in range(400):
        found.receive(index, index * 20, index * 0.020 + 0.008 * (index % 2))

    assert found.jitter_seconds == pytest.approx(0.008, rel=0.01)


def test_packets_of_one_frame_and_a_wrap_add_no_jitter() -> None:
    found = ReceiverStats(90_000)
    for index in range(10):
        found.receive(index, 0xFFFFFFF0 + index // 2 * 3000 & 0xFFFFFFFF, index // 2 / 30)

    assert found.jitter == pytest.approx(0, abs=0.01)


def test_a_block_names_the_last_sender_report() -> None:
    clock = SenderClock(90_000)
    clock.receive(0x1111_2222_3333_4444, 5, now=7.0)
    block = stats(1).take_block(9, clock, now=7.5)

    assert block is not None
    assert (block.last_report, block.delay) == (0x2222_3333, 32768)


@given(st.floats(1, 1e7), st.floats(0, 5), st.floats(0, 10))
def test_a_round_trip_is_what_is_left_without_the_peers_delay(
    sent: float, delay: float, trip: float
) -> None:
    last = middle(ntp_from_seconds(sent))
    measured = round_trip(last, int(delay * 65536), sent + delay + trip)

    assert measured == pytest.approx(trip, abs=1e-4)


def test_nonsense_is_no_round_trip() -> None:
    assert round_trip(0, 0, 100.0) is None
    assert round_trip(middle(ntp_from_seconds(100.0)), 0xFFFFFFF, 100.5) is None
    assert round_trip(middle(ntp_from_seconds(1.0)), 0, 100.0) is None


def test_one_odd_round_trip_changes_little() -> None:
    assert smooth(None, 0.1) == 0.1
    assert smooth(0.1, 0.9) == pytest.approx(0.2)
