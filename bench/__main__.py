"""The whole suite: `python -m bench`, or some of its parts.

    python -m bench                                        micro and engine, against the baseline
    python -m bench engine --against HEAD~5                this tree and another one in turns
    python -m bench server --peer PATH                     ours and livekit-server in turns
    python -m bench foreign --peer PATH --lk PATH          likewise, loaded by lk
    python -m bench relay [--quick]                        our relay and coturn in turns
    python -m bench micro engine server --save             take a new baseline
    python -m bench plots                                  draw the curves of docs/performance.md

PATH: what `livekit-server` and `lk` were built to. Figures are microseconds of processor time.
"""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import baseline, engine, foreign, micro, plots, relay, server
from bench.calibration import calibrate
from bench.report import Found, Report, compare

OURS, UNIT = "ours", "us"
PARTS: dict[str, Callable[[Namespace, Report], Found]] = {
    "micro": micro.measure,
    "engine": engine.measure,
    "server": server.measure,
    "foreign": foreign.measure,
    "relay": relay.measure,
}
DEFAULT = ["micro", "engine"]
RUNS, RUNS_OF = 5, {"relay": relay.RUNS}


def parser() -> ArgumentParser:
    arguments = ArgumentParser(
        "python -m bench", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    add = arguments.add_argument
    add("parts", nargs="*", metavar="PART", help=f"of {', '.join([*PARTS, 'plots'])}")
    add("--runs", type=int, help="of each; what is compared takes turns (5; relay: 1)")
    add("--core", type=int, default=1, help="for what is measured; the load gets another")
    add("--out", type=Path, help="add the JSON lines to this file too")
    add("--save", action="store_true", help="as the new baseline")
    add("--limit", type=float, default=1.15, help="ratio to the baseline that is too much")
    engine.add_options(arguments)
    server.add_options(arguments)
    foreign.add_options(arguments)
    relay.add_options(arguments)
    return arguments


def main(arguments: Sequence[str]) -> int:
    """The exit status is 1 when something is slower than its baseline."""
    given = parser()
    options = given.parse_args(arguments)
    parts = options.parts or DEFAULT
    if unknown := set(parts) - {*PARTS, "plots"}:
        given.error(f"there is no part {', '.join(sorted(unknown))}")
    if "foreign" in parts and options.lk is None:
        given.error("foreign needs --lk")
    worse = [name for part in parts if part != "plots" for name in carry(part, options)]
    if "plots" in parts:
        plots.draw()
    return 1 if worse else 0


def carry(part: str, options: Namespace) -> list[str]:
    """One part; returns what has become slower."""
    runs = options.runs or RUNS_OF.get(part, RUNS)
    options = Namespace(**{**vars(options), "runs": runs})
    report = Report(part, options.out)
    report.machine()
    before = calibrate()
    found = PARTS[part](options, report)
    speed = (before + calibrate()) / 2
    names = sorted({server for values in found.values() for server in values})
    if names:
        names.sort(key=lambda name: name != OURS)  # ratios are those of the first
        compare(report, found, names, unit=UNIT, title=part)
    worse = baseline.compare(found, baseline.load(), speed, options.limit)
    if options.save:
        baseline.save(found, UNIT, speed)
    return worse


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
