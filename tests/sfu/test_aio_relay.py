"""The relay in a media process, whose clients come by sockets of the main process."""

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aioice import turn

from api.tls import Reloading, make_certificate
from sfu.aio.listening import EngineConfig
from sfu.aio.remoterelay import RemoteRelay
from sfu.aio.workers import Workers
from tests.sfu.test_aio_workers import Audience
from tests.turn.aio.visitors import BINDING, HOST
from turn.addresses import Address
from turn.config import RelayConfig, Terms
from turn.credentials import Credentials
from turn.notes import GRANTED, Note
from turn.policy import Policy, networks

pytestmark = pytest.mark.anyio

WAYS = "udp", "tcp", "tls"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


class Inbox(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.got: asyncio.Queue[tuple[bytes, Address]] = asyncio.Queue()
        self.closed = asyncio.Event()

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.got.put_nowait((data, address))

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()


def anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass
class Stage:
    relay: RemoteRelay
    workers: Workers
    audience: Audience
    doors: dict[str, Address]

    async def connect(self, way: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = anybody() if way == "tls" else None
        return await asyncio.open_connection(*self.doors[way], ssl=context)

    async def call(self, way: str) -> "Call":
        relayed, inbox = await turn.create_turn_endpoint(
            Inbox,
            server_addr=self.doors[way],
            username="ann",
            password="secret",
            ssl=anybody() if way == "tls" else False,
            transport="udp" if way == "udp" else "tcp",
        )
        loop = asyncio.get_running_loop()
        peer, peers = await loop.create_datagram_endpoint(Inbox, local_addr=(HOST, 0))
        return Call(relayed, inbox, peer, peers)


@dataclass
class Call:
    relayed: turn.TurnTransport
    inbox: Inbox
    peer: asyncio.DatagramTransport
    peers: Inbox

    async def talk(self) -> None:
        """Of several sizes, both ways."""
        there, here = self.peer.get_extra_info("sockname"), self.relayed.get_extra_info("sockname")
        for size in (1, 160, 1200, 1201, 160):
            self.relayed.sendto(bytes([size % 256]) * size, there)
            assert await self.peers.got.get() == (bytes([size % 256]) * size, here)
            self.peer.sendto(bytes([size % 255]) * size, here)
            assert await self.inbox.got.get() == (bytes([size % 255]) * size, there)

    async def close(self) -> None:
        self.relayed.close()
        self.peer.close()
        await self.inbox.closed.wait()


def terms() -> Terms:
    policy = Policy(opened=networks(["127.0.0.0/8"], "opened"))
    credentials = Credentials({"ann": "secret"})
    config = RelayConfig({1: HOST}, credentials, policy, ports=range(40_700, 40_800))
    return Terms.of(config, {1: HOST}, {})


@asynccontextmanager
async def staged(folder: Path, *, portable: bool = False) -> AsyncIterator[Stage]:
    pem, key = make_certificate([HOST], datetime.now(UTC))
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(key)
    context = Reloading(folder / "cert.pem", folder / "key.pem").context
    audience, relay = Audience(), RemoteRelay(terms)
    doors = {
        "udp": relay.listen_udp(HOST, 0),
        "tcp": await relay.listen_tcp(HOST, 0),
        "tls": await relay.listen_tcp(HOST, 0, context),
    }
    config = EngineConfig("", [HOST], 0, 0, portable=portable)
    workers = await Workers.start([config], audience)
    try:
        async with asyncio.timeout(60):
            yield Stage(relay, workers, audience, doors)
    finally:
        await workers.close()
        await relay.close()


@pytest.mark.parametrize("portable", [False, True], ids=["loops", "portable"])
async def test_clients_of_all_ways_relay_there(tmp_path: Path, portable: bool) -> None:
    async with staged(tmp_path, portable=portable) as stage:
        notes: list[Note] = []
        stage.relay.on_notes = notes.extend
        stage.workers.carry(stage.relay)
        calls = [await stage.call(way) for way in WAYS]
        for call in calls:
            await call.talk()

        told = await stage.relay.stats()
        assert told is not None
        assert (told.allocations, told.errors[401], told.unsent) == (3, 3, 0)
        assert notes == [Note("ann", HOST, GRANTED)] * 3
        for call in calls:
            await call.close()


async def test_whoever_takes_the_place_of_a_lost_one_relays(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.workers.carry(stage.relay)
        before = [await stage.connect(way) for way in ("tcp", "tls")]
        for reader, writer in before:
            writer.write(BINDING)
            assert await reader.readexactly(32)
        (doomed,) = stage.workers.nodes
        os.kill(doomed.pid, signal.SIGKILL)
        for reader, writer in before:
            assert await reader.read() == b""
            writer.close()
        await stage.audience.until(added=2, lost=1)

        for way in WAYS:
            call = await stage.call(way)
            await call.talk()
            await call.close()


async def test_as_long_as_nobody_relays_connections_end(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        assert await stage.relay.stats() is None
        reader, writer = await asyncio.open_connection(*stage.doors["tcp"])
        assert await reader.read() == b""
        writer.close()
        # By UDP clients ask again, and are heard as soon as somebody is there.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as early:
            early.setblocking(False)
            early.connect(stage.doors["udp"])
            early.send(BINDING)
            stage.workers.carry(stage.relay)
            assert await asyncio.get_running_loop().sock_recv(early, 1500)
