"""Single functions, by pytest-benchmark: `test_micro.py` and what stands beside it."""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.pinning import pinned
from bench.report import Found, Report

HERE = Path(__file__).parents[1]
MICRO = 1e6
OURS = "ours"


def measure(options: Namespace, report: Report) -> Found:
    """Microseconds a call: the median of each run."""
    found: Found = {}
    for run in range(options.runs):
        for name, values in run_once(options.core).items():
            found.setdefault(name, {}).setdefault(OURS, []).append(values["median"])
            rounded = {key: round(value, 3) for key, value in values.items()}
            report.emit(metric=name, run=run, microseconds=rounded)
    return found


def run_once(core: int) -> dict[str, dict[str, float]]:
    with TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        line = [sys.executable, "-m", "pytest", "bench", "-q"]
        line += ["--benchmark-timer=time.process_time", f"--benchmark-json={result}"]
        subprocess.run(pinned(core, line), cwd=HERE, stdout=subprocess.DEVNULL, check=True)
        benchmarks = json.loads(result.read_text())["benchmarks"]
    return {
        one["name"].removeprefix("test_").replace("_", " "): {
            key: one["stats"][key] * MICRO for key in ("median", "q1", "q3")
        }
        for one in benchmarks
    }


def add_options(parser: ArgumentParser) -> None:
    """None of its own."""
