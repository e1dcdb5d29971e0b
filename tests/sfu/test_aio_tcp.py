"""Connections that another process has accepted."""

import asyncio
import socket
import struct
from collections.abc import Iterator

import pytest

from sfu.aio.tcp import TcpListener
from sfu.path import Path
from sfu.transport.framing import frame

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's end, and ours."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
    yield client, ours
    client.close()
    ours.close()


class Listener(TcpListener):
    def __init__(self) -> None:
        self.heard: list[tuple[bytes, Path]] = []
        self.ended = asyncio.Event()
        self.complete = asyncio.Event()
        super().__init__(self._hear, self._end, asyncio.get_running_loop())

    def _hear(self, data: bytes, path: Path) -> None:
        self.heard.append((data, path))
        if data == b"last":
            self.complete.set()

    def _end(self, path: Path) -> None:
        self.ended.set()


async def test_what_was_read_before_comes_first(
    connected: tuple[socket.socket, socket.socket],
) -> None:
    client, ours = connected
    listener = Listener()
    read, unread = (frame(b"first") + frame(b"cut"))[:-1], b"t" + frame(b"last")
    client.sendall(unread)

    listener.adopt(ours, read)
    async with asyncio.timeout(5):
        await listener.complete.wait()

    assert [data for data, _ in listener.heard] == [b"first", b"cut", b"last"]
    path = listener.heard[0][1]
    assert path[1][:2] == client.getsockname()
    listener.send(b"answer", path)
    assert client.recv(100) == frame(b"answer")
    await listener.close()


async def test_one_that_has_been_reset_costs_nothing(
    connected: tuple[socket.socket, socket.socket],
) -> None:
    client, ours = connected
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    listener = Listener()

    listener.adopt(ours, frame(b"first"))
    async with asyncio.timeout(5):
        await listener.ended.wait()

    assert listener.heard == []
    await listener.close()
