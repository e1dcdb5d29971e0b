"""The stored figures that a run is compared with: `baseline.json`.

A figure of today is divided by the stored one, both by how fast their machine was then. Other
machines give other ratios still: store a baseline of your own before you change something.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.report import Found, summary

FILE = Path(__file__).parent / "baseline.json"
OURS = "ours"


@dataclass(frozen=True)
class Stored:
    """One metric, when the baseline was taken."""

    unit: str
    median: float
    q1: float
    q3: float
    n: int
    speed: float  # milliseconds for `calibration.work`


def load() -> dict[str, Stored]:
    if not FILE.exists():
        return {}
    return {name: Stored(**values) for name, values in json.loads(FILE.read_text()).items()}


def save(found: Found, unit: str, speed: float) -> None:
    """Replace what was measured, keep the rest."""
    stored = load() | {
        name: store(values[OURS], unit, speed) for name, values in found.items() if values.get(OURS)
    }
    text = json.dumps({name: asdict(stored[name]) for name in sorted(stored)}, indent=1)
    FILE.write_text(text + "\n")


def store(values: Sequence[float], unit: str, speed: float) -> Stored:
    found = summary(values)
    middle, low, high = found["median"], found["q1"], found["q3"]
    return Stored(unit, middle, low, high, len(values), round(speed, 4))


def slower(now: Sequence[float], then: Stored, speed: float) -> float:
    """How many times as long as then, at equal speed of the machine."""
    return median(now) / then.median * (then.speed / speed)


def compare(found: Found, stored: Mapping[str, Stored], speed: float, limit: float) -> list[str]:
    """Print each metric beside the stored one; those that take over `limit` times as long."""
    table = Table(title=f"against the baseline (over {limit:g}: worse)")
    for column in ("", "now", "then", "ratio, machine's speed taken out"):
        table.add_column(column, justify="right" if column else "left")
    worse = []
    for name, values in found.items():
        then = stored.get(name)
        if then is None or not values.get(OURS):
            continue
        ratio = slower(values[OURS], then, speed)
        if ratio > limit:
            worse.append(name)
        mark = "  worse" if ratio > limit else ""
        now = f"{median(values[OURS]):.3g} {then.unit}"
        before = f"{then.median:.3g} [{then.q1:.3g} {then.q3:.3g}]"
        table.add_row(name, now, before, f"{ratio:.2f}{mark}")
    if table.row_count:
        Console(width=140).print(table)
    return worse
