"""The servers that a measurement compares: running ones by URL and key, or ours, started for it."""

import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Family, listening
from tests.harness import server as harness
from tests.harness.server import Server

OURS = "ours"


@dataclass(frozen=True)
class Contender:
    """One server under its name in the tables."""

    name: str
    server: Server

    @property
    def processes(self) -> Family:
        """All its processes on this machine; LookupError when it runs elsewhere."""
        return listening(self.server.port)


def parse(text: str) -> Contender:
    """Read `name=url,key,secret`; ValueError when it is something else."""
    name, _, rest = text.partition("=")
    parts = rest.split(",")
    if not name or len(parts) != 3:
        raise ValueError(f"{text!r} is not name=url,key,secret")
    url, key, secret = parts
    return Contender(name, Server(url, key, secret))


def parser(description: str) -> ArgumentParser:
    """The command line that all measurements share."""
    arguments = ArgumentParser(description=description)
    add = arguments.add_argument
    add("servers", nargs="*", metavar="name=url,key,secret", help="none: ours is started")
    add("--out", type=Path, help="add the JSON lines to this file too")
    return arguments


@contextmanager
def gathered(texts: Sequence[str]) -> Iterator[list[Contender]]:
    """The servers that are named, or one of ours that lives as long as the measurement."""
    if texts:
        yield [parse(text) for text in texts]
        return
    with tempfile.TemporaryDirectory() as folder:
        server = harness.start(Path(folder))
        try:
            yield [Contender(OURS, server)]
        finally:
            server.stop()
