"""Heads of requests that are too large, too slow or garbage, on real sockets."""

import asyncio
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect

from api import protocol
from tests.api.serving import run

UPGRADE = (
    b"Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


@pytest.fixture(autouse=True)
def brief_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER", 0.1)


async def exchange(port: int, *chunks: bytes) -> bytes:
    """All that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0.01)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def get(length: int) -> bytes:
    return b"GET /?" + b"a" * length + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_a_request_line_of_60000_bytes_is_answered() -> None:
    async def check(port: int) -> None:
        answer = await exchange(port, get(60_000))

        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"60001")

    run(check)


@pytest.mark.parametrize("rest", [b"Host: x\r\n\r\n", UPGRADE], ids=["http", "websocket"])
def test_a_request_line_of_100000_bytes_is_refused_in_words(rest: bytes) -> None:
    async def check(port: int) -> None:
        answer = await exchange(port, b"GET /?" + b"a" * 100_000 + b" HTTP/1.1\r\n" + rest)

        assert answer.startswith(b"HTTP/1.1 414 ")
        assert answer.partition(b"\r\n\r\n")[2]

    run(check)


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"a" * 100_000 + b"\r\n",
        b"".join(b"X%d: y\r\n" % n for n in range(120)),
        b"X: " + b"a" * 300_000,  # never ends
    ],
    ids=["long", "many", "endless"],
)
def test_headers_beyond_measure_are_refused_in_words(headers: bytes) -> None:
    async def check(port: int) -> None:
        chunks = [headers[n : n + 50_000] for n in range(0, len(headers), 50_000)]
        answer = await exchange(port, b"GET / HTTP/1.1\r\n", *chunks, b"\r\n\r\n")

        assert answer.startswith(b"HTTP/1.1 431 ")

    run(check)


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost:", b"GET"])
def test_a_head_that_does_not_come_is_not_waited_for(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT", 0.1)

    async def check(port: int) -> None:
        async with asyncio.timeout(2):
            answer = await exchange(port, start)

        assert answer.startswith(b"HTTP/1.1 408 ")

    run(check)


def test_a_head_that_trickles_in_does_not_win_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT", 0.1)

    async def check(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /")
        for _ in range(15):  # 0.15 seconds
            writer.write(b"a")
            await asyncio.sleep(0.01)

        assert (await reader.read(100)).startswith(b"HTTP/1.1 408 ")
        writer.close()

    run(check)


@pytest.mark.parametrize("byte", [b"\n", b"a"], ids=["between requests", "body"])
def test_an_answered_connection_is_not_kept_by_trickling(
    byte: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT", 0.1)

    async def check(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        length = b"Content-Length: 1000\r\n" if byte == b"a" else b""
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n")
        for _ in range(20):
            writer.write(byte)
            await asyncio.sleep(0.01)
        answer = await reader.read()

        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in answer
        writer.close()

    run(check)


@pytest.mark.parametrize(
    "garbage",
    [b"\x00\x01\x02\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET /\xff HTTP/1.1\r\n" + UPGRADE],
    ids=["bytes", "tls", "address"],
)
def test_garbage_is_refused(garbage: bytes) -> None:
    async def check(port: int) -> None:
        assert (await exchange(port, garbage + b"\r\n\r\n")).startswith(b"HTTP/1.1 400 ")

    run(check)


def test_a_socket_outlives_the_time_for_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT", 0.05)

    async def check(port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}/", proxy=None) as client:
            await asyncio.sleep(0.1)
            await client.send("still here")
            assert await client.recv() == "still here"

    run(check)


def test_several_requests_on_one_connection_each_have_their_own_head() -> None:
    async def check(port: int) -> None:
        first = get(40_000).replace(b"Connection: close\r\n", b"")
        answer = await exchange(port, first, first, first, get(3))

        assert answer.count(b"HTTP/1.1 200 OK") == 4

    run(check)


def test_the_oldest_of_too_many_that_ask_for_nothing_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "MOST_WAITING", 3)

    async def check(port: int) -> None:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        async with connect(f"ws://127.0.0.1:{port}/", proxy=None) as client:
            assert await exchange(port, get(3)) != b""

            async with asyncio.timeout(2):
                with suppress(ConnectionResetError):
                    assert await idle[0][0].read() == b""
            idle[2][1].write(get(3))
            assert (await idle[2][0].read()).startswith(b"HTTP/1.1 200 ")
            await client.send("one that has asked does not count")
            assert await client.recv()
        for _, writer in idle:
            writer.close()

    run(check)
