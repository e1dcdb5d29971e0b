"""Two ends of a channel, in one process and one loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args

import pytest

from sfu.aio import channel
from sfu.aio.channel import Channel
from sfu.aio.slices import Slice
from sfu.commands import Command, MutePublication, RemovePublication, SendData
from sfu.wire import LARGEST, Codec

pytestmark = pytest.mark.anyio

CODEC: Codec[Any] = Codec(get_args(Command))


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


class End:
    """One end, and what it has got."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.messages: list[Any] = []
        self.sockets: list[socket.socket | None] = []
        self.closed: list[str] = []
        self._news = asyncio.Event()
        self.channel: Channel[Any, Any] = Channel(sock, CODEC, CODEC, self._hear, self._end)

    async def until(self, count: int) -> list[Any]:
        while len(self.messages) < count:
            self._news.clear()
            await self._news.wait()
        return self.messages

    async def end(self) -> str:
        while not self.closed:
            self._news.clear()
            await self._news.wait()
        return self.closed[0]

    def _hear(self, message: Any) -> None:
        self.messages.append(message)
        if isinstance(message, RemovePublication):
            self.sockets.append(self.channel.take_socket())
        self._news.set()

    def _end(self, reason: str) -> None:
        self.closed.append(reason)
        self._news.set()


@asynccontextmanager
async def ends() -> AsyncIterator[tuple[End, End]]:
    near, far = map(End, socket.socketpair())
    try:
        async with asyncio.timeout(10):
            yield near, far
    finally:
        near.channel.close()
        far.channel.close()


def mutes(count: int) -> list[MutePublication]:
    return [MutePublication(f"TR_{number}", muted=True) for number in range(count)]


async def test_messages_arrive_in_order_in_both_directions() -> None:
    async with ends() as (near, far):
        for message in mutes(500):
            near.channel.send(message)
            far.channel.send(message)

        assert await far.until(500) == mutes(500)
        assert await near.until(500) == mutes(500)


async def test_more_than_the_system_takes_waits_and_loses_nothing() -> None:
    async with ends() as (near, far):
        sent = [SendData("RM_1", bytes([number]) * 500_000, reliable=True) for number in range(10)]
        for message in sent:
            near.channel.send(message)

        assert await far.until(10) == sent
        await near.channel.drain()


async def test_a_flood_is_handled_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "SLICE", 0.0)
    monkeypatch.setattr(channel, "LEAST", 0.0)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with ends() as (near, far):
        for message in mutes(200):
            near.channel.send(message)
        counting = asyncio.create_task(count())
        assert await far.until(200) == mutes(200)
        counting.cancel()

    assert turns >= 200


async def test_messages_get_some_time_beside_work_that_takes_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "LEAST", 60.0)
    async with ends() as (near, far):
        far.channel.slice = busy = Busy()
        for message in mutes(200):
            near.channel.send(message)

        assert await far.until(200) == mutes(200)

    assert busy.turns < 20


class Busy(Slice):
    """Other work has had all the time."""

    def __init__(self) -> None:
        super().__init__(print)
        self.turns = 0

    def turn(self, caller: str) -> None:
        self.turns += 1

    def has_time(self) -> bool:
        return False


async def test_sockets_come_with_their_messages() -> None:
    async with ends() as (near, far):
        pairs = [socket.socketpair() for _ in range(channel.PASSED * 2 + 3)]
        for number, (mine, passed) in enumerate(pairs):
            near.channel.send(MutePublication(str(number), muted=True))
            near.channel.send(RemovePublication(str(number)), passed)
            mine.sendall(str(number).encode())
        await far.until(2 * len(pairs))

        for number, got in enumerate(far.sockets):
            assert got is not None
            assert got.recv(10) == str(number).encode()
            got.close()
        assert {passed.fileno() for _, passed in pairs} == {-1}
        for mine, _ in pairs:
            mine.close()


async def test_a_message_without_its_socket_is_seen() -> None:
    async with ends() as (near, far):
        near.channel.send(RemovePublication("TR_1"))
        await far.until(1)

        assert far.sockets == [None]


async def test_the_end_of_one_side_is_told_to_the_other_once() -> None:
    async with ends() as (near, far):
        near.channel.send(MutePublication("TR_1", muted=True))
        await near.channel.drain()
        near.channel.close()

        assert await far.end() == "it has ended"
        assert far.messages == [MutePublication("TR_1", muted=True)]
        assert near.closed == []
        far.channel.send(MutePublication("TR_2", muted=True))  # goes nowhere
        assert far.closed == ["it has ended"]


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 64, b"\x00\x00\x00\x03\x01\xc1\xc1", (LARGEST + 1).to_bytes(4, "big")],
    ids=["noise", "no message", "too long"],
)
async def test_garbage_ends_it(garbage: bytes) -> None:
    async with ends() as (near, far):
        near.sock.send(garbage)

        assert await far.end()
        assert far.messages == []


async def test_who_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "QUEUED", 1 << 20)
    ours, theirs = socket.socketpair()
    end = End(ours)
    async with asyncio.timeout(10):
        for _ in range(20):
            end.channel.send(SendData("RM_1", bytes(200_000), reliable=True))

        assert await end.end() == "it does not read what it is sent"
    theirs.close()


async def test_what_cannot_be_written_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    async with ends() as (near, far):
        near.channel.send(SendData("RM_1", bytes(LARGEST), reliable=True))
        near.channel.send(MutePublication("TR_0", muted=True))

        assert await far.until(1) == mutes(1)
    assert "SendData" in caplog.text
