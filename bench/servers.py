"""The servers that a measurement compares: running ones by URL and key, or ours, started for it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.loadtest.processes import Family, listening
from bench.peers import programs, started
from tests.harness.server import Server


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
    add("--peer", type=Path, help="start this livekit-server too")
    add("--core", type=int, default=1, help="of servers that are started; load tests avoid it")
    add("--out", type=Path, help="add the JSON lines to this file too")
    return arguments


@contextmanager
def gathered(options: Namespace) -> Iterator[list[Contender]]:
    """The servers that are named, or fresh ones that live as long as the measurement."""
    if options.servers:
        yield [parse(text) for text in options.servers]
        return
    with ExitStack() as stack:
        yield [
            Contender(one.name, one.server)
            for program in programs(options.peer)
            for one in [stack.enter_context(started(program, options.core))]
        ]
