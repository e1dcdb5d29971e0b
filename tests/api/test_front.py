"""One port for the page, the relay and media over TCP, on real sockets."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from websockets.asyncio.client import connect

from api import front, protocol
from api.front import Guests
from api.tls import Reloading, by_name, make_certificate
from sfu.transport.framing import frame
from tests.api.serving import serving
from turn.stun import Class, Message, Method

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1"
BINDING = bytes(Message(Method.BINDING, Class.REQUEST, bytes(12)))
GET = b"GET /?abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Call = Callable[..., Awaitable[Streams]]  # with a name: by TLS


class Echo(asyncio.Protocol):
    """A relay that says whose it is, and what it was told."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.name + data)


class Stage:
    def __init__(self, folder: Path, *, secure: bool = True) -> None:
        for name in ("page", "relay"):
            pem, key = make_certificate([f"{name}.example"], datetime.now(UTC))
            (folder / f"{name}.pem").write_bytes(pem)
            (folder / f"{name}-key.pem").write_bytes(key)
        page, relay = (
            Reloading(folder / f"{name}.pem", folder / f"{name}-key.pem")
            for name in ("page", "relay")
        )
        self.media: asyncio.Queue[tuple[socket.socket, str]] = asyncio.Queue()
        self.tls = page.context if secure else None
        self.guests = Guests(
            tls=by_name(page if secure else None, relay, "relay.example"),
            relay=self.take,
            relay_in_tls=lambda: Echo(b"in TLS "),
            media=lambda sock, source: self.media.put_nowait((sock, source)),
        )

    def take(self, sock: socket.socket, source: str) -> None:
        loop = asyncio.get_running_loop()
        connecting = loop.connect_accepted_socket(lambda: Echo(b"plain "), sock)
        self.taking = loop.create_task(connecting)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Call]:
        """Gives what makes connections; all end with it."""
        writers: list[asyncio.StreamWriter] = []

        async def call(name: str | None = None) -> Streams:
            context = None if name is None else anybody()
            streams = await asyncio.open_connection(
                HOST, self.port, ssl=context, server_hostname=name
            )
            writers.append(streams[1])
            return streams

        async with serving(self.guests, self.tls) as self.port, asyncio.timeout(20):
            try:
                yield call
            finally:
                for writer in writers:
                    writer.transport.abort()
                    with suppress(OSError):
                        await writer.wait_closed()


def anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def ends(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        assert await reader.read() == b""


async def test_the_page_is_served_in_tls_and_plain_http_is_not(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.running() as call:
        reader, writer = await call("page.example")
        writer.write(GET)
        assert (await reader.read()).endswith(b"4")
        async with connect(f"wss://{HOST}:{stage.port}/", ssl=anybody(), proxy=None) as client:
            await client.send("hello")
            assert await client.recv() == "hello"

        reader, writer = await call()
        writer.write(GET)
        await ends(reader)


async def test_without_tls_for_the_page_plain_http_is_served(tmp_path: Path) -> None:
    async with Stage(tmp_path, secure=False).running() as call:
        reader, writer = await call()
        writer.write(GET)
        assert (await reader.read()).endswith(b"4")


@pytest.mark.parametrize("name", [None, "relay.example"])
async def test_clients_of_the_relay_come_to_it(tmp_path: Path, name: str | None) -> None:
    async with Stage(tmp_path).running() as call:
        reader, writer = await call(name)
        writer.write(BINDING)
        expected = (b"in TLS " if name else b"plain ") + BINDING
        assert await reader.readexactly(len(expected)) == expected


@pytest.mark.parametrize("name", [None, "relay.example"])
async def test_what_comes_byte_by_byte_is_sorted_too(tmp_path: Path, name: str | None) -> None:
    async with Stage(tmp_path).running() as call:
        reader, writer = await call(name)
        for at in range(len(BINDING)):
            writer.write(BINDING[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0.002)
        said = await reader.readuntil(BINDING[:8])
        assert said.startswith(b"in TLS " if name else b"plain ")


async def test_media_gets_the_socket_with_all_its_bytes(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.running() as call:
        reader, writer = await call()
        writer.write(frame(BINDING) + b"more")
        sock, source = await stage.media.get()
        assert source == HOST
        assert sock.recv(100) == frame(BINDING) + b"more"
        sock.send(b"answer")
        assert await reader.readexactly(6) == b"answer"
        sock.close()
        await ends(reader)


async def test_each_name_has_its_certificate(tmp_path: Path) -> None:
    async with Stage(tmp_path).running() as call:
        for name in ("page", "relay"):
            _, writer = await call(f"{name}.example")
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            assert ssl.DER_cert_to_PEM_cert(shown) == (tmp_path / f"{name}.pem").read_text()


@pytest.mark.parametrize("data", [bytes(8), b"\x00\x01\x00", b"", b"\x16\x03\x01\x00\x02hi"])
async def test_what_is_nothing_ends(tmp_path: Path, data: bytes) -> None:
    async with Stage(tmp_path).running() as call:
        reader, writer = await call()
        writer.write(data)
        writer.write_eof()
        with suppress(OSError):
            await reader.read()  # an alert of TLS at most


@pytest.mark.parametrize("name", [None, "page.example"])
@pytest.mark.parametrize("data", [b"", b"\x00\x01"])
async def test_who_says_too_little_is_not_waited_for(
    tmp_path: Path, name: str | None, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "HEAD_TIMEOUT", 0.1)
    async with Stage(tmp_path).running() as call:
        reader, writer = await call(name)
        writer.write(data)
        await ends(reader)


async def test_the_oldest_of_too_many_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_WAITING", 3)
    async with Stage(tmp_path).running() as call:
        first, _ = await call()
        in_tls, _ = await call("page.example")
        for _ in range(2):
            await call()
        await ends(first)
        await call()
        await ends(in_tls)


async def test_what_nobody_takes_ends(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.guests = Guests(tls=stage.tls)
    async with stage.running() as call:
        for name, data in ((None, BINDING), (None, frame(BINDING)), ("page.example", BINDING)):
            reader, writer = await call(name)
            writer.write(data)
            await ends(reader)
