"""Coturn's test client as the load of a relay, and what the relay takes each second meanwhile.

The client tells each second how many messages it has sent and received; at each of these lines the
relay's processor time is read. So requests, which come before the first message, and clients that
wait for their turn to begin (up to six seconds) are no part of what a packet costs.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.pinning import pinned

TOTALS = re.compile(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)")
LOST = re.compile(r"Total lost packets (\d+)")
ENDS_WITHIN = 120.0  # seconds


class Mark(NamedTuple):
    """What was so far."""

    passages: int  # packets received and sent by the relay
    spent: float  # seconds of its processor time


@dataclass(frozen=True)
class Load:
    """`marks`: each second, from the first message on."""

    marks: list[Mark]
    lost: int  # messages

    @property
    def passages(self) -> int:
        return self.marks[-1].passages

    def costs(self, parts: int) -> list[float]:
        """Microseconds for each passage in each of so many parts of the run, of equally many
        packets: seconds differ in how many clients send, and so in what a packet costs.
        """
        first, last = self.marks[0].passages, self.marks[-1].passages
        each = (last - first) / parts
        spent = [self._spent_at(first + each * number) for number in range(parts + 1)]
        return [(after - before) / each * 1e6 for before, after in pairwise(spent)]

    def _spent_at(self, passages: float) -> float:
        """Between two marks as if what it takes had been even."""
        for before, after in pairwise(self.marks):
            if after.passages > before.passages and passages <= after.passages:
                part = (passages - before.passages) / (after.passages - before.passages)
                return before.spent + part * (after.spent - before.spent)
        return self.marks[-1].spent


def spent_by(process: int) -> float:
    """Seconds of processor time of all its threads so far."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) * 1e-9


def press(arguments: Sequence[str], process: int, core: int) -> Load:
    """The client runs on this core, against the relay in this process."""
    unbuffered = shutil.which("stdbuf")
    if unbuffered is None:
        raise FileNotFoundError("stdbuf is missing: install coreutils")
    line = [unbuffered, "-oL", "timeout", str(ENDS_WITHIN), "turnutils_uclient", *arguments]
    client = subprocess.Popen(
        pinned(core, line), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert client.stdout is not None
    try:
        said: list[str] = []
        marks = list(follow(client.stdout, process, said))
        client.wait()
    finally:
        client.kill()
        client.wait()
    if len(marks) < 2:
        raise RuntimeError("turnutils_uclient did not get through:\n" + "".join(said)[-2000:])
    lost = LOST.findall("".join(said))
    if not lost:
        raise RuntimeError("turnutils_uclient did not end:\n" + "".join(said)[-2000:])
    return Load(marks, int(lost[-1]))


def follow(lines: Iterable[str], process: int, said: list[str]) -> Iterator[Mark]:
    """What was sent passed once at least; what came back passed twice."""
    for line in lines:
        said.append(line)
        if found := TOTALS.search(line):
            sent, received = map(int, found.groups())
            yield Mark(sent + received, spent_by(process))
