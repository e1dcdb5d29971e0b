"""What forwarding a packet costs without sockets, for calls of many shapes.

Everything between a datagram in the ring and the sealed rows that would be sent: SRTP on both
sides, rewriting, history, reports and feedback of both directions. Time is simulated; user and
system time of the processor are real. Every run is a process of its own on one core; with
`--against` another checkout of the project takes turns with this one.
"""

import gc
import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any

from bench import traffic
from bench.calibration import calibrate
from bench.pinning import pin
from bench.report import Found, Report
from bench.traffic import Arrival, Publisher
from tests.sim.media import Call

HERE = Path(__file__).parents[1]
MICRO = 1e6
OURS = "ours"


@dataclass(frozen=True)
class Shape:
    """A call, and how its packets arrive."""

    name: str
    build: Callable[[int], tuple[Call, list[Publisher]]]
    batch: int  # datagrams in one drain
    seconds: float  # simulated, in one run
    rate: float  # packets a second for each subscriber


def rooms(count: int, batch: int, seconds: float) -> Shape:
    name = f"{count} room{'s' * (count > 1)} of 8, batches of {batch}"
    return Shape(name, lambda seed: traffic.party(8, seed, count), batch, seconds, 740)


def fan(viewers: int, batch: int, seconds: float) -> Shape:
    name = f"1 to {viewers}, batches of {batch}"
    return Shape(name, lambda seed: traffic.broadcast(viewers, seed), batch, seconds, 260)


SHAPES = (
    rooms(1, 1, 2.0),
    rooms(1, 8, 2.0),
    rooms(8, 8, 1.0),
    rooms(8, 32, 1.0),
    rooms(20, 64, 1.0),
    rooms(20, 256, 1.0),
    fan(60, 8, 2.0),
    fan(500, 8, 1.0),
)


def play(shape: Shape, seed: int) -> dict[str, float]:
    """Microseconds per packet that goes out."""
    call, publishers = shape.build(seed)
    begin = call.now
    warm_up = prepared(call, publishers, begin, traffic.WARM_UP, shape.rate)
    traffic.play(call, warm_up, shape.batch)
    begin += traffic.WARM_UP
    arrivals = prepared(call, publishers, begin, shape.seconds, shape.rate)
    sent = call.plane.stats.packets_out
    gc.collect()
    before, started = getrusage(RUSAGE_SELF), time.process_time()
    traffic.play(call, arrivals, shape.batch)
    used, after = time.process_time() - started, getrusage(RUSAGE_SELF)
    packets = call.plane.stats.packets_out - sent
    system = after.ru_stime - before.ru_stime
    return {"total": used / packets * MICRO, "system": system / packets * MICRO, "out": packets}


def prepared(
    call: Call, publishers: list[Publisher], begin: float, seconds: float, rate: float
) -> list[Arrival]:
    media = [arrival for one in publishers for arrival in one.arrivals(begin, seconds)]
    reports = [
        arrival
        for person in call.people.values()
        for arrival in traffic.feedback(person, begin, seconds, rate)
    ]
    return sorted(media + reports, key=lambda arrival: arrival.at)


def child(names: Sequence[str], seed: int, core: int) -> None:
    """All shapes once, each as a line of JSON."""
    pin(core)
    for shape in SHAPES:
        if not names or shape.name in names:
            speed = calibrate()
            print(json.dumps({"shape": shape.name, "speed": speed, **play(shape, seed)}))


def spawn(tree: Path, names: Sequence[str], seed: int, core: int) -> list[dict[str, Any]]:
    line = [sys.executable, "-m", "bench.engine", "--child", str(seed), "--core", str(core)]
    found = subprocess.run(
        [*line, *(word for name in names for word in ("--shape", name))],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(text) for text in found.stdout.splitlines()]


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """A folder with another revision, or the folder itself."""
    if Path(revision).is_dir():
        yield Path(revision)
        return
    with TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", revision], cwd=HERE, stdout=subprocess.PIPE, check=True
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


def measure(options: Namespace, report: Report) -> Found:
    """Runs of this tree, and of the other one if there is one, in turns."""
    found: Found = {}
    with checkout(options.against or str(HERE)) as other:
        trees = {OURS: HERE} | ({options.against: other} if options.against else {})
        for run in range(options.runs):
            for name in list(trees)[:: -1 if run % 2 else 1]:
                for one in spawn(trees[name], options.shape, run, options.core):
                    keep(found, report, name, run, one)
    return found


def keep(found: Found, report: Report, tree: str, run: int, one: dict[str, Any]) -> None:
    found.setdefault(one["shape"], {}).setdefault(tree, []).append(one["total"])
    rounded = {key: round(one[key], 3) for key in ("total", "system", "speed", "out")}
    report.emit(metric=one["shape"], server=tree, run=run, **rounded)


def add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--against", help="a revision or a folder to take turns with")
    add("--shape", action="append", default=[], choices=[shape.name for shape in SHAPES])
    add("--child", type=int, help="for itself: run once with this seed")


def main(arguments: Sequence[str]) -> None:
    parser = ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--core", type=int, default=1)
    options = parser.parse_args(arguments)
    child(options.shape, options.child or 0, options.core)


if __name__ == "__main__":
    main(sys.argv[1:])
