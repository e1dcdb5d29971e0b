"""The whole server under `housecall loadtest`: rooms of eight, fan-outs, a large audio room.

Each run has a fresh server on one core and the load on another; servers take turns. What counts is
the server's processor time for each RTP packet that has come to the load test.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import loads
from bench.loads import Load
from bench.peers import Program, programs, started
from bench.report import Found, Report

ROOM_CURVE = "rooms of 8"


@dataclass(frozen=True)
class Scenario:
    """One call, and where it stands on its curve."""

    name: str
    curve: str
    size: int  # rooms, or people
    arguments: tuple[str, ...]


def rooms(count: int) -> Scenario:
    name = f"{count} room{'s' * (count > 1)} of 8"
    return Scenario(name, ROOM_CURVE, count, ("--rooms", str(count), "--parties", "8"))


def fan(viewers: int) -> Scenario:
    return Scenario(f"1 to {viewers}", "viewers of one", viewers, ("--fanout", f"1x{viewers}"))


def audio(speakers: int, listeners: int) -> Scenario:
    arguments = ("--audio-only", "--fanout", f"{speakers}x{listeners}")
    name = f"audio, {speakers} to {listeners}"
    return Scenario(name, f"listeners of {speakers}", listeners, arguments)


ROOMS = (1, 4, 8, 16, 24)
MOST_LOSS, MOST_LATENCY = 1e-4, 5.0  # of a server that carries its rooms well; ms, p99
Carried = dict[tuple[str, Scenario], list[Load | None]]
OTHERS = (fan(100), fan(500), audio(10, 200))


def scenarios(options: Namespace) -> list[Scenario]:
    if options.rooms or options.viewers:
        return [*map(rooms, options.rooms or ()), *map(fan, options.viewers or ())]
    return [*map(rooms, ROOMS), *OTHERS]


def measure(options: Namespace, report: Report) -> Found:
    """Microseconds of the server for each packet out."""
    found: Found = {}
    carried: Carried = {}
    contenders = programs(options.peer, options.ours)
    for scenario in scenarios(options):
        for run in range(options.runs):
            for program in contenders[:: -1 if run % 2 else 1]:
                load = carry(program, scenario, options, report, run)
                carried.setdefault((program.name, scenario), []).append(load)
                if load is not None:
                    costs = found.setdefault(scenario.name, {}).setdefault(program.name, [])
                    costs.append(load.cost)
    for program in contenders:
        most = capacity(carried, program.name)
        if most is not None:
            report.emit(metric="rooms of 8 on one core", server=program.name, rooms=most)
    return found


def carry(
    program: Program, scenario: Scenario, options: Namespace, report: Report, run: int
) -> Load | None:
    """None: the load test refused to report."""
    about = {"metric": scenario.name, "curve": scenario.curve, "size": scenario.size}
    with started(program, options.core) as one:
        idle = one.processes.memory().rss
        try:
            load = loads.run(
                one.server, scenario.arguments, seconds=options.seconds, core=options.core
            )
        except loads.Refused as refusal:
            report.emit(**about, server=program.name, run=run, refused=str(refusal))
            return None
    each = round((load.memory.rss - idle) / load.people / 1e6, 3)
    report.emit(
        **about, server=program.name, run=run, **load.told(), megabytes_per_participant=each
    )
    return load


def capacity(carried: Carried, server: str) -> int | None:
    """The most rooms, of those that were tried, that were carried well in the usual run.

    None: nothing was measured that would tell.
    """
    tried = [
        (scenario.size, runs)
        for (name, scenario), runs in carried.items()
        if name == server and scenario.curve == ROOM_CURVE and any(runs)
    ]
    return max((size for size, runs in tried if is_carried(runs)), default=0) if tried else None


def is_carried(runs: Sequence[Load | None]) -> bool:
    good = [run for run in runs if run is not None]
    if len(good) <= len(runs) / 2:
        return False
    loss, latency = median(run.loss for run in good), median(run.latency for run in good)
    return loss < MOST_LOSS and latency <= MOST_LATENCY


def add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--peer", type=Path, help="livekit-server, to take turns with ours")
    add("--rooms", type=int, action="append", help="so many rooms only; again for more")
    add("--viewers", type=int, action="append", help="fan-outs to so many; again for more")
    add("--seconds", type=float, default=20, help="of each measurement under load")
    add("--ours", action="append", help="an option more for `housecall up`, such as --ours=-v")
