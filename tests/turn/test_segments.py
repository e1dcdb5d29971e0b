"""Which packets share a message, with literal numbers; then what holds for any packets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from turn.segments import MESSAGE_MAX, SEGMENT_MAX, SEGMENTS, messages


def starts(owners: list[int], lengths: list[int]) -> list[int]:
    first = np.zeros(len(owners), np.int64)
    every = np.array(owners, np.int64), np.array(lengths, np.int32)
    count = messages(*every, 0, len(owners), True, first)
    found: list[int] = first[:count].tolist()
    return found


def test_equal_packets_of_one_destination_share_a_message() -> None:
    assert starts([1, 1, 1, 2, 2], [900] * 5) == [0, 3]


def test_one_shorter_packet_ends_a_message() -> None:
    assert starts([1] * 4, [900, 900, 400, 900]) == [0, 3]
    assert starts([1] * 5, [900, 800, 700, 600, 500]) == [0, 2, 4]


def test_several_shorter_packets_are_a_message_of_their_own() -> None:
    assert starts([1] * 4, [900, 900, 400, 400]) == [0, 2]


def test_a_longer_packet_begins_a_message() -> None:
    assert starts([1] * 3, [899, 900, 900]) == [0, 1]


def test_the_shorter_packet_of_another_destination_does_not_end_a_message() -> None:
    assert starts([1, 1, 2], [900, 900, 400]) == [0, 2]


def test_a_message_is_bounded_in_packets_and_bytes() -> None:
    assert starts([1] * 100, [100] * 100) == [0, 47, 94]
    assert starts([1] * 100, [1450] * 100) == [0, 43, 86]


def test_what_is_longer_than_a_packet_on_the_wire_goes_alone() -> None:
    assert starts([1] * 3, [SEGMENT_MAX + 1] * 3) == [0, 1, 2]
    assert starts([1] * 2, [SEGMENT_MAX + 1, 100]) == [0, 1]


def test_nothing_and_one() -> None:
    assert starts([], []) == []
    assert starts([3], [100]) == [0]


SIZES = st.sampled_from([1, 90, 91, 1200, SEGMENT_MAX, SEGMENT_MAX + 1, 1500])
PACKETS = st.lists(
    st.tuples(st.integers(0, 2), st.lists(SIZES, min_size=1, max_size=3), st.integers(1, 60)),
    min_size=1,
    max_size=6,
)


@given(PACKETS)
def test_every_message_is_one_that_the_kernel_takes(
    runs: list[tuple[int, list[int], int]],
) -> None:
    packets = [(owner, size) for owner, sizes, count in runs for size in sizes * count]
    owners = [owner for owner, _ in packets]
    lengths = [length for _, length in packets]

    first = starts(owners, lengths)

    assert first[0] == 0
    assert first == sorted(set(first))
    for start, end in zip(first, [*first[1:], len(packets)], strict=True):
        sizes = lengths[start:end]
        assert len(set(owners[start:end])) == 1
        assert len(sizes) <= SEGMENTS
        assert sum(sizes) <= MESSAGE_MAX
        assert all(size == sizes[0] for size in sizes[:-1])
        assert sizes[-1] <= sizes[0]
        assert len(sizes) == 1 or sizes[0] <= SEGMENT_MAX
