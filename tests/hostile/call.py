"""Hold a call of two beside an attack, and say what the call noticed and what the server kept."""

import json
import os
import subprocess
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.harness.processes import media_processes, udp_ports
from tests.harness.server import RunningServer
from tests.harness.wait import until

GAP = 0.1  # seconds without sound that nobody may make
PRIORITY = -10
LOOK = 0.005  # seconds between two looks at what a process has waited
KEPT = 32e6  # bytes of memory that may stay
SETTLES = 15.0  # seconds for what has a time-out
JOIN_AFTER = 0.2  # share of an attack until the third person comes, again and again

Attack = Callable[["Target", float], dict[str, Any]]


@dataclass
class Target:
    server: RunningServer
    room: str
    tcp_port: int

    @property
    def media_ports(self) -> list[int]:
        return [port for pid in self.media_processes for port in set(udp_ports(pid).values())]

    @property
    def media_processes(self) -> list[int]:
        return media_processes(self.server) or [self.server.process.pid]

    def memory(self) -> float:
        """Resident bytes of the server's processes."""
        return sum(map(resident, self.processes))

    def handles(self) -> int:
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self.processes)

    @property
    def processes(self) -> list[int]:
        """Without the one in reserve, which may come or go meanwhile."""
        return list({self.server.process.pid, *self.media_processes})


def prefer(pid: int) -> None:
    """What other programs of the machine do is no attack: they, and the attackers, wait."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, PRIORITY)
        Path(f"/proc/{pid}/autogroup").write_text(str(PRIORITY))  # sessions count first


def settle(target: Target, goal: float) -> float:
    """Memory, once it is below the goal, or what remains."""
    deadline = time.monotonic() + SETTLES
    while (now := target.memory()) >= goal and time.monotonic() < deadline:
        time.sleep(0.1)
    return now


def resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) * 1024
    return 0.0


class Queue:
    """How long the media process has waited for a processor, and when (Linux).

    On a machine with two cores it waits for the attackers themselves, and for whatever else runs
    there; that is none of the server's making.
    """

    def __init__(self, pid: int) -> None:
        self._file = Path(f"/proc/{pid}/schedstat")
        self._times: list[int] = []
        self._waited: list[int] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._look()

    def waited(self, begin: int, end: int) -> int:
        """Between two times of the wall clock; all in ns."""
        first = max(bisect_right(self._times, begin) - 1, 0)
        last = min(bisect_left(self._times, end), len(self._times) - 1)
        return self._waited[last] - self._waited[first]

    def _run(self) -> None:
        while not self._is_over.wait(LOOK):
            self._look()

    def _look(self) -> None:
        if self._file.exists():
            self._times.append(time.time_ns())
            self._waited.append(int(self._file.read_text().split()[1]))


class Call:
    """Two talkers in a process of their own."""

    def __init__(self, server: RunningServer, room: str, tcp_port: int) -> None:
        line = [sys.executable, "-m", "tests.hostile.talkers"]
        line += [server.url, server.key, server.secret, room]
        pipe = subprocess.PIPE
        self.target = Target(server, room, tcp_port)
        self._process = subprocess.Popen(line, stdin=pipe, stdout=pipe, text=True)
        for pid in (self._process.pid, *self.target.processes):
            prefer(pid)
        self._read()

    def ask(self, word: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the call has ended"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer
        return answer


@contextmanager
def calling(server: RunningServer, room: str, tcp_port: int) -> Iterator[Call]:
    call = Call(server, room, tcp_port)
    try:
        yield call
    finally:
        call.close()


def withstand(call: Call, name: str, attack: Attack, seconds: float) -> dict[str, Any]:
    """Run an attack for so long; the call must go on, a third person get in, memory come back."""
    target = call.target
    before, handles = target.memory(), target.handles()
    said: dict[str, Any] = {}
    fault: list[BaseException] = []

    def run() -> None:
        try:
            said.update(attack(target, seconds))
        except BaseException as error:  # raised again below
            fault.append(error)

    thread = threading.Thread(target=run)
    began = time.monotonic()
    joins: list[float] = []
    highest = 0.0
    with Queue(target.media_processes[0]) as queue:
        call.ask("mark")
        thread.start()
        time.sleep(seconds * JOIN_AFTER)
        while thread.is_alive() or not joins:
            joins.append(call.ask("join")["joined"])
            highest = max(highest, target.memory())
        thread.join()
        took = time.monotonic() - began
        heard = call.ask("tell")
    gaps = heard.pop("gaps")
    gap = max(length - queue.waited(begin, end) for length, begin, end in gaps) / 1e9
    if fault:
        raise fault[0]
    after = settle(target, before + KEPT)
    left = target.handles() - handles
    figures = {
        "attack": name,
        "seconds": round(took, 1),
        **said,
        **heard,
        "gap": round(gap, 3),
        "with waiting": round(gaps[-1][0] / 1e9, 3),
        "joins": len(joins),
        "joined": max(joins),
        "handles left": left,
        "megabytes": [round(value / 1e6, 1) for value in (before, highest, after)],
    }
    print(json.dumps({"hostile": figures}))  # for the record, with -s
    assert gap < GAP
    assert heard["lost"] == 0
    assert after < before + KEPT
    until(lambda: target.handles() <= handles, "connections are let go", SETTLES)
    return figures
