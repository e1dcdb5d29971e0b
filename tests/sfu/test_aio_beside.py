"""Clients of the relay and our media, by memory and over loopback: the same bytes both ways."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import pytest

from sfu.aio.beside import Beside
from sfu.aio.edges import open_edges
from sfu.aio.listening import bind_udp
from sfu.arena import PAYLOAD, Arena
from sfu.path import Path, key
from sfu.ring import RECEIVE_MAX, SLOT, START, Batch, Ring
from sfu.tables import ADDRESS, Clients
from tests.turn.aio.visitors import (
    HOST,
    UDP,
    Distant,
    Wire,
    address,
    allocate,
    bind,
    config,
    endpoint,
    hear,
    packed,
    talk,
)
from tests.turn.office import Answer
from turn.addresses import Address
from turn.aio.service import RelayService
from turn.stream import Splitter
from turn.stun import Attribute, Method

CHANNEL = 0x4001
THERE = [0, 1, 3, 160, 160, 161, 1200, 1200, 40, 1452, 1453, 1500, 1501, 9000]
BACK = [1, 3, 160, 160, 160, 161, 1200, 1200, 40, 1399]

Got = tuple[int, bytes, Path]  # how long it was, as much as there is room for, whence


class Media:
    """The sockets of a media node, and one who notes what comes."""

    def __init__(self, stack: ExitStack, *, portable: bool) -> None:
        self.sock = stack.enter_context(bind_udp(HOST, 0))
        self.address: Address = self.sock.getsockname()[:2]
        self.ring, self.clients, self.arena = Ring(blocks=8), Clients(1), Arena()
        self.edges = open_edges([self.sock], self.ring, lambda *_: None, portable=portable)
        self.edges.egress.set_clients(self.clients)
        self.got: list[Got] = []
        self.ways: list[Any] = [self.sock]
        self._came = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.sock, self.read)

    def join(self, relay: RelayService) -> None:
        beside = Beside(relay, [self.sock], self.ring, self.note_all, self.note)
        self.edges.egress.add(beside.ways)
        self.ways += beside.ways

    def read(self) -> None:
        batch = self.edges.readers[0].read()
        if batch is not None:
            self.note_all(batch)

    def note_all(self, batch: Batch) -> None:
        for position in range(batch.count):
            size = int(batch.lengths[position])
            at = position * SLOT + START
            data = bytes(self.ring.data[at : at + min(size, RECEIVE_MAX)])
            self.got.append((size, data, batch.path(position)))
            assert batch.arrivals[position] <= asyncio.get_running_loop().time() + 0.1
        self._came.set()

    def note(self, data: bytes, path: Path) -> None:
        self.got.append((len(data), data[:RECEIVE_MAX], path))
        self._came.set()

    async def hears(self, count: int) -> list[Got]:
        while len(self.got) < count:
            self._came.clear()
            await self._came.wait()
        got, self.got = self.got, []
        return got

    def client(self, path: Path) -> int:
        row, address = self.clients.add(), key(path)
        self.clients.socket[row], self.clients.address_size[row] = path[0], len(address)
        self.clients.address[row * ADDRESS : row * ADDRESS + len(address)] = address
        return row

    def send(self, client: int, payloads: list[bytes]) -> None:
        """As the media plane does: rows, all at once."""
        self.arena.count = 0
        for data in payloads:
            at = self.arena.count * SLOT + PAYLOAD
            self.arena.data[at : at + len(data)] = data
            self.arena.append(client, PAYLOAD, len(data), -1)
        self.edges.egress.send(self.arena)


class ByUdp:
    """A client's way to the relay."""

    def __init__(self, wire: Wire, door: Address) -> None:
        self.wire, self.door = wire, door

    def say(self, data: bytes) -> None:
        self.wire.transport.sendto(data, self.door)

    async def hear(self) -> bytes:
        return (await self.wire.got.get())[0]

    def close(self) -> None:
        self.wire.transport.close()


class ByTcp:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._splitter, self._got = Splitter(), list[bytes]()

    def say(self, data: bytes) -> None:
        self.writer.write(data + bytes(-len(data) % 4))

    async def hear(self) -> bytes:
        while not self._got:
            self._got += self._splitter.feed(await self.reader.read(65_536))
        return self._got.pop(0)

    def close(self) -> None:
        self.writer.close()


Line = ByUdp | ByTcp


async def open_line(service: RelayService, way: str) -> Line:
    if way == "udp":
        return ByUdp(await endpoint(), service.listen_udp(HOST, 0))
    return ByTcp(*await asyncio.open_connection(*await service.listen_tcp(HOST, 0)))


async def begin(line: Line, media: Address) -> tuple[Distant, Address]:
    """A channel to media. Returns the client and its relayed address."""
    client = Distant()
    line.say(client.request(Method.ALLOCATE, UDP))
    client.learn(Answer(await line.hear()))
    line.say(client.request(Method.ALLOCATE, UDP))
    answer = Answer(await line.hear())
    assert answer.code == 0
    number = Attribute.CHANNEL_NUMBER, CHANNEL.to_bytes(2, "big") + bytes(2)
    line.say(client.about(Method.CHANNEL_BIND, media, number))
    assert Answer(await line.hear()).code == 0
    return client, answer.address(Attribute.XOR_RELAYED_ADDRESS)


def payloads(sizes: list[int]) -> list[bytes]:
    return [bytes([number + 1]) * size for number, size in enumerate(sizes)]


class Heard:
    """What a test compares."""

    def __init__(self) -> None:
        self.by_media: list[tuple[int, bytes]] = []
        self.by_client: list[bytes] = []


async def converse(service: RelayService, media: Media, way: str, number: int) -> Heard:
    heard = Heard()
    line = await open_line(service, way)
    client, relayed = await begin(line, media.address)

    async def told(count: int) -> Path:
        for size, data, path in await media.hears(count):
            assert path == (number, relayed)
            heard.by_media.append((size, data))
        return path

    line.say(packed(CHANNEL, b"first"))
    path = await told(1)
    for data in payloads(THERE):
        line.say(packed(CHANNEL, data))
    await told(len(THERE))
    line.say(client.indication(media.address, b"by an indication"))
    await told(1)

    row = media.client(path)
    media.send(row, payloads(BACK))
    media.ways[number].sendto(b"one alone", path[1])
    media.send(row, payloads(BACK) * 40)
    for _ in range(41 * len(BACK) + 1):
        heard.by_client.append(await line.hear())
    line.close()
    return heard


def play(scenario: Callable[[RelayService, Media], Awaitable[None]], **ways: bool) -> None:
    async def main() -> None:
        with ExitStack() as stack:
            media = Media(stack, portable=ways["portable"])
            service = RelayService(config(), {1: HOST}, by_loops=ways["by_loops"])
            try:
                if ways["joined"]:
                    media.join(service)
                async with asyncio.timeout(20):
                    await scenario(service, media)
            finally:
                asyncio.get_running_loop().remove_reader(media.sock)
                await service.close()

    asyncio.run(main())


@pytest.mark.parametrize("way", ["udp", "tcp"])
@pytest.mark.parametrize("by_loops", [False, True], ids=["one by one", "by loops"])
@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
def test_both_ways_give_the_same_bytes(way: str, by_loops: bool, portable: bool) -> None:
    found: list[Heard] = []

    for joined in (False, True):

        async def scenario(service: RelayService, media: Media, joined: bool = joined) -> None:
            found.append(await converse(service, media, way, int(joined)))
            assert (await service.stats()).unsent == 0

        play(scenario, by_loops=by_loops, portable=portable, joined=joined)

    over_loopback, by_memory = found
    assert by_memory.by_media == over_loopback.by_media
    assert by_memory.by_client == over_loopback.by_client
    sizes = [5, *THERE, 16]
    assert [size for size, _ in by_memory.by_media] == sizes
    assert by_memory.by_client[: len(BACK)] == [packed(CHANNEL, data) for data in payloads(BACK)]


@pytest.mark.parametrize("by_loops", [False, True], ids=["one by one", "by loops"])
def test_nothing_comes_by_memory_to_whom_the_system_would_not_let_it(by_loops: bool) -> None:
    """An allocation that has ended, a port that nobody has."""

    async def scenario(service: RelayService, media: Media) -> None:
        wire = await endpoint()
        door = service.listen_udp(HOST, 0)
        client = await allocate(wire, door)
        await bind(wire, door, client, media.address, CHANNEL)
        wire.transport.sendto(packed(CHANNEL, b"first"), door)
        ((_, _, path),) = await media.hears(1)
        row = media.client(path)
        media.send(row, [b"heard"])
        assert (await wire.got.get())[0] == packed(CHANNEL, b"heard")

        end = Attribute.LIFETIME, bytes(4)
        wire.transport.sendto(client.request(Method.REFRESH, end), door)
        await wire.got.get()
        media.send(row, [b"not heard"])
        media.ways[1].sendto(b"nor this", path[1])
        media.ways[1].sendto(b"nor this", (HOST, 9))

        # The next thing that the client hears is the answer to what it asks now.
        await allocate(wire, door)
        assert wire.got.empty()
        wire.transport.close()

    play(scenario, by_loops=by_loops, portable=False, joined=True)


def test_what_a_peer_has_sent_before_keeps_nothing_of_media_from_leaving() -> None:
    """What leaves is chained by socket for each turn of the loops: those for packets of the relay's
    sockets and those for packets of media must not take each other's turns for their own.
    """

    async def scenario(service: RelayService, media: Media) -> None:
        wire, peer = await endpoint(), await endpoint()
        door = service.listen_udp(HOST, 0)
        client = Distant()
        client.learn(await talk(wire, door, client.request(Method.ALLOCATE, UDP)))
        answer = await talk(wire, door, client.request(Method.ALLOCATE, UDP))
        relayed = answer.address(Attribute.XOR_RELAYED_ADDRESS)
        await bind(wire, door, client, media.address, CHANNEL)
        await bind(wire, door, client, address(peer), CHANNEL + 1)
        wire.transport.sendto(packed(CHANNEL, b"to media"), door)
        ((_, _, path),) = await media.hears(1)
        row = media.client(path)
        for number in range(20):
            media.send(row, [b"%d" % number])
            assert (await hear(wire))[0] == packed(CHANNEL, b"%d" % number)
        for number in range(30):  # two of these for each of those: once they count alike
            for _ in range(2):
                peer.transport.sendto(b"from a peer", relayed)
                assert (await hear(wire))[0] == packed(CHANNEL + 1, b"from a peer")
            media.send(row, [b"%d" % number])
            assert (await hear(wire))[0] == packed(CHANNEL, b"%d" % number)
        wire.transport.close()
        peer.transport.close()

    play(scenario, by_loops=True, portable=False, joined=True)
