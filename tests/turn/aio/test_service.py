"""The relay's sockets: what comes in goes out, and nothing stays open."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from tests.turn.aio.visitors import (
    BINDING,
    HOST,
    UDP,
    Distant,
    allocate,
    config,
    endpoint,
    play,
    talk,
    ways,
)
from tests.turn.office import Answer, make_config
from turn.addresses import Address
from turn.aio import strangers as newcomers
from turn.aio.service import RelayService
from turn.aio.strangers import Strangers
from turn.policy import Policy, networks
from turn.stun import Attribute, Message, Method

pytestmark = pytest.mark.usefixtures("by_loops")


def files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_sockets_are_closed_with_what_they_were_for() -> None:
    before = files()

    async def scenario(service: RelayService) -> None:
        door = service.listen_udp(HOST, 0)
        wires = [await endpoint() for _ in range(3)]
        clients = [await allocate(wire, door) for wire in wires]
        opened = files()
        for wire, client in zip(wires, clients, strict=True):
            ending = client.request(Method.REFRESH, (Attribute.LIFETIME, bytes(4)))
            assert (await talk(wire, door, ending)).code == 0
        assert files() == opened - 3
        for wire in wires:
            wire.transport.close()
        await asyncio.sleep(0)

    play(scenario)
    assert files() == before


@pytest.mark.parametrize(
    "many", [pytest.param(400, id="400"), pytest.param(10_000, id="10,000", marks=pytest.mark.long)]
)
def test_nothing_is_left_of_many_allocations(many: int) -> None:
    """They end by the client's word, or with its connection; there are 200 ports for them all."""

    async def scenario(service: RelayService) -> None:
        door, gate = service.listen_udp(HOST, 0), await service.listen_tcp(HOST, 0)
        wires = [await endpoint() for _ in range(8)]
        clients = [await allocate(wire, door) for wire in wires]
        begun, opened = len(wires), files()
        while begun < many:
            for wire, client in zip(wires, clients, strict=True):
                ending = client.request(Method.REFRESH, (Attribute.LIFETIME, bytes(4)))
                assert (await talk(wire, door, ending)).code == 0
                beginning = client.request(Method.ALLOCATE, UDP)
                assert (await talk(wire, door, beginning)).code == 0
                begun += 1
            reader, writer = await asyncio.open_connection(*gate)
            stranger = Distant()
            stranger.nonce, stranger.realm = clients[0].nonce, clients[0].realm
            writer.write(stranger.request(Method.ALLOCATE, UDP))
            assert Answer(await read_message(reader)).code == 0
            begun += 1
            assert service.server.allocations() == 9
            writer.transport.abort()
            while service.server.allocations() > 8:
                await asyncio.sleep(0)
        assert files() == opened
        for wire, client in zip(wires, clients, strict=True):
            ending = client.request(Method.REFRESH, (Attribute.LIFETIME, bytes(4)))
            assert (await talk(wire, door, ending)).code == 0
        assert service.server.allocations() == 0
        assert files() == opened - 8
        for wire in wires:
            wire.transport.close()
        await asyncio.sleep(0)

    before = files()
    play(scenario)
    assert files() == before


def test_a_port_of_somebody_else_is_passed_over() -> None:
    async def scenario(service: RelayService) -> None:
        number = service.relays.open(1, 40_550)
        assert number is not None
        assert service.relays.open(1, 40_550) is None
        service.relays.close(number)
        assert service.relays.open(1, 40_550) is not None

    play(scenario)


def test_a_connection_that_makes_no_sense_is_closed() -> None:
    async def scenario(service: RelayService) -> None:
        host, port = await service.listen_tcp(HOST, 0)
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(BINDING)
        assert Answer(await reader.readexactly(32)).code == 0
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)
        writer.close()
        assert not service.strangers.of

    play(scenario)


def test_a_connection_without_an_allocation_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "PATIENCE", 0.05)

    async def scenario(service: RelayService) -> None:
        host, port = await service.listen_tcp(HOST, 0)
        reader, writer = await asyncio.open_connection(host, port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)
        writer.close()

    play(scenario)


def test_a_connection_with_an_allocation_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "PATIENCE", 0.05)

    async def scenario(service: RelayService) -> None:
        host, port = await service.listen_tcp(HOST, 0)
        reader, writer = await asyncio.open_connection(host, port)
        client = Distant()
        writer.write(client.request(Method.ALLOCATE))
        client.learn(Answer(await read_message(reader)))
        writer.write(client.request(Method.ALLOCATE, UDP))
        assert Answer(await read_message(reader)).code == 0
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(1), 0.3)
        assert service.server.allocations() == 1
        assert not service.strangers.of
        writer.transport.abort()
        while service.server.allocations():
            await asyncio.sleep(0.01)

    play(scenario)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(20)
    return header + await reader.readexactly(int.from_bytes(header[2:4], "big"))


def test_connections_of_strangers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "STRANGERS_OF_ONE", 2)
    strangers = Strangers()

    assert [strangers.admit("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert strangers.admit("192.0.2.2")
    strangers.release("192.0.2.1")
    assert strangers.admit("192.0.2.1")
    for host in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        strangers.release(host)
    assert not strangers.of


def test_a_canary_on_loopback_hears_nothing() -> None:
    closed = make_config(hosts={1: HOST}, policy=Policy(opened=networks(["0.0.0.0/0"], "opened")))

    async def main() -> None:
        service = ways.service(closed)
        door = service.listen_udp(HOST, 0)
        wire, canary = await endpoint(), await endpoint()
        client = await allocate(wire, door)
        peer: Address = canary.transport.get_extra_info("sockname")[:2]
        channel = Attribute.CHANNEL_NUMBER, b"\x40\x00\0\0"
        told = [
            client.about(Method.CREATE_PERMISSION, peer),
            client.about(Method.CHANNEL_BIND, peer, channel),
        ]
        codes = [(await talk(wire, door, request)).code for request in told]
        wire.transport.sendto(client.indication(peer, b"hello"), door)
        wire.transport.sendto(b"\x40\x00\x00\x05hello", door)
        assert (await talk(wire, door, BINDING)).code == 0  # it has seen all before
        assert codes == [403, 403]
        assert canary.got.empty()
        wire.transport.close()
        canary.transport.close()
        await service.close()

    asyncio.run(main())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_what_icmp_says_of_a_peer_is_told_and_the_others_are_still_heard(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def main() -> None:
        service = ways.service(config())
        door = service.listen_udp(HOST, 0)
        wire, peer, gone = await endpoint(), await endpoint(), await endpoint()
        there: Address = peer.transport.get_extra_info("sockname")[:2]
        nowhere: Address = gone.transport.get_extra_info("sockname")[:2]
        gone.transport.abort()
        await asyncio.sleep(0)
        client = await allocate(wire, door)
        permitted = client.about(Method.CREATE_PERMISSION, there)
        assert (await talk(wire, door, permitted)).code == 0
        told = echoes = 0
        for number in range(200):
            wire.transport.sendto(client.indication(nowhere, b"lost"), door)
            wire.transport.sendto(client.indication(there, b"%d" % number), door)
            data, relayed = await asyncio.wait_for(peer.got.get(), 5)
            assert data == b"%d" % number
            peer.transport.sendto(data, relayed)
            while True:
                answer, _ = await asyncio.wait_for(wire.got.get(), 5)
                message = Message.parse(answer)
                if message.get(Attribute.DATA) == data:
                    echoes += 1
                    break
                assert message.get(Attribute.ICMP) == bytes([0, 0, 3 << 1, 3, 0, 0, 0, 0])
                told += 1
        assert echoes == 200
        assert told > 100  # the system limits how many it makes
        for one in (wire, peer):
            one.transport.close()
        await service.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())
