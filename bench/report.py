"""Results as one line of JSON each, and as a table for people."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

RESAMPLES = 2000
CONFIDENCE = 0.9  # of the interval of a ratio

Found = dict[str, dict[str, list[float]]]  # values by metric and server


class Report:
    """Prints every result as it comes, and adds it to a file when there is one."""

    def __init__(self, bench: str, out: Path | None = None) -> None:
        self._bench = bench
        self._out = out
        self._started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def emit(self, **fields: Any) -> None:
        line = json.dumps({"bench": self._bench, "started": self._started, **fields})
        print(line, flush=True)
        if self._out is not None:
            with self._out.open("a") as file:
                file.write(line + "\n")

    def machine(self) -> None:
        """Where the figures come from; load is that of the minute before."""
        self.emit(
            machine={
                "cpus": os.cpu_count(),
                "system": platform.release(),
                "python": platform.python_version(),
                "load": round(os.getloadavg()[0], 2),
            }
        )


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median and quartiles."""
    low, middle, high = quantiles(
        [*values] if len(values) > 1 else [*values] * 2, method="inclusive"
    )
    return {"n": len(values), "median": _round(middle), "q1": _round(low), "q3": _round(high)}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Of the medians, with the interval that resampling the runs gives for it."""
    random = Random(1)
    found = sorted(
        median(random.choices(ours, k=len(ours))) / median(random.choices(theirs, k=len(theirs)))
        for _ in range(RESAMPLES)
    )
    edge = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return {
        "ratio": _round(median(ours) / median(theirs)),
        "low": _round(found[edge]),
        "high": _round(found[-edge - 1]),
    }


def compare(
    report: Report,
    found: Mapping[str, Mapping[str, Sequence[float]]],
    names: Sequence[str],
    *,
    unit: str,
    title: str,
) -> None:
    """Emit and print each metric of each server (`found[metric][server]` are its values).

    Ratios are those of the first server to each other one.
    """
    table = Table(
        title=f"{title} ({unit}: median, quartiles; ratio, its {CONFIDENCE:.0%} interval)"
    )
    table.add_column("")
    for column in (*names, *(f"{names[0]} / {name}" for name in names[1:])):
        table.add_column(column, justify="right")
    for metric, servers in found.items():
        ratios = {
            name: ratio(servers[names[0]], servers[name])
            for name in names[1:]
            if servers.get(names[0]) and servers.get(name)
        }
        summaries = {name: summary(servers[name]) for name in names if servers.get(name)}
        for name, one in summaries.items():
            against = {"against": ratios} if name == names[0] and ratios else {}
            report.emit(metric=metric, server=name, unit=unit, **one, **against)
        cells = [_cell("{median:g}  [{q1:g} {q3:g}]", summaries.get(name)) for name in names]
        cells += [_cell("{ratio:.2f}  [{low:.2f} {high:.2f}]", ratios.get(n)) for n in names[1:]]
        table.add_row(metric, *cells)
    Console(width=140).print(table)


def _cell(template: str, values: Mapping[str, float] | None) -> str:
    return template.format(**values) if values else "-"


def _round(value: float) -> float:
    return float(f"{value:.4g}")
