"""What forwarding a packet costs: in memory alone, and in a server that carries a real call.

In memory: everything between a datagram in the ring and sealed datagrams for all subscribers, no
system call. In a server: its processor time during a call of PyPI clients, divided by the RTP
packets that have arrived at them by their own statistics.
"""

import gc
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence

from bench import traffic
from bench.crowd import Call, crowd
from bench.processes import busy
from bench.report import Report, compare
from bench.servers import Contender, gathered, parser
from bench.traffic import Publisher
from tests.sim.media import Call as Simulated

Build = Callable[[int], tuple[Simulated, list[Publisher]]]
SHAPES: dict[str, Build] = {
    "room of 8": lambda seed: traffic.party(8, seed),
    "1 to 50": lambda seed: traffic.broadcast(50, seed),
}
BATCHES = (1, 4, 16)  # packets in one drain of the socket
SIMULATED = 2.0  # seconds of traffic in one measurement
SETTLE = 5.0  # seconds before a real call is measured
MICRO = 1e6
Found = dict[str, dict[str, list[float]]]


def in_memory(build: Build, size: int, seed: int) -> dict[str, float]:
    """Microseconds of processor time per packet that goes out, and that comes in."""
    call, publishers = build(seed)
    seconds = traffic.WARM_UP + SIMULATED
    arrivals = [a for p in publishers for a in p.arrivals(call.now, seconds)]
    arrivals.sort(key=lambda arrival: arrival.at)
    border = sum(arrival.at < call.now + traffic.WARM_UP for arrival in arrivals)
    traffic.play(call, arrivals[:border], size)
    stats = call.plane.stats
    out, into = stats.packets_out, stats.packets_in
    gc.collect()
    started = time.process_time()
    traffic.play(call, arrivals[border:], size)
    used = (time.process_time() - started) * MICRO
    return {"out": used / (stats.packets_out - out), "in": used / (stats.packets_in - into)}


def simulate(runs: int, report: Report, found: Found) -> None:
    for seed in range(runs):
        for shape, build in SHAPES.items():
            for size in BATCHES:
                cost = in_memory(build, size, seed)
                metric = f"in memory, {shape}, batches of {size}"
                found.setdefault(metric, {}).setdefault("plane", []).append(cost["out"])
                rounded = {name: round(value, 2) for name, value in cost.items()}
                report.emit(metric=metric, run=seed, microseconds=rounded)


def carry(contender: Contender, options: Namespace, report: Report, found: Found) -> None:
    """One real call."""
    processes = contender.processes
    with crowd(contender.server, Call(options.guests, fps=options.fps)) as guests:
        time.sleep(SETTLE)
        before, used, machine = guests.look(), processes.cpu(), busy()
        time.sleep(options.seconds)
        after, used_after, machine_after = guests.look(), processes.cpu(), busy()
    packets = after.received - before.received
    cost = (used_after - used) / packets * MICRO
    metric = f"server, call of {options.guests}"
    found.setdefault(metric, {}).setdefault(contender.name, []).append(cost)
    report.emit(
        metric=metric,
        server=contender.name,
        microseconds=round(cost, 2),
        received_per_second=round(packets / options.seconds),
        sent_per_second=round((after.sent - before.sent) / options.seconds),
        server_cpu=round((used_after - used) / options.seconds, 3),
        machine_busy=round((machine_after[0] - machine[0]) / (machine_after[1] - machine[1]), 3),
        heights={str(h): after.heights.count(h) for h in sorted(set(after.heights))},
        load=round(os.getloadavg()[0], 2),
    )


def main(arguments: Sequence[str]) -> None:
    given = parser(__doc__ or "")
    given.add_argument("--runs", type=int, default=5)
    given.add_argument("--guests", type=int, default=8)
    given.add_argument("--fps", type=float, default=Call.fps, help="pictures per second of each")
    given.add_argument("--seconds", type=float, default=20, help="of each real call")
    given.add_argument("--only", choices=("memory", "server"))
    options = given.parse_args(arguments)
    report = Report("forward", options.out)
    report.machine()
    if options.only != "server":
        simulated: Found = {}
        simulate(options.runs, report, simulated)
        compare(report, simulated, ["plane"], unit="us", title="per packet out")
    if options.only != "memory":
        real: Found = {}
        with gathered(options.servers) as contenders:
            for run in range(options.runs):
                for contender in contenders[:: -1 if run % 2 else 1]:
                    carry(contender, options, report, real)
            names = [contender.name for contender in contenders]
        compare(report, real, names, unit="us", title="per packet out")


if __name__ == "__main__":
    main(sys.argv[1:])
