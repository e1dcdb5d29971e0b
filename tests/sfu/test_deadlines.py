from hypothesis import given
from hypothesis import strategies as st

from sfu.deadlines import Deadlines


def test_the_earliest_deadline_comes_first() -> None:
    deadlines = Deadlines[str]()
    deadlines.set("late", 9.0)
    deadlines.set("soon", 3.0)

    assert deadlines.next() == 3.0
    assert deadlines.due(now=2.9) == []
    assert deadlines.due(now=10.0) == ["soon", "late"]
    assert deadlines.next() is None


def test_a_deadline_that_moved_later_is_not_due_at_its_old_time() -> None:
    deadlines = Deadlines[str]()
    deadlines.set("a", 1.0)
    deadlines.set("a", 5.0)

    assert deadlines.next() == 5.0
    assert deadlines.due(now=4.0) == []
    assert deadlines.due(now=5.0) == ["a"]


def test_a_deadline_that_was_taken_back_never_comes() -> None:
    deadlines = Deadlines[str]()
    deadlines.set("a", 1.0)
    deadlines.set("a", None)

    assert deadlines.next() is None


@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 20))))
def test_any_order_of_moves_gives_the_deadlines_a_dict_would(
    moves: list[tuple[int, int | None]],
) -> None:
    deadlines, plain = Deadlines[int](), dict[int, int]()
    for key, at in moves:
        deadlines.set(key, at)
        plain.pop(key, None)
        if at is not None:
            plain[key] = at

        assert deadlines.next() == min(plain.values(), default=None)
    assert sorted(deadlines.due(now=10)) == sorted(k for k, at in plain.items() if at <= 10)
