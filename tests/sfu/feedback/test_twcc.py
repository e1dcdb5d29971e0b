import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback import twcc
from sfu.feedback.twcc import Report, TwccRecorder
from sfu.feedback.twcc_chunks import LARGE, LOST, SMALL, pack_chunks, unpack_chunks

MS = 1000  # microseconds


def reports(recorder: TwccRecorder, now: float) -> list[Report]:
    parsed = [twcc.parse(body) for body in recorder.take_bodies(now)]
    assert None not in parsed
    return [report for report in parsed if report is not None]


def times(report: Report) -> list[tuple[int, int | None]]:
    """Arrivals relative to the first one, in milliseconds."""
    known = [arrival for _, arrival in report.arrivals if arrival is not None]
    return [(n, None if at is None else (at - known[0]) // MS) for n, at in report.arrivals]


def test_a_report_by_hand() -> None:
    recorder = TwccRecorder()
    for sequence, arrival in [(100, 64.0), (101, 64.010), (103, 63.999)]:
        recorder.receive(sequence, arrival, marker=False)

    # Base 100, four packets, 1000 times 64 ms, number 0; a vector of two-bit symbols 1 1 0 2;
    # deltas 0, 40 and -44 quarters of a millisecond; no padding is needed.
    (body,) = recorder.take_bodies(64.1)
    assert body.hex(" ") == "00 64 00 04 00 03 e8 00 d4 80 00 28 ff d4 00 00"


def test_reports_go_out_every_tenth_of_a_second() -> None:
    recorder = TwccRecorder()
    recorder.receive(1, 10.0, marker=False)

    assert recorder.next_timeout() == pytest.approx(10.1)
    assert recorder.take_bodies(10.099) == []
    assert len(recorder.take_bodies(10.1)) == 1
    assert recorder.next_timeout() is None


def test_the_end_of_a_frame_hurries_a_report_of_twenty_packets() -> None:
    recorder = TwccRecorder()
    for sequence in range(19):
        recorder.receive(sequence, 10.0, marker=True)
    assert recorder.next_timeout() == pytest.approx(10.1)

    recorder.receive(19, 10.0, marker=False)
    assert recorder.next_timeout() == pytest.approx(10.05)


def test_more_than_a_hundred_packets_are_reported_at_once() -> None:
    recorder = TwccRecorder()
    for sequence in range(101):
        recorder.receive(sequence, 10.0, marker=False)

    (report,) = reports(recorder, 10.0)
    assert len(report.arrivals) == 101


def test_losses_between_two_reports_are_in_the_second() -> None:
    recorder = TwccRecorder()
    recorder.receive(65535, 1.0, marker=False)
    (first,) = reports(recorder, 1.1)
    recorder.receive(2, 1.12, marker=False)
    (second,) = reports(recorder, 1.25)

    assert first.number + 1 == second.number
    assert times(first) == [(65535, 0)]
    assert times(second) == [(0, None), (1, None), (2, 0)]


def test_a_packet_behind_its_report_gets_one_of_its_own() -> None:
    recorder = TwccRecorder()
    for sequence in (1, 4):
        recorder.receive(sequence, 1.0, marker=False)
    reports(recorder, 1.1)
    for sequence in (2, 5):
        recorder.receive(sequence, 1.15, marker=False)

    late, new = reports(recorder, 1.25)
    assert [sequence for sequence, _ in late.arrivals] == [2]
    assert [sequence for sequence, _ in new.arrivals] == [5]


def test_a_pause_too_long_for_a_delta_splits_the_report() -> None:
    recorder = TwccRecorder()
    recorder.receive(1, 1.0, marker=False)
    recorder.receive(3, 10.0, marker=False)

    first, second = reports(recorder, 10.0)
    assert times(first) == [(1, 0)]
    assert times(second) == [(2, None), (3, 0)]


def test_a_jump_of_numbers_is_no_loss() -> None:
    recorder = TwccRecorder()
    recorder.receive(1, 1.0, marker=False)
    reports(recorder, 1.1)
    recorder.receive(30_000, 1.2, marker=False)

    (report,) = reports(recorder, 1.3)
    assert [sequence for sequence, _ in report.arrivals] == [30_000]


def test_the_reference_time_wraps_after_twelve_days() -> None:
    recorder = TwccRecorder()
    recorder.receive(1, 0.064 * (1 << 24) + 0.128, marker=False)

    (report,) = reports(recorder, 2e6)
    assert report.arrivals == [(1, 128_000)]


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(1, 30), st.integers(-9000, 30_000)), min_size=1, max_size=90),
)
def test_what_is_recorded_is_what_the_sender_reads(
    first: int, steps: list[tuple[int, int]]
) -> None:
    recorder = TwccRecorder()
    sequence, ticks = first, 4_000_000
    expected: dict[int, int | None] = {}
    for step, delta in steps:
        expected.update(dict.fromkeys(sequence + skip & 0xFFFF for skip in range(1, step)))
        sequence, ticks = sequence + step & 0xFFFF, ticks + delta
        recorder.receive(sequence, ticks * 250 / 1e6 + 1e-5, marker=False)
        expected[sequence] = ticks * 250
    for skip in range(1, steps[0][0]):  # what is before the first packet is not known to be lost
        expected.pop(first + skip & 0xFFFF, None)

    read = {n: at for report in reports(recorder, 1e9) for n, at in report.arrivals}
    wrap = 64_000 << 24
    assert read == {n: None if at is None else at % wrap for n, at in expected.items()}


@given(st.lists(st.sampled_from([LOST, LOST, SMALL, SMALL, LARGE]), max_size=200))
def test_chunks_round_trip(symbols: list[int]) -> None:
    chunks = pack_chunks(symbols)

    assert unpack_chunks(chunks, 0, len(symbols)) == (symbols, len(chunks))


@pytest.mark.parametrize(
    ("chunk", "count", "symbols"),
    [
        ("00dd", 221, [LOST] * 221),  # the draft's examples of 3.1.3
        ("6018", 24, [LOST] * 24),  # its reserved symbol counts as lost
        ("9f1c", 14, [0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]),  # and of 3.1.4
        ("cd50", 7, [0, 0 + LOST, 1, 1, 1, 0, 0]),
    ],
)
def test_chunk_vectors(chunk: str, count: int, symbols: list[int]) -> None:
    assert unpack_chunks(bytes.fromhex(chunk), 0, count)[0] == symbols


def test_long_runs_of_loss_cost_two_bytes() -> None:
    assert len(pack_chunks([LOST] * 2000 + [SMALL] * 100)) == 4


@given(st.binary(max_size=80))
def test_any_bytes_are_a_report_or_none(body: bytes) -> None:
    report = twcc.parse(body)

    assert report is None or 0 < len(report.arrivals) <= twcc.LARGEST_COUNT


def test_forty_bytes_cannot_announce_sixty_thousand_packets() -> None:
    assert twcc.parse(bytes.fromhex("0000ffff00000000") + b"\x1f\xff" * 8) is None
