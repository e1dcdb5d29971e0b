"""What forwarding a packet costs in a server that carries a real call.

Its processor time during a call of PyPI clients, divided by the RTP packets that have arrived at
them by their own statistics.
"""

import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence

from bench.crowd import Call, crowd
from bench.processes import busy
from bench.report import Found, Report, compare
from bench.servers import Contender, gathered, parser

SETTLE = 5.0  # seconds before a real call is measured
MICRO = 1e6


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
    options = given.parse_args(arguments)
    report = Report("forward", options.out)
    report.machine()
    real: Found = {}
    with gathered(options) as contenders:
        for run in range(options.runs):
            for contender in contenders[:: -1 if run % 2 else 1]:
                carry(contender, options, report, real)
        names = [contender.name for contender in contenders]
    compare(report, real, names, unit="us", title="per packet out")


if __name__ == "__main__":
    main(sys.argv[1:])
