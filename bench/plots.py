"""Growth curves for `docs/performance.md`, from the results that were kept. Needs matplotlib."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

RESULTS = Path(__file__).parent / "results" / "server.jsonl"
FOLDER = Path(__file__).parents[1] / "docs" / "performance"
Run = dict[str, Any]
NAMES = {"ours": "Housecall", "livekit": "livekit-server"}
CURVES: dict[str, tuple[str, Callable[[Run], float]]] = {
    "cost": ("processor time per packet out (us)", lambda run: run["microseconds"]),
    "cpu": ("share of one core", lambda run: run["server_cpu"]),
    "latency": ("forwarding latency, p99 (ms)", lambda run: run["latency_ms"][1]),
    "memory": ("memory per participant (MB)", lambda run: run["megabytes_per_participant"]),
}


def draw() -> None:
    """One picture for each figure of each curve with two sizes at least."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    runs = list(read())
    for curve in dict.fromkeys(run["curve"] for run in runs):
        some = [run for run in runs if run["curve"] == curve]
        if len({run["size"] for run in some}) > 1:
            for name in CURVES:
                picture(some, curve, name)


def read() -> Iterator[Run]:
    for line in RESULTS.read_text().splitlines():
        run: Run = json.loads(line)
        if "curve" in run and "refused" not in run:
            yield run


def picture(runs: Sequence[Run], curve: str, name: str) -> None:
    from matplotlib.figure import Figure  # an extra: the other parts do without

    label, value = CURVES[name]
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes: Any = figure.subplots()
    for server, shown in NAMES.items():
        sizes = sorted({run["size"] for run in runs if run["server"] == server})
        if not sizes:
            continue
        values = [
            [value(r) for r in runs if (r["server"], r["size"]) == (server, size)] for size in sizes
        ]
        middles = [median(each) for each in values]
        spread = [spans(each) for each in values]
        bars = [[m - low for m, (low, _) in zip(middles, spread, strict=True)]]
        bars += [[high - m for m, (_, high) in zip(middles, spread, strict=True)]]
        axes.errorbar(sizes, middles, yerr=bars, marker="o", capsize=3, label=shown)
    axes.set(xlabel=curve, ylabel=label, ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(FOLDER / f"{curve.replace(' ', '-')}-{name}.svg", metadata={"Date": None})


def spans(values: Sequence[float]) -> tuple[float, float]:
    """Quartiles."""
    low, _, high = quantiles([*values] if len(values) > 1 else [*values] * 2, method="inclusive")
    return low, high
