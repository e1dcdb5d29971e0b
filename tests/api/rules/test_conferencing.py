"""Where visits take place: the mission's table cell by cell, defaults, and what replaces what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.conferencing import Choice, Lack, choose, order, read
from api.rules.plans import PROVIDERS, Plan, Provider

HERE, MEET, TEAMS, ZOOM = Provider
ALL, NONE = frozenset(Provider), frozenset[Provider]()
#                 Free   Standard Advanced Enterprise
TABLE = {
    HERE: (False, True, True, True),
    MEET: (True, True, True, True),
    TEAMS: (False, True, True, True),
    ZOOM: (False, False, True, True),
}
CELLS = [
    (plan, provider, has)
    for provider, row in TABLE.items()
    for plan, has in zip(Plan, row, strict=True)
]
F, S, A, E = Plan
sets = st.frozensets(st.sampled_from(Provider))
plans, wishes = st.sampled_from(Plan), st.sampled_from([None, *Provider])


@pytest.mark.parametrize(("plan", "provider", "has"), CELLS)
def test_each_cell_of_the_table(plan: Plan, provider: Provider, has: bool) -> None:
    found = choose(plan, provider, None, ALL)

    if has:
        assert (found.provider, found.instead_of) == (provider, None)
    else:
        assert found == Choice(None, provider, Lack.NOT_IN_PLAN)


def test_there_are_sixteen_cells() -> None:
    assert len(CELLS) == 16


@pytest.mark.parametrize(
    ("plan", "default", "connected", "expected"),
    [
        # Without a default: our own rooms, or what the plan has instead.
        (F, None, ALL, Choice(MEET)),
        (S, None, ALL, Choice(HERE, others=(MEET, TEAMS))),
        (A, None, ALL, Choice(HERE, others=(MEET, TEAMS, ZOOM))),
        (E, None, NONE, Choice(HERE)),
        (F, None, NONE, Choice(None, MEET, Lack.NOT_CONNECTED)),
        # A default comes first.
        (S, TEAMS, ALL, Choice(TEAMS, others=(HERE, MEET))),
        (A, ZOOM, ALL, Choice(ZOOM, others=(HERE, MEET, TEAMS))),
        (E, HERE, ALL, Choice(HERE, others=(MEET, TEAMS, ZOOM))),
        # One that is not connected, or that the plan has lost, is replaced, and that is said.
        (E, ZOOM, NONE, Choice(HERE, ZOOM, Lack.NOT_CONNECTED)),
        (S, ZOOM, ALL, Choice(HERE, ZOOM, Lack.NOT_IN_PLAN, (MEET, TEAMS))),
        (F, ZOOM, ALL, Choice(MEET, ZOOM, Lack.NOT_IN_PLAN)),
        (F, HERE, ALL, Choice(MEET, HERE, Lack.NOT_IN_PLAN)),
        (F, MEET, NONE, Choice(None, MEET, Lack.NOT_CONNECTED)),
        (F, ZOOM, frozenset({ZOOM}), Choice(None, ZOOM, Lack.NOT_IN_PLAN)),
    ],
)
def test_auto(
    plan: Plan, default: Provider | None, connected: frozenset[Provider], expected: Choice
) -> None:
    assert choose(plan, None, default, connected) == expected


@pytest.mark.parametrize(
    ("plan", "wanted", "default", "connected", "expected"),
    [
        (A, ZOOM, None, {MEET}, Choice(HERE, ZOOM, Lack.NOT_CONNECTED, (MEET,))),
        (S, TEAMS, MEET, {MEET}, Choice(HERE, TEAMS, Lack.NOT_CONNECTED, (MEET,))),
        (F, MEET, None, {ZOOM}, Choice(None, MEET, Lack.NOT_CONNECTED)),
        (E, HERE, ZOOM, NONE, Choice(HERE)),
    ],
)
def test_by_name_without_a_connection(
    plan: Plan,
    wanted: Provider,
    default: Provider | None,
    connected: frozenset[Provider],
    expected: Choice,
) -> None:
    assert choose(plan, wanted, default, connected) == expected


@given(plans, wishes, wishes, sets)
def test_a_visit_goes_only_where_plan_and_connections_let_it(
    plan: Plan, wanted: Provider | None, default: Provider | None, connected: frozenset[Provider]
) -> None:
    found = choose(plan, wanted, default, connected)

    possible = PROVIDERS[plan] & (connected | {HERE})
    listed = [found.provider, *found.others] if found.provider else []
    assert len(set(listed)) == len(listed)
    assert set(listed) <= possible
    assert (found.instead_of is None) == (found.lack is None)
    assert found.instead_of is None or found.instead_of not in listed
    if wanted in possible:
        assert found.provider is wanted
    if wanted is None:
        assert set(listed) == possible
        assert default not in possible or found.provider is default
    assert found.provider is not None or not possible or wanted not in PROVIDERS[plan]


def test_the_default_goes_before_the_table() -> None:
    assert order(None) == [HERE, MEET, TEAMS, ZOOM]
    assert order(ZOOM) == [ZOOM, HERE, MEET, TEAMS]


def test_what_is_stored_is_read() -> None:
    assert [read(text) for text in ("zoom", "auto", None, "skype")] == [ZOOM, None, None, None]
