"""The whole server under `housecall loadtest`: rooms of eight, fan-outs, a large audio room.

Each run has a fresh server on one core and the load on another; servers take turns. What counts is
the server's processor time for each RTP packet that has come to the load test.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

from bench import loads
from bench.peers import Program, programs, started
from bench.report import Found, Report


@dataclass(frozen=True)
class Scenario:
    """One call, and where it stands on its curve."""

    name: str
    curve: str
    size: int  # rooms, or people
    arguments: tuple[str, ...]


def rooms(count: int) -> Scenario:
    name = f"{count} room{'s' * (count > 1)} of 8"
    return Scenario(name, "rooms of 8", count, ("--rooms", str(count), "--parties", "8"))


def fan(viewers: int) -> Scenario:
    return Scenario(f"1 to {viewers}", "viewers of one", viewers, ("--fanout", f"1x{viewers}"))


def audio(speakers: int, listeners: int) -> Scenario:
    arguments = ("--audio-only", "--fanout", f"{speakers}x{listeners}")
    name = f"audio, {speakers} to {listeners}"
    return Scenario(name, f"listeners of {speakers}", listeners, arguments)


ROOMS = (1, 4, 8, 16, 24)
OTHERS = (fan(100), fan(500), audio(10, 200))


def scenarios(options: Namespace) -> list[Scenario]:
    if options.rooms or options.viewers:
        return [*map(rooms, options.rooms or ()), *map(fan, options.viewers or ())]
    return [*map(rooms, ROOMS), *OTHERS]


def measure(options: Namespace, report: Report) -> Found:
    """Microseconds of the server for each packet out."""
    found: Found = {}
    contenders = programs(options.peer, options.ours)
    for scenario in scenarios(options):
        for run in range(options.runs):
            for program in contenders[:: -1 if run % 2 else 1]:
                cost = carry(program, scenario, options, report, run)
                if cost is not None:
                    found.setdefault(scenario.name, {}).setdefault(program.name, []).append(cost)
    return found


def carry(
    program: Program, scenario: Scenario, options: Namespace, report: Report, run: int
) -> float | None:
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
    return load.cost


def add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--peer", type=Path, help="livekit-server, to take turns with ours")
    add("--rooms", type=int, action="append", help="so many rooms only; again for more")
    add("--viewers", type=int, action="append", help="fan-outs to so many; again for more")
    add("--seconds", type=float, default=20, help="of each measurement under load")
    add("--ours", action="append", help="an option more for `housecall up`, such as --ours=-v")
