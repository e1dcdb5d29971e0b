"""Strangers' datagrams while a call goes on."""

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from itertools import pairwise

import pytest
from websockets.exceptions import ConnectionClosed

from tests.harness.server import Server
from tests.harness.signal import refusal, signal
from tests.interop import media
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio

GAP = 1.0  # seconds without a frame that nobody may notice, on two busy cores
STUN = bytes.fromhex("000100002112a442")
DTLS = bytes.fromhex("16fefd0000000000000000")


def junk(chance: random.Random, count: int) -> Iterator[bytes]:
    """Datagrams that look like every class of RFC 7983, and like none."""
    starts = [b"", b"", STUN, DTLS, b"\x80\x60", b"\x80\xc8", b"\x90\xe0", b"\x40\x00"]
    for _ in range(count):
        yield chance.choice(starts) + chance.randbytes(chance.randrange(0, 1400))


def flood(server: Server, count: int) -> None:
    """Send junk at some 20,000 datagrams a second from four addresses."""
    chance = random.Random(7)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    for number, datagram in enumerate(junk(chance, count)):
        sockets[number % 4].sendto(datagram, (server.host, server.udp_port))
        if number % 100 == 99:
            time.sleep(0.005)
    for one in sockets:
        one.close()


class Watch:
    """When the frames of somebody's picture arrived."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.unclear = 0
        self._arrived = asyncio.Event()

    async def run(self, party: Party, identity: str) -> None:
        async for turn in media.watch_turns(await party.track(identity, "picture")):
            self.arrivals.append(time.monotonic())
            self.unclear += turn is None
            self._arrived.set()

    async def more(self, count: int) -> None:
        """Wait until so many frames have arrived from now on."""
        goal = len(self.arrivals) + count
        async with asyncio.timeout(15):
            while len(self.arrivals) < goal:
                self._arrived.clear()
                await self._arrived.wait()

    def longest_gap(self, since: int) -> float:
        """Seconds, between frames after number `since`."""
        times = self.arrivals[since:]
        return max(later - earlier for earlier, later in pairwise(times))


@asynccontextmanager
async def watching(party: Party, identity: str) -> AsyncIterator[Watch]:
    watch = Watch()
    task = asyncio.create_task(watch.run(party, identity))
    try:
        await watch.more(15)
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_ten_thousand_random_datagrams_disturb_nobody(server: Server, room: str) -> None:
    async with parties(server, room, "ann", "ben", single=True) as (ann, ben):
        await ann.publish_pictures()
        async with watching(ben, "ann") as watch:
            before, unclear = len(watch.arrivals), watch.unclear

            await asyncio.to_thread(flood, server, 10_000)
            await watch.more(15)

            assert watch.longest_gap(before) < GAP
            assert watch.unclear == unclear

        async with parties(server, room, "cat", single=True) as (cat,):
            await cat.sees_pictures_of("ann")


async def test_empty_datagrams_disturb_nobody(server: Server, room: str) -> None:
    async with parties(server, room, "ann", "ben", single=True) as (ann, ben):
        await ann.publish_pictures()
        async with watching(ben, "ann") as watch:
            before = len(watch.arrivals)

            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as stranger:
                for _ in range(100):
                    stranger.sendto(b"", (server.host, server.udp_port))
            await watch.more(15)

            assert watch.longest_gap(before) < GAP


def knock(server: Server, room: str) -> None:
    """Everything at the WebSocket that must be refused, and garbage from one who was let in."""
    bad = ["", "not.a.token", server.token("eve", room, lifetime=-3600)]
    bad += [server.token("eve", ""), server.token("eve", room, grants={"roomJoin": False})]
    for path in ("/rtc", "/rtc/v1"):
        for token in bad:
            assert 400 <= refusal(server, token, path)[0] < 500
        assert refusal(server, bad[1], path, padding="x" * 100_000)[0] < 500
        for frame in (b"\xff" * 1000, b"\x0a\xff\xff\xff\xff\x0f", bytes(3 * 2**20)):
            with signal(server, server.token("eve", room), path) as eve, suppress(ConnectionClosed):
                eve.socket.send(frame)
                eve.send(ping=1)
                eve.wait_for("pong")


async def test_strangers_at_the_door_disturb_no_call(server: Server, room: str) -> None:
    async with parties(server, room, "ann", "ben", single=True) as (ann, ben):
        await ann.publish_pictures()
        async with watching(ben, "ann") as watch:
            before, unclear = len(watch.arrivals), watch.unclear

            await asyncio.to_thread(knock, server, room)
            await watch.more(15)

            assert watch.longest_gap(before) < GAP
            assert watch.unclear == unclear
