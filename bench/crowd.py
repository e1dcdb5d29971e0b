"""A call of PyPI clients in a process of their own, seen from the process that measures."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.harness.server import Server

LEAVES_WITHIN = 30.0  # seconds


@dataclass(frozen=True)
class Call:
    """How large a call is and what everybody sends."""

    guests: int
    width: int = 1280
    height: int = 720
    fps: float = 5.0  # a bit rate is reached with few frames too, and two cores encode all of them


@dataclass(frozen=True)
class Seen:
    """RTP packets that all guests together have received and sent, and the pictures' heights."""

    received: int
    sent: int
    heights: list[int]


class Crowd:
    """The guests, all in."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._read()

    def look(self) -> Seen:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Seen:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the guests have failed")
        all_of_them: list[dict[str, Any]] = json.loads(line)
        heights = [height for one in all_of_them for height in one["heights"] if height]
        received, sent = (sum(one[name] for one in all_of_them) for name in ("received", "sent"))
        return Seen(received, sent, sorted(heights))


@contextmanager
def crowd(server: Server, call: Call) -> Iterator[Crowd]:
    """A call in a room of its own; they leave at the end."""
    where = [server.url, server.key, server.secret, f"bench-{uuid.uuid4().hex[:10]}"]
    what = [str(call.guests), f"{call.width}x{call.height}", str(call.fps)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.guests", *where, *what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Crowd(process)
        process.communicate(timeout=LEAVES_WITHIN)
    finally:
        process.kill()
        process.wait()
