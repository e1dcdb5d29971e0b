"""The relay and coturn under coturn's own test client (`turnutils_uclient -y -c`), in turns.

Each run has a fresh relay on one core and the load on another. Pairs of clients send to each other
through channels, so each message passes the relay twice: from a client to a relayed address, and
from there to the other client. What counts is the relay's processor time for each such passage (one
packet received, one sent), over the whole run with its few requests.

With `--media` all clients send to one peer that sends everything back: to our own media, which is
reached by memory (`bench/ownmedia.py`), and to coturn's `turnutils_peer` beside coturn. What the
peer itself takes does not count there.
"""

import re
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
    to_media: bool = False

    @property
    def name(self) -> str:
        beside = ", to own media" if self.to_media else ""
        return f"{self.way}, {self.clients} allocations, {self.size} bytes{beside}"


def scenarios(options: Namespace) -> list[Scenario]:
    return [
        Scenario(way, clients, size, options.media)
        for way in options.way or WAYS
        for clients in options.clients or ((1, 10, 100) if options.media else (2, 10, 100))
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
    with TemporaryDirectory() as folder, ExitStack() as stack:
        peer = 0
        if scenario.to_media and server == "ours":
            one, peer = stack.enter_context(own_media(options.core))
        else:
            one = stack.enter_context(started(server, Path(folder), options.core))
            if scenario.to_media:
                peer = stack.enter_context(far_echo(1 - options.core))
        before, begun = spent_by(one.process), time.monotonic()
        load = press(scenario, one.port, options, peer)
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


def press(scenario: Scenario, port: int, options: Namespace, peer: int) -> Load:
    """What was sent passed once at least; what came back passed twice."""
    each = max(ENOUGH, options.messages // scenario.clients)
    line = ["turnutils_uclient", "-c", "-m", str(scenario.clients), "-n", str(each)]
    line += ["-e", HOST, "-r", str(peer)] if peer else ["-y"]
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
def own_media(core: int) -> Iterator[tuple[Started, int]]:
    """The relay, and the port of its media."""
    line = pinned(core, [sys.executable, "-m", "bench.ownmedia"])
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        door, media = map(int, process.stdout.readline().split())
        yield Started(door, process.pid), media
    finally:
        process.kill()
        process.wait()


@contextmanager
def far_echo(core: int) -> Iterator[int]:
    """The port of a peer that sends everything back."""
    _, _, port = free_ports()
    line = pinned(core, ["turnutils_peer", "-L", HOST, "-p", str(port)])
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: is_listening(port, "udp"), "the peer is there")
        yield port
    finally:
        process.kill()
        process.wait()


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


def is_listening(port: int, protocol: str = "tcp") -> bool:
    lines = Path(f"/proc/net/{protocol}").read_text().splitlines()
    return any(f":{port:04X} " in line for line in lines)


def add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--way", choices=list(WAYS), action="append", help="only by this; again for more")
    add("--clients", type=int, action="append", help="so many, two at least; again for more")
    add("--size", type=int, action="append", help="bytes of payload; again for more")
    add("--media", action="store_true", help="to our own media, beside the relay")
    add("--messages", type=int, default=100_000, help="of all clients together")
    add("--interval", type=int, default=1, help="milliseconds between messages of one client")
