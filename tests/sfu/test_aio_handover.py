"""The door: connections on their way to a media process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sfu.aio import handover
from sfu.aio.handover import Door
from sfu.aio.tcp import UNPROVEN_PER_SOURCE
from sfu.transport.framing import LARGEST, frame
from turn.aio.accepting import bind_tcp

pytestmark = pytest.mark.anyio

CHECK = frame(b"a check")


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


class Process:
    """A media process that keeps what it is given."""

    def __init__(self) -> None:
        self.adopted: list[tuple[socket.socket, bytes]] = []
        self._news = asyncio.Event()

    def adopt(self, sock: socket.socket, data: bytes) -> None:
        self.adopted.append((sock, data))
        self._news.set()

    async def one(self) -> tuple[socket.socket, bytes]:
        await self._news.wait()
        return self.adopted[0]


class Stage:
    def __init__(self) -> None:
        self.process = Process()
        self.seen: list[bytes] = []
        self.door = Door(self._find)
        listening = bind_tcp("127.0.0.1", 0)
        self.address: tuple[str, int] = listening.getsockname()
        self.door.open([listening])

    def _find(self, datagram: bytes) -> Process | None:
        self.seen.append(datagram)
        return self.process if datagram == b"a check" else None

    async def call(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    stage = Stage()
    try:
        async with asyncio.timeout(10):
            yield stage
    finally:
        stage.door.close()
        for sock, _ in stage.process.adopted:
            sock.close()


async def ends(reader: asyncio.StreamReader) -> None:
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)


async def test_a_connection_is_passed_on_with_all_that_was_read() -> None:
    async with staged() as stage:
        _, writer = await stage.call()
        writer.write(frame(b"noise") + CHECK + b"\x00")

        sock, data = await stage.process.one()

        assert data == frame(b"noise") + CHECK + b"\x00"
        assert stage.seen == [b"noise", b"a check"]
        assert not stage.door.arrivals
        writer.write(b"\x04next")
        assert await asyncio.get_running_loop().sock_recv(sock, 100) == b"\x04next"
        writer.close()


async def test_a_check_may_come_in_pieces() -> None:
    async with staged() as stage:
        _, writer = await stage.call()
        for byte in CHECK:
            writer.write(bytes([byte]))
            await writer.drain()

        assert (await stage.process.one())[1] == CHECK
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        (LARGEST + 1).to_bytes(2, "big"),
        frame(bytes(1000)) * (handover.UNPROVEN_BYTES // 1000 + 1),
    ],
    ids=["too long a datagram", "too much without a check"],
)
async def test_what_proves_nothing_is_closed(sent: bytes) -> None:
    async with staged() as stage:
        reader, writer = await stage.call()
        writer.write(sent)
        await ends(reader)
        assert not stage.door.arrivals
        assert not stage.process.adopted
        writer.close()


async def test_who_says_nothing_has_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "UNPROVEN_SECONDS", 0.05)
    async with staged() as stage:
        reader, writer = await stage.call()
        await ends(reader)
        writer.close()


async def test_one_source_has_few_unproven_connections_and_proven_ones_do_not_count() -> None:
    async with staged() as stage:
        calls = [await stage.call() for _ in range(UNPROVEN_PER_SOURCE)]
        refused, over = await stage.call()
        await ends(refused)
        over.close()
        assert stage.door.refused == 1

        calls[0][1].write(CHECK)
        await stage.process.one()
        calls.append(await stage.call())
        calls[-1][1].write(frame(b"waiting"))
        while b"waiting" not in stage.seen:
            await asyncio.sleep(0)
        for _, writer in calls:
            writer.close()


async def test_a_client_that_goes_leaves_nothing() -> None:
    async with staged() as stage:
        _, writer = await stage.call()
        writer.write(frame(b"noise"))
        while not stage.seen:
            await asyncio.sleep(0)
        writer.close()
        while stage.door.arrivals:
            await asyncio.sleep(0)


async def test_closing_the_door_ends_those_before_it() -> None:
    async with staged() as stage:
        reader, writer = await stage.call()
        writer.write(frame(b"noise"))
        while not stage.seen:
            await asyncio.sleep(0)
        stage.door.close()
        await ends(reader)
        writer.close()
