"""A room is played in a process of its own, and what came of it is told as one number.

As a program: `python -m tests.sim.retold SEED`. The environment says how loops are run.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sfu.sealing.trial import choose
from tests.sim.director import Director
from tests.sim.plan import Plan
from tests.sim.stage import Stage
from tests.sim.uplink import Weather
from turn.compiling import is_compiling

ROOT = Path(__file__).parents[2]
RAIN = Weather(loss=0.03, twice=0.02, late=0.05)


def plan(seed: int) -> Plan:
    return Plan(
        people=4, ticks=50, seed=seed, weather=RAIN, layouts=True, wishes=True, caps=True,
        mutes=True, breaks=True, comings=True, reports=True, losses=0.03, hostile=True,
        encrypted=True, stalls=True,
    )  # fmt: skip


def play(seed: int) -> str:
    stage = Stage(64, sealer=choose)
    outcome = Stage(64, sealer=choose).play(Director(plan(seed), stage).write())
    assert outcome.problems == []
    assert outcome.counters["packets_out"] > 500
    told = repr(
        [outcome.packets, outcome.control, outcome.events, sorted(outcome.counters.items())]
    )
    return hashlib.sha256(told.encode()).hexdigest()


def retell(seed: int, environment: Mapping[str, str]) -> tuple[bool, str]:
    """In another process with these variables: whether loops were compiled, and the number."""
    line = [sys.executable, "-m", "tests.sim.retold", str(seed)]
    found = subprocess.run(
        line, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    compiled, number = found.stdout.split()
    return compiled == "True", number


if __name__ == "__main__":
    print(is_compiling(), play(int(sys.argv[1])))
