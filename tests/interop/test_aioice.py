"""aioice's TURN client against our relay."""

import asyncio
import ssl
from collections.abc import Iterator
from importlib.metadata import version

import pytest
from aioice import turn

from tests.harness import relay
from tests.harness.relay import HOST, PASSWORD, USER, RunningRelay
from tests.harness.server import free_ports


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    with relay.running(tmp_path_factory.mktemp("relay")) as started:
        yield started


@pytest.fixture(scope="module")
def one_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    """A relay that has TCP and TLS on the same port."""
    port, _, _ = free_ports()
    settings = {"domain": "localhost", "tcp_port": port, "tls_port": port}
    with relay.running(tmp_path_factory.mktemp("relay"), settings) as started:
        started.port = started.tls_port = port
        yield started


@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_it_relays_by_a_port_for_tcp_and_tls(one_port: RunningRelay, way: str) -> None:
    test_it_allocates_and_relays(one_port, way)


class Inbox(asyncio.DatagramProtocol):
    """What has come, and from where."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()
        self.closed = asyncio.Event()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.got.put_nowait((data, address))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
def test_it_allocates_and_relays(running: RunningRelay, way: str) -> None:
    assert version("aioice") == "0.13.0"  # what the test claims to prove

    async def scenario() -> None:
        port = running.tls_port if way == "tls" else running.port
        relayed, inbox = await turn.create_turn_endpoint(
            Inbox,
            server_addr=(HOST, port),
            username=USER,
            password=PASSWORD,
            ssl=way == "tls" and unverified(),
            transport="udp" if way == "udp" else "tcp",
        )
        loop = asyncio.get_running_loop()
        peer, peers = await loop.create_datagram_endpoint(Inbox, local_addr=(HOST, 0))
        address = peer.get_extra_info("sockname")
        here = relayed.get_extra_info("sockname")
        assert here[0] == HOST

        for number in range(20):
            relayed.sendto(b"to the peer %d" % number, address)
            assert await asyncio.wait_for(peers.got.get(), 5) == (
                b"to the peer %d" % number,
                here,
            )
            peer.sendto(b"and back %d" % number, here)
            data, source = await asyncio.wait_for(inbox.got.get(), 5)
            assert (data, source) == (b"and back %d" % number, address)
        for transport, end in ((relayed, inbox), (peer, peers)):
            transport.close()
            # It ends its allocation first; a socket that is left is another test's fault.
            await asyncio.wait_for(end.closed.wait(), 5)

    asyncio.run(scenario())


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
