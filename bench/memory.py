"""What a participant costs in memory: a call after a minute, less the idle server.

Idle means: after one finished call of two, so that code and buffers which everybody pays once are
in the base. Everybody sends 720p in three layers and sound, and gets one of the others in high
quality and the rest in low. The guests are PyPI clients in another process; with `--rooms` they are
those of `housecall loadtest`, of which there can be many.
"""

import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence

from api.loadtest.processes import Memory
from bench import loads
from bench.crowd import Call, Seen, crowd
from bench.report import Found, Report, compare
from bench.servers import Contender, gathered, parser

FIRST_SECONDS = 5.0  # of the finished call
REST = 15.0  # seconds in which what can be given back is
MEGABYTE = 1e6
PARTIES = 8  # of a room of a load test
Values = dict[str, float]


def measure(contender: Contender, options: Namespace, report: Report) -> Values:
    """Megabytes by metric."""
    processes = contender.processes
    started = processes.memory()
    with crowd(contender.server, Call(2, fps=options.fps)):
        time.sleep(FIRST_SECONDS)
    time.sleep(REST)
    idle = processes.memory()
    with crowd(contender.server, Call(options.guests, fps=options.fps)) as guests:
        before = guests.look()
        time.sleep(options.seconds)
        busy = processes.memory()
        after = guests.look()
    time.sleep(REST)
    values = differences(idle, busy, options.guests) | {
        "server started": started.rss / MEGABYTE,
        "idle after one call": idle.rss / MEGABYTE,
        "in the call": busy.rss / MEGABYTE,
        "after the call": processes.memory().rss / MEGABYTE,
    }
    report.emit(
        server=contender.name,
        guests=options.guests,
        processes=len(processes.members()),
        megabytes={name: round(value, 3) for name, value in values.items()},
        **traffic(before, after, options.seconds),
    )
    return values


def measure_rooms(contender: Contender, options: Namespace, report: Report) -> Values:
    """Megabytes by metric, of rooms of eight. Raises loads.Refused."""
    processes, server = contender.processes, contender.server
    two, many = ["--parties", "2"], ["--rooms", str(options.rooms), "--parties", str(PARTIES)]
    loads.run(server, two, seconds=FIRST_SECONDS, core=options.core)
    time.sleep(REST)
    idle = processes.memory()
    load = loads.run(server, many, seconds=options.seconds, core=options.core)
    values = differences(idle, load.memory, load.people) | {
        "idle after one call": idle.rss / MEGABYTE,
        "in the call": load.memory.rss / MEGABYTE,
    }
    rounded = {name: round(value, 3) for name, value in values.items()}
    report.emit(server=contender.name, rooms=options.rooms, megabytes=rounded, **load.told())
    return values


def differences(idle: Memory, busy: Memory, guests: int) -> Values:
    return {
        "per participant, RSS": (busy.rss - idle.rss) / guests / MEGABYTE,
        "per participant, PSS": (busy.pss - idle.pss) / guests / MEGABYTE,
    }


def traffic(before: Seen, after: Seen, seconds: float) -> dict[str, object]:
    """Proof that there was a call: packets to and from all guests, and the pictures' heights."""
    return {
        "received_per_second": round((after.received - before.received) / seconds),
        "sent_per_second": round((after.sent - before.sent) / seconds),
        "heights": {str(h): after.heights.count(h) for h in sorted(set(after.heights))},
        "load": round(os.getloadavg()[0], 2),
    }


def main(arguments: Sequence[str]) -> None:
    given = parser(__doc__ or "")
    given.add_argument("--guests", type=int, default=8)
    given.add_argument("--rooms", type=int, help="by `housecall loadtest`: so many rooms of 8")
    given.add_argument("--seconds", type=float, default=60)
    given.add_argument("--fps", type=float, default=Call.fps, help="pictures per second of each")
    given.add_argument("--runs", type=int, default=1, help="only ours: each with a fresh server")
    options = given.parse_args(arguments)
    report = Report("memory", options.out)
    report.machine()
    method = measure_rooms if options.rooms else measure
    title = f"{options.rooms} rooms of {PARTIES}" if options.rooms else f"{options.guests} guests"
    found: Found = {}
    names: dict[str, None] = {}
    for _ in range(1 if options.servers else options.runs):
        with gathered(options) as contenders:
            for contender in contenders:
                names[contender.name] = None
                for metric, value in method(contender, options, report).items():
                    found.setdefault(metric, {}).setdefault(contender.name, []).append(value)
    compare(report, found, list(names), unit="MB", title=title)


if __name__ == "__main__":
    main(sys.argv[1:])
