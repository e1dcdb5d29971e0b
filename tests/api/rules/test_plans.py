"""The mission's tables of plans, cell by cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.plans import (
    FEATURES,
    PROVIDERS,
    SEATS,
    Feature,
    Plan,
    Provider,
    has_room,
    in_force,
    least,
    plan_of,
)

F, S, A, E = Plan
ROUTING = {
    Provider.LIVEKIT: [S, A, E],
    Provider.GOOGLE_MEET: [F, S, A, E],
    Provider.MICROSOFT_TEAMS: [S, A, E],
    Provider.ZOOM: [A, E],
}
HAVING = {Feature.RECORDING: [A, E], Feature.DICTATION: [A, E], Feature.HQ_QUEUE: [E]}
plans = st.sampled_from(Plan)


@pytest.mark.parametrize("plan", Plan)
def test_each_cell_is_the_mission_s(plan: Plan) -> None:
    assert PROVIDERS[plan] == {provider for provider, having in ROUTING.items() if plan in having}
    assert FEATURES[plan] == {feature for feature, having in HAVING.items() if plan in having}


def test_seats() -> None:
    assert SEATS == {F: 0, S: 2, A: 8, E: None}
    assert [has_room(S, others) for others in range(3)] == [True, True, False]
    assert has_room(A, 7)
    assert not has_room(A, 8)
    assert not has_room(F, 0)
    assert has_room(E, 1000)


@given(plans, plans, st.integers(0, 30))
def test_a_larger_plan_never_has_less(one: Plan, other: Plan, others: int) -> None:
    small, large = sorted((one, other), key=lambda plan: plan.rank)
    assert PROVIDERS[small] <= PROVIDERS[large]
    assert FEATURES[small] <= FEATURES[large]
    assert has_room(large, others) or not has_room(small, others)


@given(plans, plans | st.none())
def test_a_running_visit_loses_nothing(now: Plan, begun: Plan | None) -> None:
    found = in_force(now, begun)
    assert found.rank == max(now.rank, begun.rank if begun else 0)


@given(st.sampled_from([*Provider, *Feature]))
def test_the_least_plan_has_it_and_no_smaller_one(wanted: Provider | Feature) -> None:
    having = [plan for plan in Plan if wanted in PROVIDERS[plan] | FEATURES[plan]]
    assert least(wanted) is having[0]


@given(st.text())
def test_an_unknown_plan_gives_nothing_away(text: str) -> None:
    assert plan_of(text) is (Plan(text) if text in set(Plan) else Plan.FREE)
