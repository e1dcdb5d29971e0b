from hypothesis import given
from hypothesis import strategies as st

from simulcast.allocator import Wish, allocate
from simulcast.layers import HIGH, LOW, MEDIUM, NONE

ALL = [LOW, MEDIUM, HIGH]
RATES = [150e3, 450e3, 1700e3]
CAMERA = Wish(HIGH, ALL, RATES)
SCREEN = Wish(HIGH, ALL, RATES, priority=255)
NOTHING = Wish(NONE, ALL, RATES)


def test_without_a_budget_every_wish_is_fulfilled_as_far_as_it_flows() -> None:
    wishes = [CAMERA, Wish(HIGH, [LOW]), Wish(LOW, ALL), NOTHING, Wish(HIGH, [])]

    assert allocate(None, wishes) == [HIGH, LOW, LOW, NONE, NONE]


def test_all_rise_step_by_step() -> None:
    assert allocate(1e6, [CAMERA, CAMERA]) == [MEDIUM, MEDIUM]
    assert allocate(700e3, [CAMERA, CAMERA]) == [MEDIUM, LOW]
    assert allocate(2.2e6, [CAMERA, CAMERA]) == [HIGH, MEDIUM]


def test_the_higher_priority_rises_first() -> None:
    assert allocate(700e3, [CAMERA, SCREEN]) == [LOW, MEDIUM]


def test_a_small_picture_stays_even_beyond_the_budget() -> None:
    assert allocate(0.0, [CAMERA, NOTHING, Wish(HIGH, [HIGH], RATES)]) == [LOW, NONE, HIGH]


def test_a_layer_that_does_not_flow_is_stepped_over() -> None:
    assert allocate(2e6, [Wish(HIGH, [LOW, HIGH], RATES)]) == [HIGH]


wishes = st.builds(
    Wish,
    st.integers(NONE, HIGH),
    st.sets(st.integers(LOW, HIGH)).map(sorted),
    st.lists(st.floats(1e4, 3e6), min_size=3, max_size=3).map(sorted),
    st.sampled_from([1, 255]),
)


@given(st.lists(wishes, max_size=8), st.floats(0, 1e7))
def test_the_sum_exceeds_a_budget_only_with_the_lowest_layers(
    wished: list[Wish], budget: float
) -> None:
    targets = allocate(budget, wished)
    free = allocate(None, wished)
    lowest = [NONE if t == NONE else min(w.flowing) for t, w in zip(targets, wished, strict=True)]

    def cost(chosen: list[int]) -> float:
        pairs = zip(chosen, wished, strict=True)
        return sum(wish.bitrates[layer] for layer, wish in pairs if layer != NONE)

    assert targets == lowest or cost(targets) <= budget + 1e-3
    assert all(target <= goal for target, goal in zip(targets, free, strict=True))
