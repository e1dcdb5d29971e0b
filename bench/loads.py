"""`housecall loadtest` as a part of a measurement: pinned away from the server, read as JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.loadtest.processes import Memory
from bench.pinning import pinned
from tests.harness.server import Server

HOUSECALL = str(Path(sys.executable).parent / "housecall")
SAMPLE = "8"  # every eighth packet is decrypted, which leaves the load test time for the others
MILLI, MICRO, MEGA = 1e3, 1e6, 1e-6


class Refused(Exception):
    """The load test would not report: its figures would say more about itself."""


@dataclass(frozen=True)
class Load:
    """What it found in one run."""

    fields: dict[str, Any]

    @property
    def people(self) -> int:
        return int(self.fields["rooms"] * self.fields["parties"])

    @property
    def seconds(self) -> float:
        return float(self.fields["seconds"])

    @property
    def packets(self) -> int:
        return int(self.fields["packets_out"])

    @property
    def cost(self) -> float:
        """Microseconds of the server's processor time for each packet that it sent."""
        return float(self.fields["server_cost"]) * MICRO

    @property
    def share(self) -> float:
        """Of a core, that the server used."""
        return float(self.fields["server"]["cpu"]) / self.seconds

    @property
    def memory(self) -> Memory:
        """Of the server at the end."""
        return Memory(self.fields["server"]["rss"], self.fields["server"]["pss"])

    @property
    def loss(self) -> float:
        """The share of packets that should have come and did not."""
        return float(self.fields["loss"])

    @property
    def latency(self) -> float:
        """Milliseconds from sending to receipt, p99; infinite when nothing came."""
        found = self.fields["latency"]["p99"]
        return inf if found is None else found * MILLI

    def told(self) -> dict[str, Any]:
        """For a line of results."""
        latency, join = self.fields["latency"], self.fields["join"]
        return {
            "microseconds": round(self.cost, 2),
            "server_cpu": round(self.share, 3),
            "in_per_second": round(self.fields["packets_in"] / self.seconds),
            "out_per_second": round(self.packets / self.seconds),
            "loss": self.loss,
            "latency_ms": [round((latency[q] or 0) * MILLI, 3) for q in ("p50", "p99", "p999")],
            "join_ms": [round((join[q] or 0) * MILLI, 1) for q in ("p50", "p99")],
            "server_megabytes": round(self.memory.rss * MEGA, 1),
            "own_cpu": round(self.fields["own_cpu"] / self.seconds, 3),
            "lag_ms": round(self.fields["lag"] * MILLI, 3),
            "load": round(os.getloadavg()[0], 2),
        }


def run(server: Server, arguments: Sequence[str], *, seconds: float, core: int) -> Load:
    """One load test beside a server on this machine that has `core`. Raises Refused."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        line = [HOUSECALL, "loadtest", "--url", server.url]
        line += ["--api-key", server.key, "--api-secret", server.secret]
        line += ["--duration", f"{seconds:g}", "--json", str(file), "--sample", SAMPLE]
        found = subprocess.run(
            pinned(1 - core if core < 2 else 0, [*line, *arguments]),
            capture_output=True,
            text=True,
        )
        if found.returncode:
            raise Refused((found.stderr or found.stdout).strip().splitlines()[-1])
        return Load(json.loads(file.read_text()))
