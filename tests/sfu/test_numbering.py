from hypothesis import given
from hypothesis import strategies as st

from sfu.numbering import REMEMBERED, Removals, TemporalDrops


def test_what_follows_a_removed_range_moves_down() -> None:
    removals = Removals()
    removals.remove(10, 12)
    removals.remove(20, 21)

    assert removals.find(9) == (0, 0)
    assert removals.find(10) is None
    assert removals.find(12) == (2, 0)
    assert removals.find(20) is None
    assert removals.find(21) == (3, 0)


@given(st.sets(st.integers(0, 200)))
def test_every_number_that_is_left_finds_its_place(removed: set[int]) -> None:
    removals = Removals()
    for number in sorted(removed):
        removals.remove(number, number + 1)

    left = [number for number in range(300) if number not in removed]
    places = [number - (removals.find(number) or (0, 0))[0] for number in left]
    if len(removed) <= REMEMBERED:
        assert places == list(range(len(left)))
        assert all(removals.find(number) is None for number in removed)


def test_only_the_latest_ranges_are_remembered() -> None:
    removals = Removals()
    for number in range(0, 1000, 2):
        removals.remove(number, number + 1)

    assert removals.find(999) == (500, 0)
    assert removals.find(998) is None
    assert len(removals._starts) == REMEMBERED


def decide(drops: TemporalDrops, packets: list[tuple[int, int, int, bool]]) -> list[bool]:
    """(number, picture, temporal, starts); the timestamp goes with the picture."""
    return [
        drops.receive(number, picture * 3000, temporal, picture, starts=starts)
        for number, picture, temporal, starts in packets
    ]


def test_pictures_above_the_cap_are_left_out_whole() -> None:
    drops = TemporalDrops(cap=0, last=9)

    assert decide(drops, [(10, 1, 0, True), (11, 2, 1, True), (12, 2, 1, False)]) == [
        False,
        True,
        True,
    ]
    assert (drops.removals.count, drops.removals.pictures) == (2, 1)


def test_a_picture_behind_a_gap_is_let_through() -> None:
    drops = TemporalDrops(cap=0, last=9)

    assert decide(drops, [(10, 1, 0, True), (12, 2, 1, False), (13, 2, 1, False)]) == [False] * 3
    assert drops.find(11, 6000) == (0, 0)


def test_a_gap_inside_a_picture_that_is_left_out_goes_with_it() -> None:
    drops = TemporalDrops(cap=0, last=9)

    assert decide(drops, [(10, 1, 1, True), (13, 1, 1, False)]) == [True, True]
    assert drops.removals.count == 4
    assert drops.find(11, 3000) is None


def test_a_gap_before_the_next_picture_belongs_to_the_one_before() -> None:
    drops = TemporalDrops(cap=0, last=9)

    assert decide(drops, [(10, 1, 1, True), (12, 2, 0, True)]) == [True, False]
    assert drops.removals.count == 2


def test_a_late_tail_of_a_picture_that_was_left_out_is_left_out_too() -> None:
    drops = TemporalDrops(cap=0, last=9)
    decide(drops, [(10, 1, 1, True), (14, 3, 0, True)])

    assert drops.find(11, 3000) is None
    assert drops.find(13, 6000) == (1, 1)
