"""When sockets are drained, on both event loops, with and without waiting for more packets."""

import asyncio
import ctypes
import dataclasses
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from sfu.aio import watching
from sfu.aio.edges import open_edges
from sfu.aio.listening import bind_udp
from sfu.aio.meter import Meter
from sfu.aio.udp import UdpSockets
from sfu.aio.watching import GatheringWatch
from sfu.arena import PAYLOAD, Arena
from sfu.gather import BURST, PACE, WINDOW, GatherRule
from sfu.path import Path, key
from sfu.ring import Batch, Ring
from sfu.stats import NodeStats
from sfu.tables import ADDRESS, NO_SOCKET, Clients

Run = Callable[[Coroutine[Any, Any, None]], None]
RUNS: list[Run] = [asyncio.run, uvloop.run]
LOOPS = pytest.mark.parametrize("run", RUNS, ids=["asyncio", "uvloop"])
NEVER = GatherRule(seconds=0)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="epoll and timerfd are Linux's")


class Stage:
    """Our sockets and one client; `turns` has the sizes of the batches of each drain."""

    def __init__(
        self, rule: GatherRule, *, portable: bool = False, sockets: int = 1, hold: bool = False
    ) -> None:
        """`hold`: the timer runs out at `fire` and not before."""
        self.ours = [bind_udp("127.0.0.1", 0) for _ in range(sockets)]
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.bind(("127.0.0.1", 0))
        self.ring = Ring(blocks=16)
        self.turns: list[list[int]] = [[]]
        self.received: list[bytes] = []
        self.sent = 0
        self.viewers = 0  # who get what comes
        self.pauses: list[float] = []  # seconds, as the timer was set
        self.fail = False  # with the next batch
        self.changed = asyncio.Event()
        self.edges = edges = open_edges(self.ours, self.ring, lambda *_: None, portable=portable)
        self.armed = asyncio.Event()
        self._calls = edges.calls
        if hold and edges.calls is not None:
            edges.calls = dataclasses.replace(edges.calls, set_timer=self._set_timer)
        self.udp = UdpSockets(self.ours, edges, self._batch, self._drained, Meter())
        self.udp.start(asyncio.get_running_loop(), rule, lambda: self.sent)

    def send(self, *packets: bytes, to: int = 0) -> None:
        for packet in packets:
            self.client.sendto(packet, self.ours[to].getsockname())

    async def receive(self, count: int) -> None:
        """Until so many have come."""
        async with asyncio.timeout(10):
            while len(self.received) < count:
                self.changed.clear()
                await self.changed.wait()

    async def exchange(self, packet: bytes, *, waits: bool) -> None:
        self.armed.clear()
        self.send(packet)
        if waits:
            await self.armed.wait()
            self.fire()
        await self.receive(len(self.received) + 1)
        assert self.armed.is_set() == waits

    def _set_timer(self, timer: int, address: int) -> int:
        assert self._calls is not None
        value = (ctypes.c_int64 * 4).from_address(address)
        if any(value):
            self.pauses.append(value[2] + value[3] / 1e9)
            value = (ctypes.c_int64 * 4)()
            self._timer = timer
            self.armed.set()
        return self._calls.set_timer(timer, ctypes.addressof(value))

    def fire(self) -> None:
        assert self._calls is not None
        soon = (ctypes.c_int64 * 4)(0, 0, 0, 1)
        self._calls.set_timer(self._timer, ctypes.addressof(soon))

    def close(self) -> None:
        self.udp.close()
        self.client.close()

    def _batch(self, batch: Batch) -> None:
        self.changed.set()
        self.turns[-1].append(batch.count)
        self.sent += batch.count * self.viewers
        for i in range(batch.count):
            self.received.append(self.ring.datagram(batch, i))
        if self.fail:
            self.fail = False
            raise ValueError("not ours")

    def _drained(self, count: int, has_more: bool) -> None:
        self.turns.append([])
        self.changed.set()


def set_path(clients: Clients, row: int, path: Path) -> None:
    address = key(path)
    clients.socket[row], clients.address_size[row] = path[0], len(address)
    clients.address[row * ADDRESS : row * ADDRESS + len(address)] = address


async def turn() -> None:
    """Let the loop look at all its files some times."""
    for _ in range(10):
        await asyncio.sleep(0)


def count_beginnings(monkeypatch: pytest.MonkeyPatch) -> list[GatheringWatch]:
    """Gets an entry each time that the loop hears of a first packet."""
    begun: list[GatheringWatch] = []
    begin = GatheringWatch._begin

    def note(self: GatheringWatch) -> None:
        begun.append(self)
        begin(self)

    monkeypatch.setattr(GatheringWatch, "_begin", note)
    return begun


def packets(count: int) -> list[bytes]:
    return [number.to_bytes(2, "big") for number in range(count)]


@pytest.mark.parametrize("portable", [False, True])
def test_what_went_no_further_is_told(portable: bool) -> None:
    async def main() -> None:
        stage = Stage(NEVER, portable=portable)
        clients, arena = Clients(1), Arena()
        stage.edges.egress.set_clients(clients)
        lost, strange = clients.add(), clients.add()
        clients.socket[lost] = NO_SOCKET
        set_path(clients, strange, (0, ("127.0.0.1", 0)))  # no port
        for client in (lost, lost, strange):
            arena.append(client, PAYLOAD, 10, -1)
        stage.edges.egress.send(arena)
        stage.udp.send(b"a", (0, ("127.0.0.1", 0)))
        stats = NodeStats(dropped={"muted": 4})
        stage.udp.fill(stats)
        stage.close()

        assert stats.dropped == {"muted": 4, "no_path": 2}
        assert stats.unsent == 2

    asyncio.run(main())


@LOOPS
@pytest.mark.parametrize("portable", [False, True])
@pytest.mark.parametrize("rule", [NEVER, GatherRule()], ids=["at once", "gathering"])
def test_everything_is_received_in_order(run: Run, portable: bool, rule: GatherRule) -> None:
    async def main() -> None:
        stage = Stage(rule, portable=portable)
        for turn in range(5):
            stage.send(*packets(300))
            await stage.receive(300 * (turn + 1))
        assert stage.received == packets(300) * 5
        stage.close()

    run(main())


@LOOPS
def test_a_long_queue_lets_the_loop_turn(run: Run) -> None:
    async def main() -> None:
        stage = Stage(NEVER)
        stage.send(*packets(1500))
        await stage.receive(1500)
        assert stage.turns[:2] == [[256] * 4, [256, 220]]
        stage.close()

    run(main())


@LOOPS
@LINUX
def test_packets_wait_for_each_other(run: Run) -> None:
    async def main() -> None:
        stage = Stage(GatherRule(), hold=True)
        stage.send(b"first")
        await stage.armed.wait()
        stage.send(b"second", b"third")
        await turn()
        assert stage.turns == [[]]
        stage.fire()
        await stage.receive(3)
        assert stage.turns == [[3], []]
        stage.close()

    run(main())


@LOOPS
@LINUX
def test_all_sockets_that_have_something_are_drained_after_the_wait(run: Run) -> None:
    async def main() -> None:
        stage = Stage(GatherRule(), sockets=3, hold=True)
        for number in range(3):
            stage.send(bytes([number]), to=number)
        await stage.armed.wait()
        await turn()
        stage.fire()
        await stage.receive(3)
        assert stage.turns == [[1, 1, 1], []]
        stage.close()

    run(main())


@LOOPS
@LINUX
def test_the_loop_does_not_spin_while_packets_wait(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = count_beginnings(monkeypatch)

    async def main() -> None:
        stage = Stage(GatherRule(), hold=True)
        stage.send(b"first")
        await stage.armed.wait()
        stage.send(b"second")
        await turn()
        assert len(begun) == 1
        stage.fire()
        await stage.receive(2)
        await turn()
        assert len(begun) == 1
        stage.close()

    run(main())


@LOOPS
@LINUX
def test_while_packets_keep_coming_the_loop_wakes_once_for_several(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = count_beginnings(monkeypatch)
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: clock.now))

    async def main() -> None:
        stage = Stage(GatherRule(seconds=1.0), hold=True)
        stage.send(b"1", b"2")
        await stage.armed.wait()
        clock.now += WINDOW  # eight a second: so many that the next ones are sure
        for number in range(3):
            await turn()
            stage.armed.clear()
            stage.fire()
            await stage.receive(2 * number + 2)
            assert stage.armed.is_set()
            stage.send(b"3", b"4")
        assert len(begun) == 1
        stage.fire()
        await stage.receive(8)
        stage.fire()  # nothing has come
        await turn()
        stage.armed.clear()
        stage.send(b"5")
        await stage.armed.wait()
        assert len(begun) == 2
        stage.close()

    run(main())


@LOOPS
@LINUX
def test_while_little_comes_the_loop_waits_for_each_packet(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = count_beginnings(monkeypatch)

    async def main() -> None:
        stage = Stage(GatherRule(), hold=True)
        for number in range(3):
            stage.armed.clear()
            stage.send(b"1", b"2")
            await stage.armed.wait()
            stage.fire()
            await stage.receive(2 * number + 2)
        assert len(begun) == 3
        stage.close()

    run(main())


@LOOPS
@LINUX
def test_under_load_nothing_waits(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: clock.now))

    async def main() -> None:
        stage = Stage(GatherRule(), hold=True)
        clock.now, stage.sent = 101.0, 30_000
        await stage.exchange(b"notices the load", waits=True)
        await stage.exchange(b"leaves at once", waits=False)
        clock.now, stage.sent = 102.0, 45_000
        await stage.exchange(b"notices the pause", waits=False)
        await stage.exchange(b"waits", waits=True)
        assert len(stage.received) == 4
        stage.close()

    run(main())


@LOOPS
@LINUX
@pytest.mark.parametrize(
    ("viewers", "first"), [(3, [[100]]), (60, [[8] * (BURST // 480), [8], [8]])]
)
def test_a_key_frame_for_many_leaves_little_by_little(
    run: Run, monkeypatch: pytest.MonkeyPatch, viewers: int, first: list[list[int]]
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: clock.now))

    async def main() -> None:
        stage = Stage(GatherRule(), hold=True)
        stage.viewers = viewers
        stage.send(*packets(10))
        await stage.armed.wait()
        clock.now += WINDOW
        stage.fire()
        await stage.receive(10)
        stage.turns, stage.pauses = [[]], []
        stage.armed.clear()
        stage.send(*packets(100))
        while len(stage.received) < 110:
            await stage.armed.wait()
            stage.armed.clear()
            clock.now += stage.pauses[-1]
            stage.fire()
            await stage.receive(len(stage.received) + 1)
        assert stage.received == packets(10) + packets(100)
        assert stage.turns[: len(first)] == first
        spread = [8 * viewers / PACE] * (len(first) - 1)
        found = stage.pauses[: len(first)]
        assert found == pytest.approx([GatherRule().seconds, *spread], abs=1e-6)
        stage.close()

    run(main())


@LOOPS
@pytest.mark.parametrize("rule", [NEVER, GatherRule()], ids=["at once", "gathering"])
def test_a_fault_in_who_gets_batches_does_not_end_the_reading(run: Run, rule: GatherRule) -> None:
    async def main() -> None:
        stage = Stage(rule)
        faults = []
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        stage.fail = True
        stage.send(b"first")
        await stage.receive(1)
        stage.send(b"second")
        await stage.receive(2)
        assert len(faults) == 1
        stage.close()

    run(main())


@LOOPS
@LINUX
@pytest.mark.parametrize("rule", [NEVER, GatherRule()], ids=["at once", "gathering"])
def test_closing_leaves_nothing_open(run: Run, rule: GatherRule) -> None:
    async def main() -> None:
        stage = Stage(rule)
        stage.send(b"first")
        await stage.receive(1)
        stage.close()
        assert [sock.fileno() for sock in stage.ours] == [-1]

    before = open_files()
    run(main())
    assert open_files() == before


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))
