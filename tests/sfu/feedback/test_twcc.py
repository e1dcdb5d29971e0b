import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback import twcc
from sfu.feedback.twcc_chunks import LARGE, LOST, SMALL, pack_chunks, unpack_chunks


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(1, 30), st.integers(-9000, 30_000)), min_size=1, max_size=90),
)
def test_what_is_recorded_is_what_the_sender_reads(
    first: int, steps: list[tuple[int, int]]
) -> None:
    entries = []
    sequence, ticks = first, 4_000_000
    expected: dict[int, int | None] = {}
    for step, delta in steps:
        expected.update(dict.fromkeys(sequence + skip & 0xFFFF for skip in range(1, step)))
        sequence, ticks = sequence + step & 0xFFFF, ticks + delta
        entries.append((sequence, ticks))
        expected[sequence] = ticks * 250
    for skip in range(1, steps[0][0]):  # what is before the first packet is not known to be lost
        expected.pop(first + skip & 0xFFFF, None)

    bodies, uncovered, number = twcc.build(entries, 0x10000 + entries[0][0], 255)
    reports = [report for report in map(twcc.parse, bodies) if report is not None]
    read = {n: at for report in reports for n, at in report.arrivals}
    wrap = 64_000 << 24
    assert read == {n: None if at is None else at % wrap for n, at in expected.items()}
    assert uncovered & 0xFFFF == sequence + 1 & 0xFFFF
    assert [report.number for report in reports] == [
        n & 0xFF for n in range(255, 255 + len(bodies))
    ]
    assert number == 255 + len(bodies) & 0xFF


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
