"""Draw results: latency of one, growth over several."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from api.loadtest.errors import LoadTestError
from api.loadtest.report import Result

NEEDED = "a plot needs matplotlib: install housecall with its extra `plot`, housecall[plot]"


def draw(results: Sequence[Result], file: Path) -> None:
    """Raises LoadTestError without matplotlib, or for a kind of file that it cannot write."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise LoadTestError(NEEDED) from None
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for result in results:
        seconds, counts = zip(*result.latencies, strict=True) if result.latencies else ((), ())
        share = np.cumsum(counts) / max(1, sum(counts))
        left.plot(np.array(seconds) * 1e3, share, label=f"{result.rooms} rooms")
    left.set(xscale="log", xlabel="forwarding latency (ms)", ylabel="share of packets")
    left.grid(visible=True, alpha=0.3)
    left.legend()
    rates = [result.packets_out / result.seconds for result in results]
    costs = [(result.server_cost or 0.0) * 1e6 for result in results]
    right.plot(rates, costs, marker="o")
    right.set(xlabel="packets out per second", ylabel="server CPU per packet (us)", ylim=(0, None))
    right.grid(visible=True, alpha=0.3)
    try:
        figure.savefig(file)
    except (OSError, ValueError) as error:
        raise LoadTestError(f"the plot cannot be written: {error}") from None
