"""A real media plane beside the relay: what is regular passes both, and back, without Python."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest

from sfu.aio.beside import Beside
from sfu.aio.edges import link, open_edges
from sfu.aio.listening import bind_udp
from sfu.aio.rehearsal import KEYS, OPUS, PROFILE, SSRC, Side
from sfu.commands import AddPublication, AddSubscription
from sfu.config import PlaneConfig
from sfu.media import Encoding, Kind
from sfu.path import Path
from sfu.plane import Plane
from sfu.ring import Batch, Ring
from sfu.rtp import build
from sfu.sealing import trial
from sfu.transport.protection import Protection
from tests.sfu.test_aio_beside import CHANNEL, ByTcp, Line, begin, open_line
from tests.turn.aio.visitors import HOST, Wire, config, endpoint, packed
from turn.addresses import Address
from turn.aio.service import RelayService

LEARNT = 8  # packets, after which nothing of a stream is new
PACKETS = 40
SIZE = 40  # bytes of payload


class House:
    """A plane with its socket, and the relay beside it."""

    def __init__(self, stack: ExitStack, service: RelayService) -> None:
        self.service = service
        self.sock = stack.enter_context(bind_udp(HOST, 0))
        self.address: Address = self.sock.getsockname()[:2]
        self.ring = ring = Ring(blocks=8)
        edges = open_edges([self.sock], ring, lambda *_: None)
        self.plane = plane = Plane(
            ring,
            randbytes=os.urandom,
            config=PlaneConfig(),
            sealer=trial.choose(ring),
            egress=edges.egress,
        )
        edges.egress.set_clients(plane.clients)
        land = link(edges, plane)
        self.reader = edges.readers[0]
        self.left = 0  # batches of which something was left to Python
        beside = Beside(service, [self.sock], ring, self.take, self.take_one, land)
        edges.egress.add(beside.ways)
        self.beside = beside
        asyncio.get_running_loop().add_reader(self.sock, self.read)

    def take(self, batch: Batch) -> None:
        self.left += 1
        self.plane.forward(batch, time.monotonic())

    def take_one(self, data: bytes, path: Path) -> None:
        """What the relay's loops leave to Python."""
        self.plane.forward(self.ring.put(data, path), time.monotonic())

    def read(self) -> None:
        batch = self.reader.read()
        if batch is not None:
            self.take(batch)

    def admit(self, name: str, path: Path) -> None:
        side = Side(Protection(PROFILE, *KEYS), path)
        self.plane.add_client(name, name, side)
        self.plane.bind(path, name)
        self.plane.connected(name, time.monotonic())


class Direct:
    """Somebody whom UDP reaches."""

    def __init__(self, wire: Wire, media: Address) -> None:
        self.wire, self.media = wire, media
        self.path: Path = (0, wire.transport.get_extra_info("sockname")[:2])

    def say(self, data: bytes) -> None:
        self.wire.transport.sendto(data, self.media)

    async def hear(self) -> bytes:
        return (await self.wire.got.get())[0]

    def close(self) -> None:
        self.wire.transport.close()


class Relayed:
    """Somebody who comes by the relay, with a channel to media."""

    def __init__(self, line: Line, relayed: Address) -> None:
        self.line = line
        self.path: Path = (1, relayed)

    def say(self, data: bytes) -> None:
        self.line.say(packed(CHANNEL, data))

    async def hear(self) -> bytes:
        framed = await self.line.hear()
        assert framed[:2] == CHANNEL.to_bytes(2, "big")
        return framed[4 : 4 + int.from_bytes(framed[2:4], "big")]

    def close(self) -> None:
        self.line.close()


async def come(house: House, way: str) -> Direct | Relayed:
    if way == "direct":
        return Direct(await endpoint(), house.address)
    if way != "stream":
        line = await open_line(house.service, way)
    else:  # as with TLS: Python reads and writes it
        loop = asyncio.get_running_loop()
        server = await loop.create_server(house.service.accept, HOST, 0)
        line = ByTcp(*await asyncio.open_connection(*server.sockets[0].getsockname()))
        server.close()
    _, relayed = await begin(line, house.address)
    return Relayed(line, relayed)


class Talk:
    """One speaks, the other hears."""

    def __init__(self, house: House, speaker: Direct | Relayed, listener: Direct | Relayed) -> None:
        self.house, self.speaker, self.listener = house, speaker, listener
        self.number = 0
        self._seals, self._opens = (Protection(PROFILE, *keys) for keys in (KEYS[::-1],) * 2)
        house.admit("speaker", speaker.path)
        house.admit("listener", listener.path)
        plane, now, codecs = house.plane, time.monotonic(), [OPUS]
        encodings = [Encoding(0, ssrc=SSRC)]
        plane.add_publication(
            AddPublication("speaker", "speaker", "TR", "0", Kind.AUDIO, codecs, encodings), now
        )
        plane.add_subscription(
            AddSubscription("listener", "listener", "TR", "0", codecs, SSRC), now
        )

    async def exchange(self, count: int) -> list[bytes]:
        """The payloads that are heard, of so many that are said."""
        for number in range(self.number, self.number + count):
            payload = number.to_bytes(2, "big") * (SIZE // 2)
            packet = build(OPUS.payload_type, number, number * 960, SSRC, payload)
            self.speaker.say(self._seals.protect(packet) or b"")
        self.number += count
        heard: list[bytes] = []
        while len(heard) < count:
            packet = self._opens.unprotect(await self.listener.hear()) or b""
            if packet:  # and no control
                heard.append(packet[-SIZE:])
        return heard


def said(first: int, count: int) -> list[bytes]:
    return [n.to_bytes(2, "big") * (SIZE // 2) for n in range(first, first + count)]


def play(scenario: Callable[[House], Awaitable[None]]) -> None:
    async def main() -> None:
        with ExitStack() as stack:
            service = RelayService(config(), {1: HOST}, by_loops=True)
            house = House(stack, service)
            try:
                async with asyncio.timeout(20):
                    await scenario(house)
            finally:
                asyncio.get_running_loop().remove_reader(house.sock)
                await service.close()

    asyncio.run(main())


WAYS = ["direct", "udp", "tcp", "stream"]


@pytest.mark.parametrize("there", WAYS)
@pytest.mark.parametrize("back", WAYS)
def test_who_speaks_is_heard_whatever_the_way_of_both(there: str, back: str) -> None:
    async def scenario(house: House) -> None:
        speaker, listener = await come(house, there), await come(house, back)
        talk = Talk(house, speaker, listener)
        for number in range(0, LEARNT, LEARNT // 2):
            assert await talk.exchange(LEARNT // 2) == said(number, LEARNT // 2)
        await talk.exchange(1)
        before = house.left
        for turn in range(PACKETS):
            assert await talk.exchange(1) == said(LEARNT + 1 + turn, 1)
        burst = await talk.exchange(PACKETS)
        assert burst == said(LEARNT + 1 + PACKETS, PACKETS)
        assert house.left == before  # of what is regular nothing is left to Python
        assert (await house.service.stats()).unsent == 0
        if there in {"udp", "tcp"}:
            assert house.beside.spent > 0  # the relay's loop has called media's
        speaker.close()
        listener.close()

    play(scenario)


def test_it_goes_on_where_tables_have_moved_meanwhile() -> None:
    """The relay's loop finds that media's arrays are others than it was told."""

    async def scenario(house: House) -> None:
        speaker, listener = await come(house, "udp"), await come(house, "udp")
        talk = Talk(house, speaker, listener)
        await talk.exchange(LEARNT)
        growths = house.plane.regular.state.growths
        for number in range(300):  # more than there is room for at first
            house.admit(f"other {number}", (0, (HOST, 1000 + number)))
        assert house.plane.regular.state.growths > growths
        assert await talk.exchange(PACKETS) == said(LEARNT, PACKETS)
        speaker.close()
        listener.close()

    play(scenario)


def test_after_the_relay_has_closed_media_goes_on() -> None:
    """What is for its clients is lost, and nothing else."""

    async def scenario(house: House) -> None:
        speaker, listener = await come(house, "direct"), await come(house, "udp")
        talk = Talk(house, speaker, listener)
        await talk.exchange(LEARNT)
        await house.service.close()
        packet = build(OPUS.payload_type, LEARNT, LEARNT * 960, SSRC, bytes(SIZE))
        sent = house.plane.packets_out
        speaker.say(talk._seals.protect(packet) or b"")
        while house.plane.packets_out == sent:
            await asyncio.sleep(0)
        speaker.close()
        listener.close()

    play(scenario)


def test_after_media_has_closed_nothing_leaves_by_its_sockets() -> None:
    """Their numbers may be others' by then; the relay goes on."""

    async def scenario(house: House) -> None:
        speaker, listener = await come(house, "udp"), await come(house, "direct")
        talk = Talk(house, speaker, listener)
        await talk.exchange(LEARNT)
        await talk.exchange(1)
        sent, left = house.plane.packets_out, house.left
        house.beside.close()
        for number in range(talk.number, talk.number + PACKETS):
            packet = build(OPUS.payload_type, number, number * 960, SSRC, bytes(SIZE))
            speaker.say(talk._seals.protect(packet) or b"")
        another = await come(house, "udp")  # all that was said has come by then
        assert (house.plane.packets_out, house.left) == (sent, left)
        another.close()
        speaker.close()
        listener.close()

    play(scenario)
