"""The engine on real sockets: a simulated client's datagrams over UDP and over TCP."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from sfu.aio import tcp
from sfu.aio.engine import Engine
from sfu.aio.listening import EngineConfig
from sfu.commands import RemovePeer
from sfu.events import Event
from sfu.transport.ice import MOST_PATHS
from tests.sfu.lines import OURS, THEIRS, Tcp, Udp, connect, describe
from tests.sim.peer import Peer

LOOPS: list[Callable[[Coroutine[Any, Any, None]], None]] = [asyncio.run, uvloop.run]


class Stage:
    """An engine on free ports with one client that has not connected yet."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def start(self, **settings: Any) -> None:
        config = EngineConfig("ND_test", ["127.0.0.1"], udp_port=0, tcp_port=0, **settings)
        self.engine = await Engine.start(config, self.events.append)
        self.ports = {c.protocol: c.port for c in self.engine.node.candidates}
        self.peer = Peer((0, "client"), THEIRS, OURS)

    def describe(self) -> None:
        describe(self.engine, self.peer)

    async def run_client(self, line: Udp | Tcp) -> None:
        await connect(self.peer, line, self.events)


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(("protocol", "make"), [("udp", Udp), ("tcp", Tcp)])
@pytest.mark.parametrize("portable", [False, True])
def test_a_client_connects(
    run: Callable[[Coroutine[Any, Any, None]], None],
    protocol: str,
    make: Callable[[int], Udp | Tcp],
    portable: bool,
) -> None:
    async def main() -> None:
        stage = Stage()
        await stage.start(portable=portable)
        stage.describe()
        line = make(stage.ports[protocol])
        await stage.run_client(line)
        line.close()
        stage.engine.handle(RemovePeer("PA_test"))
        await stage.engine.close()

    run(main())


def test_advertised_addresses_replace_the_bound_ones() -> None:
    async def main() -> None:
        stage = Stage()
        await stage.start(advertise=["198.51.100.7", "2001:db8::7"])
        assert {c.ip for c in stage.engine.node.candidates} == {"198.51.100.7"}
        await stage.engine.close()

    asyncio.run(main())


def test_a_taken_port_is_an_error_and_leaves_nothing_open() -> None:
    async def main() -> None:
        stage = Stage()
        await stage.start()
        taken = EngineConfig("ND_2", ["127.0.0.1"], udp_port=stage.ports["udp"], tcp_port=None)
        with pytest.raises(OSError, match="in use"):
            await Engine.start(taken, stage.events.append)
        await stage.engine.close()

    asyncio.run(main())


def test_connections_that_prove_nothing_are_few_and_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "UNPROVEN_SECONDS", 0.2)

    async def main() -> None:
        stage = Stage()
        await stage.start()
        opened = [
            await asyncio.open_connection("127.0.0.1", stage.ports["tcp"])
            for _ in range(tcp.UNPROVEN_PER_SOURCE + 4)
        ]
        for reader, writer in opened:
            async with asyncio.timeout(5):
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await reader.readexactly(1)
            writer.close()
        await stage.engine.close()

    asyncio.run(main())


def test_a_proven_connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "UNPROVEN_SECONDS", 0.2)

    async def main() -> None:
        stage = Stage()
        await stage.start()
        stage.describe()
        line = Tcp(stage.ports["tcp"])
        await stage.run_client(line)
        await asyncio.sleep(0.3)
        line.send(b"")  # raises when the other side has closed
        line.send(b"")
        line.close()
        await stage.engine.close()

    asyncio.run(main())


@pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])
def test_a_connection_ends_with_the_session_that_it_was_for(
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    """However long its client would like to keep it."""

    async def main() -> None:
        stage = Stage()
        await stage.start()
        stage.describe()
        line = Tcp(stage.ports["tcp"])
        await stage.run_client(line)

        stage.engine.handle(RemovePeer("PA_test"))
        async with asyncio.timeout(5):
            await asyncio.to_thread(line.wait_for_end)

        line.close()
        await stage.engine.close()

    run(main())


def test_a_connection_in_whose_place_others_came_ends() -> None:
    """A client may have 16 addresses; it gains no connections by having more."""

    async def main() -> None:
        stage = Stage()
        await stage.start()
        stage.describe()
        lines = [Tcp(stage.ports["tcp"])]
        await stage.run_client(lines[0])
        for _ in range(MOST_PATHS):
            lines.append(Tcp(stage.ports["tcp"]))
            stage.peer.check()
            for data in stage.peer.take_transmits():
                lines[-1].send(data)
            async with asyncio.timeout(5):
                while not lines[-1].receive():
                    await asyncio.sleep(0.001)

        async with asyncio.timeout(5):
            await asyncio.to_thread(lines[1].wait_for_end)
        for line in lines:
            line.close()
        await stage.engine.close()

    asyncio.run(main())


def test_a_fault_in_who_hears_of_events_does_not_stop_the_engine(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Faulty(list[Event]):
        def append(self, event: Event) -> None:
            super().append(event)
            raise ValueError("not ours")

    async def main() -> None:
        stage = Stage()
        stage.events = Faulty()
        await stage.start()
        stage.describe()
        line = Udp(stage.ports["udp"])
        await stage.run_client(line)
        line.close()
        await stage.engine.close()

    asyncio.run(main())
    assert "TransportChanged" in caplog.text
