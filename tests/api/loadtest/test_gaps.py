"""Numbers that did not come."""

from api.loadtest.gaps import Gaps


def gap() -> Gaps:
    """101 and 102 are missing since time 10."""
    gaps = Gaps()
    assert gaps.receive(100, 103, 10.0) == 103
    return gaps


def test_a_missing_packet_is_asked_for_when_reordering_is_over() -> None:
    gaps = gap()

    assert gaps.due(10.005) == []
    assert gaps.due(10.011) == [101, 102]
    assert gaps.due(10.020) == []
    assert gaps.due(10.2) == [101, 102]


def test_a_late_packet_is_not_lost() -> None:
    gaps = gap()

    assert gaps.receive(103, 101, 10.001) == 103

    assert (gaps.late, sorted(gaps.missing)) == (1, [102])


def test_a_second_copy_is_counted() -> None:
    gaps = gap()

    gaps.receive(103, 103, 10.0)
    gaps.receive(103, 99, 10.0)

    assert gaps.duplicates == 2


def test_a_repaired_packet_is_not_lost() -> None:
    gaps = gap()

    gaps.repair(101)
    gaps.repair(101)
    gaps.repair(102)
    gaps.due(20.0)

    assert (gaps.repaired, gaps.lost, gaps.duplicates) == (2, 0, 0)


def test_what_does_not_come_within_a_second_is_lost() -> None:
    gaps = gap()

    assert gaps.due(11.1) == []
    assert (gaps.lost, gaps.missing) == (2, {})


def test_a_new_start_is_no_loss() -> None:
    gaps = Gaps()

    assert gaps.receive(100, 9000, 1.0) == 9000
    assert (gaps.jumps, gaps.missing) == (1, {})
