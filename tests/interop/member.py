"""A client in a process of its own, to be killed or stopped: joins, publishes, says so, stays."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from tests.harness.server import Server
from tests.interop.party import Party


@contextmanager
def member(server: Server, room: str, identity: str, mode: str) -> Iterator[Popen[str]]:
    """A client process that has joined and published."""
    arguments = [server.url, server.key, server.secret, room, identity, mode]
    line = [sys.executable, "-m", "tests.interop.member", *arguments]
    process = Popen(line, stdout=PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "in\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def main(url: str, key: str, secret: str, room: str, identity: str, mode: str) -> None:
    party = await Party(identity).join(Server(url, key, secret), room, single=mode == "single")
    await party.publish_tone(440)
    await party.publish_pictures()
    print("in", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
