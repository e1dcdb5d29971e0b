"""The relay and coturn under coturn's own test client (`turnutils_uclient -y -c`), in turns.

    python -m bench relay               all of it: ten minutes
    python -m bench relay --quick       ten allocations, small packets: two minutes

Each run has a fresh relay on one core and the load on another. Pairs of clients send to each other
through channels, so each message passes the relay twice: from a client to a relayed address, and
from there to the other client. What counts is the relay's processor time for each such passage (one
packet received, one sent), in each eighth of the packets; what it took in all, with its requests,
is told too.
A client alone has nobody of its kind to send to: it gets a peer that sends everything back.

To our own media all clients send to one peer that sends everything back: ours is reached by memory
(`bench/ownmedia.py`), coturn has `turnutils_peer` beside it. What the peer itself takes does not
count there.
"""

from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.relayservers import far_echo, own_media, started
from bench.report import Found, Report
from bench.uclient import Load, press, spent_by
from tests.harness.relay import HOST, PASSWORD, USER

WAYS = {"udp": [], "tcp": ["-t"]}
SERVERS = "ours", "coturn"
CLIENTS, SIZES = (1, 10, 100), (160, 1200)
ENOUGH = 1000  # messages of a client
RUNS = 1
PARTS = 8  # of a run, each with a value of its own


@dataclass(frozen=True)
class Scenario:
    way: str
    clients: int
    size: int  # bytes of payload
    to_media: bool = False

    @property
    def name(self) -> str:
        beside = ", to own media" if self.to_media else ""
        allocations = "1 allocation" if self.clients == 1 else f"{self.clients} allocations"
        return f"{self.way}, {allocations}, {self.size} bytes{beside}"

    def messages(self, together: int) -> int:
        """Of each client, of so many of all."""
        return max(ENOUGH, together // max(10, self.clients))


def scenarios(options: Namespace) -> list[Scenario]:
    """Of what is asked for by name; else all by UDP and TCP, and by UDP to our own media."""
    ways = [(way, options.media) for way in options.way or WAYS]
    if not options.way and not options.media:
        ways.append(("udp", True))
    elif not options.way:
        ways = [("udp", True)]
    return [
        Scenario(way, clients, size, to_media)
        for way, to_media in ways
        for clients in options.clients or ((10,) if options.quick else CLIENTS)
        for size in options.size or (SIZES[:1] if options.quick else SIZES)
    ]


def measure(options: Namespace, report: Report) -> Found:
    """Microseconds of the relay for each packet that passes, in each part of each run."""
    found: Found = {}
    for scenario in scenarios(options):
        for run in range(options.runs):
            for server in SERVERS[:: -1 if run % 2 else 1]:
                costs = carry(server, scenario, options, report, run)
                found.setdefault(scenario.name, {}).setdefault(server, []).extend(costs)
    return found


def carry(
    server: str, scenario: Scenario, options: Namespace, report: Report, run: int
) -> list[float]:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        peer = 0
        if scenario.to_media and server == "ours":
            one, peer = stack.enter_context(own_media(options.core))
        else:
            one = stack.enter_context(started(server, Path(folder), options.core))
            if scenario.to_media or scenario.clients == 1:
                peer = stack.enter_context(far_echo(1 - options.core))
        before = spent_by(one.process)
        load = press(arguments(scenario, one.port, options, peer), one.process, 1 - options.core)
    tell(report, scenario.name, server, run, load, before)
    return load.costs(PARTS)


def tell(report: Report, name: str, server: str, run: int, load: Load, before: float) -> None:
    """`with_requests`: microseconds for each passage of all that it took from then on."""
    report.emit(
        metric=name, server=server, run=run, passages=load.passages, lost=load.lost,
        microseconds=[round(cost, 2) for cost in load.costs(PARTS)],
        with_requests=round((load.marks[-1].spent - before) / load.passages * 1e6, 2),
    )  # fmt: skip


def arguments(scenario: Scenario, port: int, options: Namespace, peer: int) -> list[str]:
    line = ["-c", "-m", str(scenario.clients), "-n", str(scenario.messages(options.messages))]
    line += ["-e", HOST, "-r", str(peer)] if peer else ["-y"]
    line += ["-l", str(scenario.size), "-z", str(options.interval), "-p", str(port)]
    return [*line, "-u", USER, "-w", PASSWORD, *WAYS[scenario.way], HOST]


def add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--way", choices=list(WAYS), action="append", help="only by this; again for more")
    add("--clients", type=int, action="append", help="so many; again for more")
    add("--size", type=int, action="append", help="bytes of payload; again for more")
    add("--media", action="store_true", help="only to our own media, beside the relay")
    add("--quick", action="store_true", help="ten allocations, 160 bytes")
    add("--messages", type=int, default=25_000, help="of ten clients together")
    add("--interval", type=int, default=1, help="milliseconds between messages of one client")
