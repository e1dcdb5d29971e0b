"""What a join costs the server: its processor time, and how long a PyPI client waits.

Joins come one after the other, so that the processor time of a block of them, less what the idle
server used in as much time, can be divided by their number. With `--people` it is those of a load
test that fill one room: each is told of all who are there, and gets the sound of one of them. The
processor time of that load test as a whole, less its traffic by the share that the traffic had when
all were in, is divided by the number of people.
"""

import asyncio
import os
import sys
import time
import uuid
from argparse import Namespace
from collections.abc import Sequence

from livekit import rtc

from bench import loads
from bench.report import Found, Report, compare
from bench.servers import Contender, gathered, parser
from tests.harness.server import Server

IDLE = 5.0  # seconds in which an idle server is watched
PAUSE = 0.05  # seconds between a leave and the next join
MILLI = 1e3
MEASURED = 5.0  # seconds of traffic behind the joins of a load test
SETTLED = 3.3  # seconds around it in which everybody is in too


async def join(server: Server, room: str, identity: str, *, single: bool) -> float:
    """Join and leave an empty room; seconds from the call of connect() to its end."""
    guest = rtc.Room()
    token = server.token(identity, room)
    settings = rtc.RoomOptions(single_peer_connection=single)
    started = time.perf_counter()
    await guest.connect(server.url, token, settings)
    waited = time.perf_counter() - started
    await guest.disconnect()
    return waited


async def block(contender: Contender, options: Namespace, idle: float) -> tuple[float, list[float]]:
    """Processor time of one join and leave, and how long each took, in milliseconds."""
    processes = contender.processes
    used, started = processes.cpu(), time.monotonic()
    waited = []
    for number in range(options.joins):
        room = f"bench-{uuid.uuid4().hex[:10]}"
        waited.append(
            await join(contender.server, room, f"guest-{number}", single=not options.dual)
        )
        await asyncio.sleep(PAUSE)
    cost = processes.cpu() - used - idle * (time.monotonic() - started)
    return cost / options.joins * MILLI, [wait * MILLI for wait in waited]


async def watch(contenders: Sequence[Contender]) -> dict[str, float]:
    """Processor seconds per second of each server when nothing happens."""
    before = {contender.name: contender.processes.cpu() for contender in contenders}
    await asyncio.sleep(IDLE)
    return {c.name: (c.processes.cpu() - before[c.name]) / IDLE for c in contenders}


async def run(contenders: Sequence[Contender], options: Namespace, report: Report) -> Found:
    idle = await watch(contenders)
    found: Found = {"CPU": {}, "wall": {}}
    for number in range(-1, options.runs):
        for contender in contenders[:: -1 if number % 2 else 1]:
            cost, waited = await block(contender, options, idle[contender.name])
            if number < 0:
                continue  # warm-up
            found["CPU"].setdefault(contender.name, []).append(cost)
            found["wall"].setdefault(contender.name, []).extend(waited)
            report.emit(
                server=contender.name,
                run=number,
                joins=options.joins,
                cpu_ms=round(cost, 2),
                wall_ms=[round(wait, 1) for wait in waited],
                idle_cpu=round(idle[contender.name], 4),
                load=round(os.getloadavg()[0], 2),
            )
    return found


def fill(contenders: Sequence[Contender], options: Namespace, report: Report) -> Found:
    """One room of `--people`, filled again and again."""
    found: Found = {"CPU": {}}
    for number in range(-1, options.runs):
        for contender in contenders[:: -1 if number % 2 else 1]:
            try:
                cost, load = fill_once(contender, options)
            except loads.Refused as refusal:
                report.emit(server=contender.name, run=number, refused=str(refusal))
                continue
            if number < 0:
                continue  # warm-up
            found["CPU"].setdefault(contender.name, []).append(cost)
            about = {"server": contender.name, "run": number, "people": options.people}
            report.emit(**about, cpu_ms=round(cost, 2), **load.told())
    return found


def fill_once(contender: Contender, options: Namespace) -> tuple[float, loads.Load]:
    """Milliseconds of processor time for each join and leave. Raises loads.Refused."""
    arguments = ["--audio-only", "--fanout", f"1x{options.people - 1}"]
    before = contender.processes.cpu()
    load = loads.run(contender.server, arguments, seconds=MEASURED, core=options.core)
    traffic = load.share * (load.seconds + SETTLED)
    return (contender.processes.cpu() - before - traffic) / options.people * MILLI, load


def main(arguments: Sequence[str]) -> None:
    given = parser(__doc__ or "")
    given.add_argument("--joins", type=int, default=25, help="in a block")
    given.add_argument("--runs", type=int, default=6, help="blocks of each server")
    given.add_argument("--dual", action="store_true", help="two peer connections, as of old")
    given.add_argument("--people", type=int, help="in one room, by `housecall loadtest`")
    options = given.parse_args(arguments)
    report = Report("join_cost", options.out)
    report.machine()
    with gathered(options) as contenders:
        if options.people:
            found = fill(contenders, options, report)
        else:
            found = asyncio.run(run(contenders, options, report))
        names = [contender.name for contender in contenders]
        compare(report, found, names, unit="ms", title="one join")


if __name__ == "__main__":
    main(sys.argv[1:])
