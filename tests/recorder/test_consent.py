"""Nobody is recorded before they have said yes, or after they have taken it back."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from recorder.consent import Receipt, Scope, may_record, missing

PEOPLE = ("patient-1", "guest-2", "staff-3")
AUDIO, VIDEO = Scope.AUDIO, Scope.VIDEO

scopes = st.frozensets(st.sampled_from(Scope), min_size=1)
words = st.tuples(st.sampled_from(PEOPLE), scopes, st.booleans(), st.integers(1, 3))


@st.composite
def visits(draw: st.DrawFn) -> list[Receipt]:
    """What is said in one, in any order of people, yes and no, and policies."""
    said = draw(st.lists(words, max_size=25))
    return [Receipt(who, on, yes, policy, n) for n, (who, on, yes, policy) in enumerate(said)]


def receipt(
    who: str, order: int, *, yes: bool = True, policy: int = 1, on: Scope = AUDIO
) -> Receipt:
    return Receipt(who, frozenset({on}), yes, policy, order)


def allowed(receipts: Sequence[Receipt], who: str, scope: Scope, policy: int) -> bool:
    """As a reader of the log would say it: go through it, and remember the last word."""
    last: Receipt | None = None
    for one in sorted(receipts, key=lambda r: r.order):
        if one.participant == who and scope in one.scopes:
            last = one
    return last is not None and last.is_given and last.policy == policy


def test_nothing_said_is_no() -> None:
    assert not may_record([], "patient-1", scope=AUDIO, policy=1)


def test_yes_counts_until_it_is_taken_back() -> None:
    said = [receipt("patient-1", 1), receipt("patient-1", 2, yes=False), receipt("patient-1", 3)]
    states = [may_record(said[:n], "patient-1", scope=AUDIO, policy=1) for n in range(4)]

    assert states == [False, True, False, True]


def test_a_new_policy_asks_anew_but_a_no_stays_one() -> None:
    said = [receipt("patient-1", 1)]
    assert not may_record(said, "patient-1", scope=AUDIO, policy=2)
    said.append(receipt("patient-1", 2, policy=2))
    assert may_record(said, "patient-1", scope=AUDIO, policy=2)
    said.append(receipt("patient-1", 3, yes=False))  # to the old one, which they still had open
    assert not may_record(said, "patient-1", scope=AUDIO, policy=2)


def test_one_scope_says_nothing_of_another() -> None:
    said = [receipt("patient-1", 1), receipt("patient-1", 2, on=VIDEO, yes=False)]

    assert may_record(said, "patient-1", scope=AUDIO, policy=1)
    assert not may_record(said, "patient-1", scope=VIDEO, policy=1)
    assert not may_record(said, "patient-1", scope=Scope.TRANSCRIPT, policy=1)


def test_who_is_missing_is_told() -> None:
    said = [receipt("patient-1", 1), receipt("guest-2", 2, yes=False)]

    assert missing(said, PEOPLE, scope=AUDIO, policy=1) == ["guest-2", "staff-3"]
    assert missing(said, ["patient-1"], scope=AUDIO, policy=1) == []


@given(visits(), st.sampled_from(PEOPLE), st.sampled_from(Scope), st.integers(1, 3))
def test_the_last_word_counts(said: list[Receipt], who: str, scope: Scope, policy: int) -> None:
    assert may_record(said, who, scope=scope, policy=policy) == allowed(said, who, scope, policy)


@given(visits(), st.randoms(use_true_random=False))
def test_the_order_in_which_receipts_are_read_changes_nothing(
    said: list[Receipt], order: random.Random
) -> None:
    mixed = list(said)
    order.shuffle(mixed)
    for who in PEOPLE:
        for scope in Scope:
            before = may_record(said, who, scope=scope, policy=1)
            assert may_record(mixed, who, scope=scope, policy=1) == before


@given(visits(), st.sampled_from(PEOPLE))
def test_nobody_speaks_for_another(said: list[Receipt], who: str) -> None:
    own = [one for one in said if one.participant == who]
    for scope in Scope:
        known = may_record(said, who, scope=scope, policy=1)
        assert may_record(own, who, scope=scope, policy=1) == known


joins = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("leave"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("yes"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("no"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("frame"), st.just("")),
    ),
    max_size=60,
)


@given(joins)
def test_no_frame_is_kept_before_a_yes_or_after_it_was_taken_back(
    events: list[tuple[str, str]],
) -> None:
    """A recorder that asks for each frame, in any order of coming, saying and going."""
    here, said = set[str](), list[Receipt]()
    kept: list[tuple[int, str]] = []
    for at, (what, who) in enumerate(events):
        if what == "join":
            here.add(who)
        elif what == "leave":
            here.discard(who)
        elif what in ("yes", "no"):
            said.append(receipt(who, at, yes=what == "yes"))
        else:
            kept += [(at, one) for one in here if may_record(said, one, scope=AUDIO, policy=1)]

    for at, who in kept:
        before = [what for what, one in events[:at] if one == who and what in ("yes", "no")]
        assert before[-1:] == ["yes"]
