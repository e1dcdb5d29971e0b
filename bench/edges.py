"""What the edges of the media plane cost: receiving, unsealing, sealing and sending a packet.

Processor time per packet, user and system, on loopback: sending includes the half of receiving that
a network card would not charge. Native and portable edges take turns.
"""

import gc
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from bench.report import Report, compare
from sfu.aio.edges import open_edges
from sfu.aio.listening import bind_udp
from sfu.arena import PAYLOAD, ROWS, Arena
from sfu.loops.sort import SORTED
from sfu.path import key
from sfu.ring import BLOCK, SLOT, Batch, Ring
from sfu.sealing import Sealer, trial
from sfu.tables import ADDRESS, Clients, Rows
from sfu.transport.certificate import GCM
from sfu.transport.protection import Protection

WAYS = ("native", "portable")
SIZES = (160, 1200)  # bytes of payload
BATCHES = (1, 16, 256)  # packets at once
RUNS = (1, 4, 12)  # equal packets in a row for one client
FEW = (1, 8)  # packets at once, when little is going on
CLIENTS = 64
TOTAL = 4096  # packets in a measurement
MICRO = 1e-3  # of nanoseconds
HEADER = 12  # bytes
KEYS = bytes(range(28)), bytes(range(28, 56))
Measure = Callable[[], None]


def spent(work: Measure) -> float:
    """Microseconds."""
    started = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - started) * MICRO


def header(number: int) -> bytes:
    return bytes([0x80, 96, number >> 8 & 255, number & 255, *bytes(4), 1, 2, 3, 4])


class Bench:
    """One way in and out."""

    def __init__(self, stack: ExitStack, *, portable: bool) -> None:
        self.ours = stack.enter_context(bind_udp("127.0.0.1", 0))
        self.others = [stack.enter_context(bind_udp("127.0.0.1", 0)) for _ in range(CLIENTS)]
        self.ring, self.arena, self.clients = Ring(), Arena(), Clients()
        self.edges = open_edges([self.ours], self.ring, lambda *_: None, portable=portable)
        self.edges.egress.set_clients(self.clients)
        self.sealer: Sealer = trial.choose(self.ring, portable=portable)
        for sock in self.others:
            row, address = self.clients.add(), key((0, sock.getsockname()))
            self.clients.address_size[row] = len(address)
            self.clients.address[row * ADDRESS : row * ADDRESS + len(address)] = address
        self.number = 0

    def packets(self, count: int, size: int) -> list[bytes]:
        self.number += count
        numbers = range(self.number - count, self.number)
        return [header(number) + bytes(size) for number in numbers]

    def receive(self, size: int, at_once: int) -> float:
        used = 0.0
        for _ in range(TOTAL // at_once):
            for data in self.packets(at_once, size):
                self.others[0].sendto(data, self.ours.getsockname())
            used += spent(self.drain)
        return used / TOTAL

    def drain(self) -> None:
        reader = self.edges.readers[0]
        while True:
            batch = reader.read()
            if batch is not None:
                self.ring.tick(self.ring.now + batch.count / TOTAL)
            if reader.is_drained:
                return

    def unseal(self, size: int, at_once: int) -> float:
        self.number = 0
        self.sealer.set_keys(0, Protection(GCM, *KEYS))
        sender, batch, used = Protection(GCM, *KEYS[::-1]), Batch(), 0.0
        for _ in range(TOTAL // at_once):
            batch.start()
            for packet in self.packets(at_once, size):
                sealed = sender.protect(packet) or b""
                self.ring.row(batch.count)[: len(sealed)] = sealed
                batch.add(len(sealed), b"", 0.0)
            media: Rows = np.zeros(at_once, SORTED)
            media["position"] = range(at_once)
            used += spent(self.unsealing(batch, media))
        return used / TOTAL

    def unsealing(self, batch: Batch, media: Rows) -> Measure:
        def work() -> None:
            self.sealer.unseal(batch, media, len(media))

        return work

    def seal(self, size: int, at_once: int) -> float:
        self.number, used = 0, 0.0
        for client in range(CLIENTS):
            self.sealer.set_keys(client, Protection(GCM, *KEYS))
        for _ in range(TOTAL // at_once):
            self.fill([(row % CLIENTS, p) for row, p in enumerate(self.packets(at_once, size))])
            used += spent(lambda: self.sealer.seal(self.arena))
        return used / TOTAL

    def send(self, size: int, run: int, rows: int) -> float:
        """`run` packets of one length for each client."""
        used, count = 0.0, rows // run * run
        for _ in range(TOTAL // count):
            packets = self.packets(count, size)
            # Another length for each run, so that none is joined with the next.
            self.fill([(n // run % CLIENTS, p[: -1 - n // run % 7]) for n, p in enumerate(packets)])
            used += spent(lambda: self.edges.egress.send(self.arena))
            self.empty()
        return used / (TOTAL // count * count)

    def fill(self, rows: list[tuple[int, bytes]]) -> None:
        self.arena.count = 0
        for client, packet in rows:
            at = self.arena.count * SLOT + PAYLOAD - HEADER
            self.arena.data[at : at + len(packet)] = packet
            self.arena.append(client, PAYLOAD - HEADER, len(packet), -1)

    def empty(self) -> None:
        for sock in self.others:
            for _ in range(TOTAL):
                try:
                    sock.recv(1)
                except BlockingIOError:
                    break


def cases(bench: Bench) -> Iterator[tuple[str, float]]:
    for size in SIZES:
        for at_once in BATCHES:
            assert at_once <= BLOCK
            yield f"receive {size} bytes, {at_once} at once", bench.receive(size, at_once)
            yield f"unseal {size} bytes, {at_once} at once", bench.unseal(size, at_once)
            yield f"seal {size} bytes, {at_once} at once", bench.seal(size, at_once)
        for run in RUNS:
            yield f"send {size} bytes, {run} equal ones", bench.send(size, run, ROWS // 2)
        for rows in FEW:
            yield f"send {size} bytes, {rows} at once", bench.send(size, 1, rows)


def main(arguments: Sequence[str]) -> None:
    given = ArgumentParser(description=__doc__)
    given.add_argument("--runs", type=int, default=5)
    given.add_argument("--out", type=Path, help="a file to which results are added")
    options = given.parse_args(arguments)
    report = Report("edges", options.out)
    report.machine()
    found: dict[str, dict[str, list[float]]] = {}
    for run in range(options.runs + 1):
        for way in WAYS[:: -1 if run % 2 else 1]:
            with ExitStack() as stack:
                gc.collect()
                for metric, cost in cases(Bench(stack, portable=way == "portable")):
                    if run:  # the first warms up
                        found.setdefault(metric, {}).setdefault(way, []).append(cost)
    compare(report, found, WAYS, unit="us", title="per packet")


if __name__ == "__main__":
    main(sys.argv[1:])
