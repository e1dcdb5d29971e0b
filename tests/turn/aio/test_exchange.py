"""Channels' packets through real sockets, by the loops and one by one: the same comes out."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.turn.aio.visitors import (
    BINDING,
    HOST,
    UDP,
    Distant,
    Wire,
    address,
    allocate,
    bind,
    endpoint,
    hear,
    packed,
    play,
    talk,
)
from tests.turn.office import Answer
from turn.addresses import Address, socket_name
from turn.aio.service import RelayService
from turn.aio.tcp import split
from turn.aio.udp import address_of
from turn.stun import Attribute, Message, Method

pytestmark = pytest.mark.usefixtures("by_loops")

SIZES = [0, 1, 160, 160, 160, 161, 1200, 1200, 40, 1452, 1453, 9000, 65_000]


@dataclass
class Visit:
    """A client with one channel to a peer, through which a packet has gone."""

    door: Address
    wire: Wire
    peer: Wire
    client: Distant
    relayed: Address = "", 0

    @classmethod
    async def begin(cls, door: Address) -> "Visit":
        wire, peer = await endpoint(), await endpoint()
        visit = cls(door, wire, peer, await allocate(wire, door))
        await bind(wire, door, visit.client, address(peer), 0x4000)
        visit.say(b"first")
        data, visit.relayed = await hear(peer)
        assert data == b"first"
        return visit

    def say(self, data: bytes) -> None:
        self.wire.transport.sendto(packed(0x4000, data), self.door)

    def answer(self, data: bytes) -> None:
        self.peer.transport.sendto(data, self.relayed)

    def close(self) -> None:
        for wire in (self.wire, self.peer):
            wire.transport.close()


def payloads() -> list[bytes]:
    return [bytes([1 + number]) * size for number, size in enumerate(SIZES)]


def test_packets_of_all_sizes_come_through_both_ways_in_their_order() -> None:
    async def scenario(service: RelayService) -> None:
        visit = await Visit.begin(service.listen_udp(HOST, 0))
        for data in payloads():
            visit.say(data)
        assert [(await hear(visit.peer)) for _ in SIZES] == [
            (data, visit.relayed) for data in payloads()
        ]
        for data in payloads()[1:]:  # asyncio sends none without a byte
            visit.answer(data)
        assert [(await hear(visit.wire)) for _ in SIZES[1:]] == [
            (packed(0x4000, data), visit.door) for data in payloads()[1:]
        ]
        assert service.unsent == 0
        visit.close()

    play(scenario)


def test_what_a_channel_carries_does_not_reach_the_core(
    by_loops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(service: RelayService) -> None:
        visit = await Visit.begin(service.listen_udp(HOST, 0))
        asked = 0
        receive, receive_from_peer = service.server.receive, service.server.receive_from_peer

        def ask(*given: Any) -> None:
            nonlocal asked
            asked += 1
            receive(*given)

        def ask_for_peer(*given: Any) -> None:
            nonlocal asked
            asked += 1
            receive_from_peer(*given)

        monkeypatch.setattr(service.server, "receive", ask)
        monkeypatch.setattr(service.server, "receive_from_peer", ask_for_peer)
        for number in range(5):
            visit.say(b"%d" % number)
            await hear(visit.peer)
            visit.answer(b"%d" % number)
            await hear(visit.wire)
        assert asked == (0 if by_loops else 10)
        visit.close()

    play(scenario)


def test_many_allocations_each_get_what_is_theirs() -> None:
    """More than there is room for at first."""

    async def scenario(service: RelayService) -> None:
        door = service.listen_udp(HOST, 0)
        visits = [await Visit.begin(door) for _ in range(70)]
        for turn in range(3):
            for number, visit in enumerate(visits):
                visit.say(b"%d there %d" % (number, turn))
                visit.answer(b"%d back %d" % (number, turn))
        for turn in range(3):
            for number, visit in enumerate(visits):
                there, source = await hear(visit.peer)
                assert (there, source) == (b"%d there %d" % (number, turn), visit.relayed)
                back, _ = await hear(visit.wire)
                assert back == packed(0x4000, b"%d back %d" % (number, turn))
        for visit in visits:
            visit.close()

    play(scenario, allocations=100)


def test_a_peer_that_is_gone_keeps_nobody_from_the_others_packets() -> None:
    async def scenario(service: RelayService) -> None:
        visit = await Visit.begin(service.listen_udp(HOST, 0))
        gone = await endpoint()
        nowhere = address(gone)
        gone.transport.abort()
        await asyncio.sleep(0)
        await bind(visit.wire, visit.door, visit.client, nowhere, 0x4001)
        told = 0
        for number in range(100):
            visit.wire.transport.sendto(packed(0x4001, b"lost"), visit.door)
            visit.wire.transport.sendto(packed(0x4001, b"lost"), visit.door)
            visit.say(b"%d" % number)
            assert (await hear(visit.peer))[0] == b"%d" % number
            visit.answer(b"%d" % number)
            while (heard := (await hear(visit.wire))[0]) != packed(0x4000, b"%d" % number):
                icmp = Message.parse(heard).get(Attribute.ICMP)
                assert icmp == bytes([0, 0, 3 << 1, 3, 0, 0, 0, 0])
                told += 1
        assert told > 50
        visit.close()

    play(scenario)


def test_who_always_has_one_more_packet_keeps_nobody_waiting() -> None:
    async def scenario(service: RelayService) -> None:
        visit = await Visit.begin(service.listen_udp(HOST, 0))
        loop, is_over = asyncio.get_running_loop(), False

        def go_on() -> None:
            """One for each turn of the loop: when the door is looked at, something is there."""
            if not is_over:
                visit.say(b"again")
                loop.call_soon(go_on)

        go_on()
        for number in range(100):
            visit.answer(b"%d" % number)
            assert (await hear(visit.wire))[0] == packed(0x4000, b"%d" % number)
            assert (await hear(visit.peer))[0] == b"again"
        is_over = True
        visit.close()

    play(scenario)


def test_what_is_too_long_to_leave_is_counted() -> None:
    """It has come whole, but with the header in front it would be too long."""

    async def scenario(service: RelayService) -> None:
        visit = await Visit.begin(service.listen_udp(HOST, 0))
        for data in (b"before", bytes(65_507), b"behind"):
            visit.answer(data)
        assert (await hear(visit.wire))[0] == packed(0x4000, b"before")
        assert (await hear(visit.wire))[0] == packed(0x4000, b"behind")
        assert service.unsent == 1
        visit.close()

    play(scenario)


def test_an_allocation_that_has_ended_carries_nothing_more() -> None:
    async def scenario(service: RelayService) -> None:
        visit = await Visit.begin(service.listen_udp(HOST, 0))
        ending = visit.client.request(Method.REFRESH, (Attribute.LIFETIME, bytes(4)))
        assert (await talk(visit.wire, visit.door, ending)).code == 0
        visit.say(b"late")
        other = await Visit.begin(visit.door)
        assert visit.peer.got.empty()
        assert service.server.dropped == {"no_allocation": 1}
        for one in (visit, other):
            one.close()

    play(scenario)


@dataclass
class Caller:
    """A client that comes by TCP, with one channel to a peer."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: Wire

    @classmethod
    async def begin(cls, door: Address) -> "Caller":
        caller = cls(*await asyncio.open_connection(*door), await endpoint())
        client = Distant()
        client.learn(await caller.ask(client.request(Method.ALLOCATE)))
        assert (await caller.ask(client.request(Method.ALLOCATE, UDP))).code == 0
        channel = Attribute.CHANNEL_NUMBER, b"\x40\x00\0\0"
        binding = client.about(Method.CHANNEL_BIND, address(caller.peer), channel)
        assert (await caller.ask(binding)).code == 0
        return caller

    async def ask(self, request: bytes) -> Answer:
        self.writer.write(request)
        return Answer(await read_message(self.reader))

    def close(self) -> None:
        self.writer.close()
        self.peer.transport.close()


def padded(data: bytes) -> bytes:
    return packed(0x4000, data) + bytes(-len(data) % 4)


def test_a_client_that_comes_by_tcp_has_padded_messages_both_ways() -> None:
    async def scenario(service: RelayService) -> None:
        caller = await Caller.begin(await service.listen_tcp(HOST, 0))
        relayed: Address = "", 0
        for data in payloads():
            caller.writer.write(padded(data))
            heard, relayed = await hear(caller.peer)
            assert heard == data
        for data in payloads()[1:]:
            caller.peer.transport.sendto(data, relayed)
        for data in payloads()[1:]:
            expected = padded(data)
            assert await asyncio.wait_for(caller.reader.readexactly(len(expected)), 5) == expected
        caller.close()

    play(scenario)


@pytest.mark.parametrize("piece", [3, 700, 1 << 20])
def test_messages_of_a_stream_come_through_however_it_is_cut(piece: int) -> None:
    """More of them than one turn of the loops takes, with others in between."""

    async def scenario(service: RelayService) -> None:
        caller = await Caller.begin(await service.listen_tcp(HOST, 0))
        sent = [b"%d " % number + bytes(number % 7) for number in range(600)]
        parts = [padded(data) for data in sent]
        parts[20:20] = [packed(0x4001, b"nobody's"), packed(0x4001, b"nor this")]
        parts[400:400] = [BINDING, packed(0x4001, b"nor that")]
        stream = b"".join(parts)
        for at in range(0, len(stream), piece):
            caller.writer.write(stream[at : at + piece])
            await asyncio.sleep(0)
        assert [(await hear(caller.peer))[0] for _ in sent] == sent
        assert Answer(await read_message(caller.reader)).code == 0
        assert service.server.dropped == {"no_channel": 3}
        caller.writer.write(padded(b"before") + b"\xff\xff\xff\xff")
        assert (await hear(caller.peer))[0] == b"before"
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(caller.reader.readexactly(1), 5)
        caller.close()

    play(scenario)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(20)
    return header + await reader.readexactly(int.from_bytes(header[2:4], "big"))


@pytest.mark.parametrize("one", [("192.0.2.1", 5), ("2001:db8::1", 65_535), ("::ffff:1.2.3.4", 1)])
def test_addresses_are_read_as_the_system_has_them(one: Address) -> None:
    assert address_of(socket_name(one)) == one


def test_an_address_of_one_link_says_which() -> None:
    name = socket_name(("fe80::1", 5))[:24] + (3).to_bytes(4, "little")
    assert address_of(name) == ("fe80::1%3", 5)


def test_messages_for_a_tls_client_are_told_apart_again() -> None:
    messages = [packed(0x4000, bytes(size)) + bytes(-size % 4) for size in (0, 1, 160, 1201)]

    assert list(split(b"".join(messages))) == messages
