"""A room is played in a process of its own, and what came of it is told as one number.

As a program: `python -m tests.sim.retold SEED`. The environment says how loops are run.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfu.aio import loops as shell
from sfu.aio.edges import native
from sfu.aio.rehearsal import rehearse_media
from sfu.loops import forward, reports, resend, seal
from sfu.sealing.trial import choose
from tests.sim.director import Director
from tests.sim.plan import Plan
from tests.sim.stage import Stage
from tests.sim.uplink import Weather
from turn.aio.loops import collect, prepare
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


@dataclass(frozen=True)
class Retold:
    outcome: str
    is_compiled: bool
    versions: set[int]  # how often a loop was compiled that a process needs, for other types


def retell(seed: int, environment: Mapping[str, str]) -> Retold:
    """In another process with these variables."""
    line = [sys.executable, "-m", "tests.sim.retold", str(seed)]
    found = subprocess.run(
        line, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    outcome, compiled, *versions = found.stdout.split()
    return Retold(outcome, compiled == "True", set(map(int, versions)))


def versions() -> list[int]:
    """Of each loop that Python calls while packets come."""
    loops: list[Any] = [
        shell.turn, forward.forward, forward.write_rows, seal.unseal, seal.seal, seal.finish,
        seal.point, resend.resend, reports.hang, reports.build_due, reports.keep_left, prepare,
        collect,
    ]  # fmt: skip
    return [len(getattr(loop, "signatures", ())) for loop in loops]


def main() -> None:
    rehearse_media()
    native()
    print(play(int(sys.argv[1])), is_compiling(), *versions())


if __name__ == "__main__":
    main()
