"""The relay's sockets: what comes in goes out, and nothing stays open."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest
import uvloop

from tests.turn.office import Answer, Client, Office, make_config
from turn.addresses import Address
from turn.aio import tcp
from turn.aio.service import RelayService
from turn.aio.tcp import Strangers
from turn.config import RelayConfig
from turn.policy import Policy, networks
from turn.stun import Attribute, Class, Message, Method, pack_xor_address

HOST = "127.0.0.1"
BINDING = bytes(Message(Method.BINDING, Class.REQUEST, bytes(12)))
Scenario = Callable[[RelayService], Awaitable[None]]


def config() -> RelayConfig:
    policy = Policy(opened=networks(["127.0.0.0/8"], "opened"))
    return make_config(hosts={1: HOST}, policy=policy, ports=range(40_500, 40_600))


def play(scenario: Scenario) -> None:
    async def main() -> None:
        service = RelayService(config(), {1: HOST})
        try:
            await scenario(service)
        finally:
            await service.close()

    asyncio.run(main())


def files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Wire(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.got: asyncio.Queue[tuple[bytes, Address]] = asyncio.Queue()

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.got.put_nowait((data, address))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)


async def endpoint() -> Wire:
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_datagram_endpoint(Wire, local_addr=(HOST, 0))
    return wire


async def talk(wire: Wire, to: Address, data: bytes) -> Answer:
    wire.transport.sendto(data, to)
    answer, source = await asyncio.wait_for(wire.got.get(), 5)
    assert source == to
    return Answer(answer)


class Distant(Client):
    """Makes requests; what carries them is up to the test."""

    def __init__(self) -> None:
        super().__init__(Office())

    def request(self, method: Method, *attributes: tuple[int, bytes]) -> bytes:
        message = Message(method, Class.REQUEST, self.transaction(), list(attributes))
        return bytes(message) if self.nonce is None else self.seal(message)

    def about(self, method: Method, peer: Address, *more: tuple[int, bytes]) -> bytes:
        """A request that names a peer."""
        transaction = self.transaction()
        address = Attribute.XOR_PEER_ADDRESS, pack_xor_address(peer, transaction)
        return self.seal(Message(method, Class.REQUEST, transaction, [address, *more]))

    def indication(self, peer: Address, data: bytes) -> bytes:
        transaction = self.transaction()
        address = Attribute.XOR_PEER_ADDRESS, pack_xor_address(peer, transaction)
        attributes = [address, (Attribute.DATA, data)]
        return bytes(Message(Method.SEND, Class.INDICATION, transaction, list(attributes)))


UDP = Attribute.REQUESTED_TRANSPORT, bytes([17, 0, 0, 0])


async def allocate(wire: Wire, door: Address) -> Distant:
    client = Distant()
    client.learn(await talk(wire, door, client.request(Method.ALLOCATE, UDP)))
    answer = await talk(wire, door, client.request(Method.ALLOCATE, UDP))
    assert answer.code == 0
    return client


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


def test_a_port_of_somebody_else_is_passed_over() -> None:
    async def scenario(service: RelayService) -> None:
        number = service.open_relay(1, 40_550)
        assert number is not None
        assert service.open_relay(1, 40_550) is None
        service.close_relay(number)
        assert service.open_relay(1, 40_550) is not None

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
    monkeypatch.setattr(tcp, "PATIENCE", 0.05)

    async def scenario(service: RelayService) -> None:
        host, port = await service.listen_tcp(HOST, 0)
        reader, writer = await asyncio.open_connection(host, port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5)
        writer.close()

    play(scenario)


def test_a_connection_with_an_allocation_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "PATIENCE", 0.05)

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
    monkeypatch.setattr(tcp, "STRANGERS_OF_ONE", 2)
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
        service = RelayService(closed, {1: HOST})
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
        service = RelayService(config(), {1: HOST})
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
