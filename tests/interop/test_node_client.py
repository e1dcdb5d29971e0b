"""npm's @livekit/rtc-node, unmodified, in a call with a PyPI client."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc

from tests.harness.server import Server
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[1] / "node"
VERSION = "1.1.0"
PATIENCE = 20.0  # seconds


class Member:
    """The program, and what it has told so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tells(self, what: str) -> Any:
        """The next that it tells of this kind."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            async for line in self._process.stdout:
                told = json.loads(line)
                if isinstance(told, list) and told[0] == what:  # the library logs objects
                    return told[1]
        raise AssertionError(f"it ended without telling {what}")

    async def do(self, command: str, value: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, value]).encode() + b"\n")
        await self._process.stdin.drain()


@asynccontextmanager
async def member(server: Server, room: str, identity: str) -> AsyncIterator[Member]:
    token = server.token(identity, room)
    process = await asyncio.create_subprocess_exec(
        "node", "member.mjs", server.url, token,
        cwd=FOLDER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        joined = Member(process)
        assert await joined.tells("in") == VERSION
        yield joined
        process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_it_talks_and_hears(server: Server, room: str) -> None:
    async with parties(server, room, "ben", single=True) as (ben,):
        async with member(server, room, "nora") as nora:
            await ben.publish_tone(900)
            assert await ben.hears_tone_of("nora") == pytest.approx(700, abs=4)
            identity, frequency = await nora.tells("tone")
            assert (identity, frequency) == ("ben", pytest.approx(900, abs=10))
        await ben.until(lambda: not ben.room.remote_participants, "nora has left")


async def test_messages_and_calls_go_both_ways(server: Server, room: str) -> None:
    async with (
        parties(server, room, "ben", single=True) as (ben,),
        member(server, room, "nora") as nora,
    ):
        me = ben.room.local_participant
        await me.publish_data(b"for nora", topic="note", destination_identities=["nora"])
        assert await nora.tells("data") == ["ben", "note", "for nora"]
        await me.send_text("good morning", topic="chat")
        assert await nora.tells("text") == ["ben", "good morning"]
        greeted = await me.perform_rpc(
            destination_identity="nora", method="greet", payload="good day"
        )
        assert greeted == "good day, ben"

        await nora.do("say", "for all")
        await ben.until(lambda: ben.heard, "hears nora")
        assert ben.heard[0].data == b"for all"

        async def add(data: rtc.RpcInvocationData) -> str:
            return f"{data.payload} and {data.caller_identity}"

        me.register_rpc_method("add", add)
        await nora.do("call", ["ben", "add", "salt"])
        assert await nora.tells("answer") == "salt and nora"


@pytest.mark.parametrize("scenario", ["SIGNAL_RECONNECT", "FULL_RECONNECT"])
async def test_it_comes_back(server: Server, room: str, scenario: str) -> None:
    async with (
        parties(server, room, "ben", single=True) as (ben,),
        member(server, room, "nora") as nora,
    ):
        await ben.hears_tone_of("nora")
        await nora.do("simulate", f"SIMULATE_{scenario}")
        await nora.tells("reconnected")
        assert await hears_again(ben) == pytest.approx(700, abs=4)
        await nora.do("say", "here")
        await ben.until(lambda: ben.heard, "hears nora")


async def hears_again(ben: Party) -> float:
    await ben.publication("nora", "tone")
    return await ben.hears_tone_of("nora")
