"""A client in a process of its own, to be killed: joins, publishes, says so, and stays."""

import asyncio
import sys

from tests.harness.server import Server
from tests.interop.party import Party


async def main(url: str, key: str, secret: str, room: str, identity: str, mode: str) -> None:
    party = await Party(identity).join(Server(url, key, secret), room, single=mode == "single")
    await party.publish_tone(440)
    await party.publish_pictures()
    print("in", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
