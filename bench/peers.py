"""Servers started for a measurement, each pinned to one core: ours, and livekit-server."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from api.loadtest.processes import Family
from bench.pinning import pinned
from tests.harness import server as harness
from tests.harness.netns import Namespace
from tests.harness.server import RunningServer

OURS, PEER = "ours", "livekit"
QUIET = {"logging": {"level": "warn"}}


@dataclass(frozen=True)
class Program:
    """A server that can be started."""

    name: str
    line: list[str]  # `{config}` and `{data}` in it become a file and a folder


def programs(peer: Path | None, options: list[str] | None = None) -> list[Program]:
    """Ours, with these options more; and livekit-server, when its path is given."""
    housecall = str(Path(sys.executable).parent / "housecall")
    ours = [housecall, "up", "--config", "{config}", "--data", "{data}", *(options or [])]
    found = [Program(OURS, ours)]
    if peer is not None:
        found.append(Program(PEER, [str(peer.resolve()), "--config", "{config}"]))
    return found


@dataclass(frozen=True)
class Started:
    name: str
    server: RunningServer

    @property
    def processes(self) -> Family:
        return Family(frozenset({self.server.process.pid}))


@contextmanager
def started(
    program: Program,
    core: int,
    *,
    namespace: Namespace | None = None,
    addresses: list[str] | None = None,
) -> Iterator[Started]:
    """A fresh one on this core, ended afterwards."""
    with TemporaryDirectory() as folder:
        server = harness.start(
            Path(folder),
            command=" ".join(pinned(core, program.line)),
            namespace=namespace,
            addresses=addresses,
            settings=QUIET,
        )
        try:
            yield Started(program.name, server)
        finally:
            server.stop()
