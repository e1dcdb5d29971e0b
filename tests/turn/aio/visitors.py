"""Clients of a relay with real sockets, which is driven both ways: by loops and one by one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from tests.turn.office import Answer, Client, Office, make_config
from turn.addresses import Address
from turn.aio.service import RelayService
from turn.aio.udp import bind_udp
from turn.config import RelayConfig
from turn.policy import Policy, networks
from turn.quota import Limits
from turn.stun import Attribute, Class, Message, Method, pack_xor_address

HOST = "127.0.0.1"
BINDING = bytes(Message(Method.BINDING, Class.REQUEST, bytes(12)))
Scenario = Callable[[RelayService], Awaitable[None]]


class Ways:
    by_loops = False

    def service(self, config: RelayConfig) -> RelayService:
        return RelayService(config, {1: HOST}, by_loops=self.by_loops)


ways = Ways()


def config(allocations: int = 12) -> RelayConfig:
    policy = Policy(opened=networks(["127.0.0.0/8"], "opened"))
    return make_config(
        hosts={1: HOST},
        policy=policy,
        ports=range(40_500, 40_700),
        limits=Limits(allocations=allocations),
    )


def play(scenario: Scenario, allocations: int = 12) -> None:
    async def main() -> None:
        service = ways.service(config(allocations))
        try:
            await scenario(service)
        finally:
            await service.close()

    asyncio.run(main())


class Wire(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.got: asyncio.Queue[tuple[bytes, Address]] = asyncio.Queue()

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.got.put_nowait((data, address))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)


async def endpoint() -> Wire:
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_datagram_endpoint(Wire, sock=bind_udp(HOST, 0))
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


CHANNEL = 0x4000


async def bind(wire: Wire, door: Address, client: Distant, peer: Address, number: int) -> None:
    channel = Attribute.CHANNEL_NUMBER, number.to_bytes(2, "big") + bytes(2)
    answer = await talk(wire, door, client.about(Method.CHANNEL_BIND, peer, channel))
    assert answer.code == 0


def address(wire: Wire) -> Address:
    found: Address = wire.transport.get_extra_info("sockname")[:2]
    return found


def packed(number: int, payload: bytes) -> bytes:
    return number.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload


async def hear(wire: Wire) -> tuple[bytes, Address]:
    return await asyncio.wait_for(wire.got.get(), 5)
