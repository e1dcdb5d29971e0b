"""Connections of clients: slow ones, those cut anywhere, and those that end."""

import asyncio
import socket

import pytest

from tests.turn.aio.visitors import HOST, UDP, Distant, address, endpoint, hear, packed, play
from tests.turn.office import Answer
from turn.addresses import Address
from turn.aio.service import RelayService
from turn.stun import Attribute, Method

pytestmark = pytest.mark.usefixtures("by_loops")

CHANNEL = Attribute.CHANNEL_NUMBER, b"\x40\x00\0\0"
SIZE = 1200


class Plain:
    """A client's socket, read only when a test says so."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.client = Distant()
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.sock.setblocking(False)

    async def begin(self, door: Address, peer: Address) -> None:
        await self.loop.sock_connect(self.sock, door)
        self.client.learn(await self.ask(self.client.request(Method.ALLOCATE)))
        assert (await self.ask(self.client.request(Method.ALLOCATE, UDP))).code == 0
        assert (await self.ask(self.client.about(Method.CHANNEL_BIND, peer, CHANNEL))).code == 0

    async def ask(self, request: bytes) -> Answer:
        await self.say(request)
        header = await self.read(20)
        return Answer(header + await self.read(int.from_bytes(header[2:4], "big")))

    async def say(self, data: bytes) -> None:
        await self.loop.sock_sendall(self.sock, data)

    async def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = await asyncio.wait_for(self.loop.sock_recv(self.sock, size - len(data)), 5)
            assert more
            data += more
        return data


def test_a_slow_client_gets_whole_messages_in_order_and_others_are_counted() -> None:
    async def scenario(service: RelayService) -> None:
        door, peer, plain = await service.listen_tcp(HOST, 0), await endpoint(), Plain()
        await plain.begin(door, address(peer))
        await plain.say(packed(0x4000, b"here"))
        _, relayed = await hear(peer)
        sent = 0
        while not service.unsent:
            for _ in range(20):
                peer.transport.sendto(sent.to_bytes(4, "big") + bytes(SIZE - 4), relayed)
                sent += 1
            await asyncio.sleep(0)
        numbers: list[int] = []
        while not numbers or numbers[-1] != 0xFFFFFFFF:
            header = await plain.read(4)
            assert header == packed(0x4000, bytes(SIZE))[:4]
            numbers.append(int.from_bytes((await plain.read(SIZE))[:4], "big"))
            if len(numbers) > 50:  # once there is room again, one of these is taken: the last
                peer.transport.sendto(b"\xff\xff\xff\xff" + bytes(SIZE - 4), relayed)
                await asyncio.sleep(0)
        assert numbers == sorted(numbers)
        assert len(numbers) >= 200  # 256,000 bytes wait at least
        plain.sock.close()
        peer.transport.close()

    play(scenario)


@pytest.mark.parametrize("cut", [1, 19, 20, 21, 50])
def test_a_request_between_messages_may_come_in_pieces(cut: int) -> None:
    async def scenario(service: RelayService) -> None:
        door, peer, plain = await service.listen_tcp(HOST, 0), await endpoint(), Plain()
        await plain.begin(door, address(peer))
        request = plain.client.request(Method.REFRESH)
        await plain.say(packed(0x4000, b"one!") + request[:cut])
        assert (await hear(peer))[0] == b"one!"
        answer = await plain.ask(request[cut:] + packed(0x4000, b"two!"))
        assert answer.code == 0
        assert (await hear(peer))[0] == b"two!"
        plain.sock.close()
        peer.transport.close()

    play(scenario)


def test_with_what_a_client_said_last_its_allocation_ends() -> None:
    async def scenario(service: RelayService) -> None:
        door, peer, plain = await service.listen_tcp(HOST, 0), await endpoint(), Plain()
        await plain.begin(door, address(peer))
        await plain.say(packed(0x4000, b"last"))
        plain.sock.shutdown(socket.SHUT_WR)
        assert (await hear(peer))[0] == b"last"
        while service.server.allocations():
            await asyncio.sleep(0.01)
        plain.sock.close()
        peer.transport.close()

    play(scenario)


def test_a_connection_whose_client_is_gone_takes_nothing_down() -> None:
    """It ends while there is something for it, too much to be sent at once."""

    async def scenario(service: RelayService) -> None:
        door, peer, plain = await service.listen_tcp(HOST, 0), await endpoint(), Plain()
        await plain.begin(door, address(peer))
        await plain.say(packed(0x4000, b"here"))
        _, relayed = await hear(peer)
        for _ in range(300):
            peer.transport.sendto(bytes(SIZE), relayed)
        plain.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        plain.sock.close()
        while service.server.allocations():
            peer.transport.sendto(bytes(SIZE), relayed)
            await asyncio.sleep(0)
        other = Plain()
        await other.begin(door, address(peer))
        other.sock.close()
        peer.transport.close()

    play(scenario)
