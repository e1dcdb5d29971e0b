"""The size of a batch, the shape of headers, addresses and sealing change nothing but the time.

Whole rooms are played with one packet at a time on public interfaces, and again with the same
packets in batches, sealed where they stand; and again with headers that differ from packet to
packet, so that each is decided about alone: every client must get the same packets, every publisher
the same feedback.
"""

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sfu.retransmit import Retransmitter
from sfu.sealing.direct import DirectSealer
from tests.sim.acts import Act
from tests.sim.director import Director
from tests.sim.judge import Judge
from tests.sim.media import by_all_ways
from tests.sim.outcome import Outcome, differences
from tests.sim.plan import Plan
from tests.sim.shapes import reshape
from tests.sim.srtp import CM, GCM
from tests.sim.stage import Loses, Stage
from tests.sim.uplink import Weather

SIZES = (2, 17, 64, 256)
RAIN = Weather(loss=0.03, twice=0.02, late=0.05)
EVERYTHING = Plan(
    people=8, ticks=120, weather=RAIN, layouts=True, wishes=True, caps=True, mutes=True,
    breaks=True, comings=True, reports=True, losses=0.03, hostile=True, encrypted=True, stalls=True,
)  # fmt: skip

# Playing rooms takes long, too long to look for the simplest one that fails.
FEW = settings(max_examples=20, phases=[Phase.explicit, Phase.generate])

PLANS = st.builds(
    Plan,
    seed=st.integers(0, 1 << 30),
    people=st.integers(2, 5),
    ticks=st.just(60),
    weather=st.sampled_from([Weather(), RAIN]),
    layouts=st.booleans(),
    wishes=st.booleans(),
    caps=st.booleans(),
    mutes=st.booleans(),
    breaks=st.booleans(),
    comings=st.booleans(),
    reports=st.booleans(),
    losses=st.sampled_from([0.0, 0.03]),
    hostile=st.booleans(),
    encrypted=st.booleans(),
    stalls=st.booleans(),
)


def losses(plan: Plan) -> Loses:
    """What clients lose of their media: the same packets in each run."""
    one_in = round(1 / plan.losses) if plan.losses else 0

    def loses(ssrc: int, sequence: int) -> bool:
        is_media = ssrc >= 10_000 and ssrc % 2 == 0
        return is_media and one_in > 0 and (ssrc * 31 + sequence * 7919) % one_in == 0

    return loses


def check(plan: Plan, profile: bytes = GCM) -> Outcome:
    first = Stage(1, profile=profile, loses=losses(plan))
    acts = Director(plan, first).write()
    alone = first.finish()
    assert alone.problems == []
    for size in SIZES:
        stage = Stage(size, profile=profile, loses=losses(plan), sealer=DirectSealer)
        assert differences(alone, stage.play(acts)) == []
    check_shapes(plan, profile, acts, alone)
    check_ways(plan, profile, acts, alone)
    check_repairs(plan, profile, acts, alone)
    return alone


def check_shapes(plan: Plan, profile: bytes, acts: list[Act], alone: Outcome) -> None:
    """No packet is like the one before it: none is taken with others, or at learnt places."""
    stage = Stage(64, profile=profile, loses=losses(plan), sealer=DirectSealer)
    odd = stage.play(reshape(acts))
    assert len(odd.slow) == len(alone.slow)
    odd.slow, odd.counters["bytes_in"] = alone.slow, alone.counters["bytes_in"]  # those are longer
    assert differences(alone, odd) == []


def check_ways(plan: Plan, profile: bytes, acts: list[Act], alone: Outcome) -> None:
    """Whatever addresses people have, and though some come by TCP."""
    stage = Stage(64, profile=profile, loses=losses(plan), sealer=DirectSealer, paths=by_all_ways)
    assert differences(alone, stage.play(acts)) == []


def check_repairs(plan: Plan, profile: bytes, acts: list[Act], alone: Outcome) -> None:
    """Though nothing is sent again by a loop."""
    stage = Stage(64, profile=profile, loses=losses(plan), sealer=DirectSealer)
    all_alone = patch.object(Retransmitter, "_unusual", lambda self, whose, numbers: numbers)
    with all_alone, patch.object(Retransmitter, "_resend_usual", side_effect=AssertionError):
        assert differences(alone, stage.play(acts)) == []


@FEW
@given(PLANS)
def test_batches_of_any_size_give_the_same(plan: Plan) -> None:
    check(plan)


@pytest.mark.parametrize("profile", [GCM, CM], ids=["gcm", "cm"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_a_room_where_everything_happens(seed: int, profile: bytes) -> None:
    outcome = check(replace(EVERYTHING, seed=seed), profile)

    # It is a proof of nothing, if nothing happens.
    for name in ("switches", "resent", "repaired", "key_requests", "drop temporal",
                 "drop duplicate", "drop padding", "drop unauthentic", "drop muted",
                 "drop no_subscriber"):  # fmt: skip
        assert outcome.counters[name] > 0, name


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_a_room_whose_headers_are_all_alike(seed: int) -> None:
    check(replace(EVERYTHING, seed=seed, layouts=False, hostile=False))


@FEW
@given(PLANS)
def test_each_client_gets_whole_streams(plan: Plan) -> None:
    """Judged by an independent receiver, in batches of the usual size."""
    stage = Stage(64, loses=losses(plan), sealer=DirectSealer)
    director = Director(plan, stage)
    judge = Judge(stage, director)
    director.write()

    assert stage.finish().problems == []
    assert judge.finish() == []
    assert judge.judged > 0
