"""Recordings as packets."""

import numpy as np
import pytest

from api.loadtest.clips import PACE, PAYLOAD, Library, cut_opus, cut_vp8
from recorder.clip import Frame


def test_a_frame_is_cut_into_parts_of_equal_size() -> None:
    parts = cut_vp8(Frame(bytes(range(256)) * 10))

    assert [len(part) for part in parts] == [857, 857, 858]
    assert b"".join(part[4:] for part in parts) == bytes(range(256)) * 10


def test_only_the_first_part_begins_the_frame() -> None:
    first, second = cut_vp8(Frame(bytes(2000)))

    assert (first[0], second[0]) == (0x90, 0x80)


def test_no_part_is_longer_than_a_browser_makes_it() -> None:
    assert max(map(len, cut_vp8(Frame(bytes(50_001))))) <= PAYLOAD


def test_a_tiny_frame_has_room_for_a_probe() -> None:
    assert len(cut_opus(Frame(b"x"))[0]) == 40


def make(counts: list[int]) -> Library:
    """Frames of so many packets, 30 a second."""
    library = Library()
    library.add([[b"x" * 100] * count for count in counts], 1 / 30, 90000)
    return library


def test_a_small_frame_is_one_burst() -> None:
    library = make([1, 3])

    assert library.counts.tolist() == [1, 3]
    assert library.delays.tolist() == pytest.approx([1 / 30, 1 / 30])
    assert library.markers.tolist() == [128, 0, 0, 128]


def test_a_large_frame_leaves_in_bursts_and_takes_no_longer() -> None:
    library = make([30])

    assert library.counts.tolist() == [12, 12, 6]
    assert library.begins.tolist() == [True, False, False]
    assert library.delays.tolist() == pytest.approx([PACE, PACE, 1 / 30 - 2 * PACE])


def test_clips_follow_each_other_in_one_library() -> None:
    library = Library()
    first = library.add([[b"a"], [b"b"]], 0.02, 48000)
    second = library.add([[b"c", b"d"]], 1 / 30, 90000)

    assert (first.first, first.end, first.step, first.is_video) == (0, 2, 960, False)
    assert (second.first, second.end, second.step, second.is_video) == (2, 3, 3000, True)
    assert library.starts.tolist() == [0, 1, 2]
    assert not library.markers[:2].any()
    assert np.array_equal(library.sizes, [1, 1, 1, 1])
