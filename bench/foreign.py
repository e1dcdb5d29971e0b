"""Processor time per packet under a foreign load: `lk perf load-test`, LiveKit's own program.

A room is one lk process: 8 people send camera (simulcast) and microphone, 8 others watch. lk lets
each of them take six of the eight (its speaker view): one in 720p and, as it turns out, five in
360p. Sound is 16 kbit/s of silence when lk was built without its recordings (git-lfs).

Server and lk have a network each, joined by a wire of this machine, so that the datagrams that come
to lk can be counted by the system: RTP and the RTCP of the server, a few per cent.
"""

import os
import re
import subprocess
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from bench.peers import Program, Started, programs, started
from bench.pinning import pinned
from bench.report import Found, Report
from tests.harness.netns import Cable

MICRO = 1e6
ROOMS, VIEWERS = (1, 3, 10, 20), (60,)
JOINS = 5.0  # a second, of each lk
SETTLE = 8.0  # seconds behind the last join
TAIL = 5.0  # seconds that lk goes on behind the measurement
ENDS_WITHIN = 30.0  # seconds
TOTAL = re.compile(r"Total\W+(\d+)/(\d+)\D.*?│\s*(\S+ \([\d.]+%\))")


@dataclass(frozen=True)
class Load:
    """What each of `rooms` processes of lk does."""

    rooms: int
    publishers: int = 8
    subscribers: int = 8

    @property
    def name(self) -> str:
        if self.publishers == 1:
            return f"1 to {self.subscribers}, by lk"
        rooms = f"{self.rooms} room{'s' * (self.rooms > 1)}"
        return f"{rooms}, {self.publishers} send to {self.subscribers}, by lk"

    @property
    def ramp(self) -> float:
        return (self.publishers + self.subscribers) / JOINS + SETTLE


def measure(options: Namespace, report: Report) -> Found:
    found: Found = {}
    loads = [Load(rooms) for rooms in options.rooms or ROOMS]
    loads += [Load(1, 1, viewers) for viewers in options.viewers or VIEWERS]
    contenders = programs(options.peer, options.ours)
    with Cable() as cable:
        for load in loads:
            for run in range(options.runs):
                for program in contenders[:: -1 if run % 2 else 1]:
                    cost = carry(cable, program, load, options, report, run)
                    found.setdefault(load.name, {}).setdefault(program.name, []).append(cost)
    return found


def carry(
    cable: Cable, program: Program, load: Load, options: Namespace, report: Report, run: int
) -> float:
    """Microseconds for each datagram that has come to lk."""
    address = [Cable.NEAR, "127.0.0.1"]
    with (
        started(program, options.core, namespace=cable.near, addresses=address) as server,
        lk(cable, server, load, options) as said,
    ):
        time.sleep(load.ramp)
        before, used = received(cable), server.processes.cpu()
        time.sleep(options.seconds)
        packets = received(cable) - before
        used = server.processes.cpu() - used
        memory = server.processes.memory().rss
        ended = said.wait()
    cost = used / max(packets, 1) * MICRO
    report.emit(
        metric=load.name,
        server=program.name,
        run=run,
        microseconds=round(cost, 2),
        packets_per_second=round(packets / options.seconds),
        server_cpu=round(used / options.seconds, 3),
        megabytes=round(memory / 1e6, 1),
        tracks=f"{ended.tracks} of {ended.expected}",
        loss=ended.loss,
        load=round(os.getloadavg()[0], 2),
    )
    return cost


@dataclass(frozen=True)
class Ended:
    """What all of lk's processes print in the end."""

    tracks: int
    expected: int
    loss: list[str]  # of each process, "7 (0.011%)"


class Said:
    """lk's processes, and what they print."""

    def __init__(self, processes: "list[subprocess.Popen[bytes]]", out: IO[bytes]) -> None:
        self._processes = processes
        self._out = out

    def wait(self) -> Ended:
        for process in self._processes:
            process.wait(timeout=ENDS_WITHIN)
        self._out.seek(0)
        found = TOTAL.findall(self._out.read().decode(errors="replace"))
        if len(found) != len(self._processes):
            raise RuntimeError(f"{len(self._processes) - len(found)} of lk's processes failed")
        return Ended(
            sum(int(tracks) for tracks, _, _ in found),
            sum(int(expected) for _, expected, _ in found),
            [loss for _, _, loss in found],
        )


def received(cable: Cable) -> int:
    """Datagrams that have come to lk's network so far."""
    text = Path(f"/proc/{cable.far.pid}/net/snmp").read_text()
    names, values = (line.split() for line in text.splitlines() if line.startswith("Udp:"))
    return int(values[names.index("InDatagrams")])


@contextmanager
def lk(cable: Cable, server: Started, load: Load, options: Namespace) -> Iterator["Said"]:
    """All processes, on the other core; ended by force when the body fails."""
    where = server.server
    base = [str(options.lk.resolve()), "perf", "load-test"]
    base += ["--url", where.url, "--api-key", where.key, "--api-secret", where.secret]
    base += ["--video-publishers", str(load.publishers), "--audio-publishers", str(load.publishers)]
    base += ["--subscribers", str(load.subscribers), "--num-per-second", f"{JOINS:g}"]
    base += ["--video-codec", "vp8", "--duration", f"{load.ramp + options.seconds + TAIL:g}s"]
    core = 0 if options.core else 1
    with TemporaryFile() as out:
        processes = [
            subprocess.Popen(
                cable.far.command(*pinned(core, [*base, "--room", f"bench-{number}"])),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            for number in range(load.rooms)
        ]
        try:
            yield Said(processes, out)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def add_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--lk", type=Path, help="the lk command line")
