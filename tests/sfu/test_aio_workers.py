"""Several media processes behind one TCP port: who is served by which, and what a loss costs."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sfu.aio.listening import EngineConfig
from sfu.aio.remote import RemoteNode
from sfu.aio.reserve import loading
from sfu.aio.workers import Workers
from sfu.events import Event
from tests.harness.processes import children
from tests.sfu.lines import OURS, THEIRS, Tcp, Udp, connect, describe
from tests.sim.peer import Peer

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


class Audience:
    """Signaling's part."""

    def __init__(self) -> None:
        self.added: list[RemoteNode] = []
        self.lost: list[RemoteNode] = []
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def add_node(self, node: RemoteNode) -> None:
        self.added.append(node)
        self._news.set()

    def lose_node(self, node: RemoteNode) -> None:
        self.lost.append(node)
        self._news.set()

    def receive_event(self, event: Event) -> None:
        self.events.append(event)

    async def until(self, *, added: int = 0, lost: int = 0) -> None:
        while len(self.added) < added or len(self.lost) < lost:
            self._news.clear()
            await self._news.wait()


def config(udp_port: int = 0, tcp_port: int | None = 0) -> EngineConfig:
    return EngineConfig("", ["127.0.0.1"], udp_port, tcp_port)


@asynccontextmanager
async def working(*configs: EngineConfig) -> AsyncIterator[tuple[Workers, Audience]]:
    audience = Audience()
    workers = await Workers.start(configs, audience)
    try:
        async with asyncio.timeout(30):
            yield workers, audience
    finally:
        await workers.close()


async def serve(node: RemoteNode, audience: Audience, line: Udp | Tcp) -> None:
    """A client of this node, until its data channels are open."""
    peer = Peer((0, "client"), THEIRS, OURS)
    describe(node, peer)
    await connect(peer, line, audience.events)
    line.close()


def port(node: RemoteNode, protocol: str) -> int:
    (found,) = (c.port for c in node.node.candidates if c.protocol == protocol)
    return found


async def test_each_has_its_own_udp_port_certificate_and_name_and_all_share_tcp() -> None:
    async with working(config(), config()) as (workers, _):
        first, second = workers.nodes

        assert port(first, "udp") != port(second, "udp")
        assert port(first, "tcp") == port(second, "tcp")
        assert first.node.fingerprint != second.node.fingerprint
        assert first.node.node_id != second.node.node_id
        assert first.pid != second.pid


async def test_a_process_that_has_loaded_ahead_is_taken_and_what_is_left_ends() -> None:
    with loading(2) as ahead:
        left, taken = ahead
        workers = await Workers.start([config()], Audience(), ahead)
        (node,) = workers.nodes
        assert (node.pid, ahead) == (taken.process.pid, [left])
        assert left.process.poll() is None
        await workers.close()

    assert (taken.process.returncode, left.process.returncode) == (0, -signal.SIGKILL)


@pytest.mark.parametrize("which", [0, 1])
async def test_a_tcp_connection_finds_the_process_of_its_room(which: int) -> None:
    async with working(config(), config()) as (workers, audience):
        node = workers.nodes[which]
        await serve(node, audience, Tcp(port(node, "tcp")))

        told = [await one.stats() for one in workers.nodes]
        assert [one.participants for one in told] == [int(which == 0), int(which == 1)]


async def test_without_tcp_there_is_udp() -> None:
    async with working(config(tcp_port=None)) as (workers, audience):
        (node,) = workers.nodes
        assert [c.protocol for c in node.node.candidates] == ["udp"]
        await serve(node, audience, Udp(port(node, "udp")))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "held up"])
async def test_a_lost_process_is_told_and_replaced_and_the_other_stays(number: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        chosen.bind(("127.0.0.1", 0))
        udp_port = chosen.getsockname()[1]
    async with working(config(udp_port), config()) as (workers, audience):
        doomed, other = sorted(workers.nodes, key=lambda node: port(node, "udp") != udp_port)
        os.kill(doomed.pid, number)

        await audience.until(added=3, lost=1)

        replacement = audience.added[2]
        assert audience.lost == [doomed]
        assert replacement.node.node_id != doomed.node.node_id
        assert port(replacement, "udp") == udp_port  # what firewalls let through
        assert set(workers.nodes) == {replacement, other}
        await serve(replacement, audience, Tcp(port(replacement, "tcp")))


async def test_who_takes_a_lost_ones_place_was_there_before() -> None:
    """Loading takes longer than anything else that the clients wait for."""
    before = set(children(os.getpid()))
    async with working(config()) as (workers, audience):
        (doomed,) = workers.nodes
        waiting = set(children(os.getpid())) - before - {doomed.pid}
        os.kill(doomed.pid, signal.SIGKILL)

        await audience.until(added=2, lost=1)

        assert {audience.added[1].pid} == waiting


async def test_a_dead_reserve_is_no_loss() -> None:
    before = set(children(os.getpid()))  # servers of other tests
    async with working(config()) as (workers, audience):
        for pid in set(children(os.getpid())) - before:
            os.kill(pid, signal.SIGKILL)

        await audience.until(added=2, lost=1)

        await serve(workers.nodes[0], audience, Udp(port(workers.nodes[0], "udp")))


async def test_nothing_is_left_in_the_end() -> None:
    before = set(children(os.getpid()))
    async with working(config()):
        assert len(set(children(os.getpid())) - before) == 2

    assert set(children(os.getpid())) == before


@pytest.mark.parametrize("which", ["udp", "tcp"])
async def test_a_taken_port_is_an_error_and_leaves_nothing_behind(which: str) -> None:
    kind = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}[which]
    with socket.socket(socket.AF_INET, kind) as taken, socket.socket(socket.AF_INET, kind) as free:
        taken.bind(("127.0.0.1", 0))
        free.bind(("127.0.0.1", 0))
        ports = free.getsockname()[1], taken.getsockname()[1]
        free.close()
        if which == "tcp":
            taken.listen()
            configs = [config(tcp_port=ports[1])]
        else:
            configs = [config(udp_port) for udp_port in ports]
        with pytest.raises(OSError, match="in use"):
            await Workers.start(configs, Audience())

        if which == "udp":
            with socket.socket(socket.AF_INET, kind) as again:
                again.bind(("127.0.0.1", ports[0]))
