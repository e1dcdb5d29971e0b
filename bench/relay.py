"""The relay and coturn under coturn's own test client (`turnutils_uclient -y -c`), in turns.

Each run has a fresh relay on one core and the load on another. Pairs of clients send to each other
through channels, so each message passes the relay twice: from a client to a relayed address, and
from there to the other client. What counts is the relay's processor time for each such passage (one
packet received, one sent), over the whole run with its few requests.
"""

import re
import shutil
import subprocess
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.pinning import pinned
from bench.report import Found, Report
from tests.harness import relay
from tests.harness.relay import HOST, PASSWORD, USER
from tests.harness.server import free_ports
from tests.harness.wait import until

TOTALS = re.compile(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)")
LOST = re.compile(r"Total lost packets (\d+)")
WAYS = {"udp": [], "tcp": ["-t"]}
UNBOUNDED = {"per_user_relay_allocation_limit": 0, "per_user_bandwidth": 0}
SERVERS = "ours", "coturn"
ENOUGH = 1000  # messages of a client, beside which its requests do not count


@dataclass(frozen=True)
class Scenario:
    way: str
    clients: int
    size: int  # bytes of payload

    @property
    def name(self) -> str:
        return f"{self.way}, {self.clients} allocations, {self.size} bytes"


def scenarios(options: Namespace) -> list[Scenario]:
    return [
        Scenario(way, clients, size)
        for way in options.way or WAYS
        for clients in options.clients or (2, 10, 100)
        for size in options.size or (160, 1200)
    ]


def measure(options: Namespace, report: Report) -> Found:
    """Microseconds of the relay for each packet that passes."""
    found: Found = {}
    for scenario in scenarios(options):
        for run in range(options.runs):
            for server in SERVERS[:: -1 if run % 2 else 1]:
                cost = carry(server, scenario, options, report, run)
                found.setdefault(scenario.name, {}).setdefault(server, []).append(cost)
    return found


def carry(server: str, scenario: Scenario, options: Namespace, report: Report, run: int) -> float:
    with TemporaryDirectory() as folder, started(server, Path(folder), options.core) as one:
        before, begun = spent_by(one.process), time.monotonic()
        load = press(scenario, one.port, options)
        spent, seconds = spent_by(one.process) - before, time.monotonic() - begun
    cost = spent / load.passages * 1e6
    report.emit(
        metric=scenario.name, server=server, run=run, microseconds=round(cost, 2),
        passages=load.passages, lost=load.lost, busy=round(spent / seconds, 3),
    )  # fmt: skip
    return cost


def spent_by(process: int) -> float:
    """Seconds of processor time of all its threads so far."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) * 1e-9


@dataclass(frozen=True)
class Load:
    passages: int
    lost: int


def press(scenario: Scenario, port: int, options: Namespace) -> Load:
    """What was sent passed once at least; what came back passed twice."""
    each = max(ENOUGH, options.messages // scenario.clients)
    line = ["turnutils_uclient", "-y", "-c", "-m", str(scenario.clients), "-n", str(each)]
    line += ["-l", str(scenario.size), "-z", str(options.interval), "-p", str(port)]
    line += ["-u", USER, "-w", PASSWORD, *WAYS[scenario.way], HOST]
    done = subprocess.run(
        pinned(1 - options.core, line), capture_output=True, text=True, timeout=300, check=False
    )
    said = done.stdout + done.stderr
    totals, lost = TOTALS.findall(said), LOST.findall(said)
    if not totals:
        raise RuntimeError(f"turnutils_uclient did not get through:\n{said[-2000:]}")
    sent, received = map(int, totals[-1])
    return Load(sent + received, int(lost[-1]) if lost else sent - received)


@dataclass(frozen=True)
class Started:
    port: int
    process: int


@contextmanager
def started(server: str, folder: Path, core: int) -> Iterator[Started]:
    if server == "ours":
        with relay.running(folder, UNBOUNDED, core=core) as one:
            yield Started(one.port, one.process.pid)
    else:
        with coturn(folder, core) as begun:
            yield begun


@contextmanager
def coturn(folder: Path, core: int) -> Iterator[Started]:
    """Debian's, with one thread for relaying, and nothing that it need not do."""
    program = shutil.which("turnserver")
    if program is None:
        raise FileNotFoundError("turnserver is missing: install coturn")
    port, _, _ = free_ports()
    log = folder / "coturn.log"
    line = [
        program, "-n", "-L", HOST, "-E", HOST, "-p", str(port), "-u", f"{USER}:{PASSWORD}",
        "-r", "bench", "-a", "-m", "1", "--no-tls", "--no-dtls", "--no-cli", "--simple-log",
        "--allow-loopback-peers", "-l", str(log), f"--pidfile={folder / 'pid'}",
        "-b", str(folder / "db"),
    ]  # fmt: skip
    process = subprocess.Popen(
        pinned(core, line), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: is_listening(port), "coturn listens")
        yield Started(port, process.pid)
    finally:
        process.kill()
        process.wait()


def is_listening(port: int) -> bool:
    return any(f":{port:04X} " in line for line in Path("/proc/net/tcp").read_text().splitlines())


def add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--way", choices=list(WAYS), action="append", help="only by this; again for more")
    add("--clients", type=int, action="append", help="so many, two at least; again for more")
    add("--size", type=int, action="append", help="bytes of payload; again for more")
    add("--messages", type=int, default=20_000, help="of all clients together")
    add("--interval", type=int, default=1, help="milliseconds between messages of one client")
