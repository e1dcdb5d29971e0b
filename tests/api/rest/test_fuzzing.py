"""Schemathesis tries every operation of the OpenAPI document with all its checks: no answer is one
that the document does not tell of, nothing wrong is taken, and each operation is reached."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.conftest import Clock, Database
from tests.api.house import House
from tests.api.providers import Fake
from tests.api.rest.fuzzed import FRESH, PREFIX, Fuzzed, serve_another, serving
from tests.api.rest.things import Things

ROOT = Path(__file__).parents[3]
CONFIG = Path(__file__).with_name("schemathesis.toml")


def attack(fuzzed: Fuzzed, folder: Path, phases: str, examples: int) -> str:
    """What it says at its end; all went well."""
    here = f"http://127.0.0.1:{fuzzed.port}"
    words = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG),
        "run", f"{here}{PREFIX}/openapi.json", "--checks", "all", "--phases", phases,
        "--max-examples", str(examples), "--seed", "7", "--no-color", "--warnings", "off",
        "--continue-on-failure",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.api.rest.fuzzhooks",
        "FRESH": here + FRESH,
    }
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    reached = {operation for operation, status in fuzzed.reached if 200 <= status < 300}
    assert fuzzed.operations - reached == set()
    assert max(status for _, status in fuzzed.reached) < 500
    return done.stdout


@pytest.mark.anyio
async def test_things_are_made_however_long_the_attack_lasts(
    north: House, south: House, clock: Clock
) -> None:
    things = Things(north, south, await serve_another(north, south), Fake())
    for _ in range(2):
        await things.make("hq-waiting")
        await things.make("open")
        clock.go(minutes=20)  # who is idle is signed out


@pytest.mark.timeout(400)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # it takes less than the other
def test_every_operation_does_what_the_document_says(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as fuzzed:
        attack(fuzzed, tmp_path, "examples,fuzzing,stateful", 4)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_operation_does_what_the_document_says_at_length(
    database: Database, tmp_path: Path
) -> None:
    with serving(database, tmp_path) as fuzzed:
        attack(fuzzed, tmp_path, "examples,coverage,fuzzing,stateful", 25)
        told = {
            "database": "sqlite" if database.is_sqlite else "postgresql",
            "operations": len(fuzzed.operations),
            "requests": fuzzed.reached.total(),
        }
        print(json.dumps(told))
