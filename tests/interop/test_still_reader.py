"""A client that stands still (SIGSTOP) while much is sent to it: the others do not notice."""

import asyncio
import itertools
import json
import signal

import pytest

from api.loadtest.processes import Family, listening
from tests.conftest import Start
from tests.interop.member import member
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio

SIZE = 5000  # bytes of a message
PAUSE = 0.01  # seconds between two
GAP = 1.0  # seconds without any, at most: two busy cores
GROWTH = 10e6  # bytes of all our processes, at most
STEADY = 1e6  # bytes in half a second, at most, once all of them have loaded


async def send(ann: Party, first: int, count: int) -> None:
    for number in range(first, first + count):
        await ann.room.local_participant.publish_data(number.to_bytes(SIZE, "big"))
        await asyncio.sleep(PAUSE)


async def loaded(processes: Family) -> None:
    """The process in reserve loads when the server is ready already: 190 MB in a second."""
    before = 0
    while (now := processes.memory().rss) - before > STEADY:
        before = now
        await asyncio.sleep(0.5)


@pytest.mark.parametrize(
    "seconds", [3, pytest.param(30, id="30 seconds", marks=[pytest.mark.long])]
)
async def test_who_stands_still_is_nothing_to_the_others(
    start_server: Start, room: str, seconds: int
) -> None:
    server = start_server()
    processes = listening(server.port)
    await loaded(processes)
    clock = asyncio.get_running_loop().time
    with member(server, room, "cat", "single") as cat:
        async with parties(server, room, "ann", "ben", single=True) as (ann, ben):
            arrivals: list[float] = []
            ben.room.on("data_received", lambda _: arrivals.append(clock()))
            await send(ann, 0, 100)
            await ben.until(lambda: len(arrivals) == 100, "hears the first ones")
            before = processes.memory().rss

            cat.send_signal(signal.SIGSTOP)
            start, count = clock(), 100
            while clock() < start + seconds:
                await send(ann, count, 50)
                count += 50
            await ben.until(lambda: len(arrivals) == count, "hears all")
            grown = processes.memory().rss - before

            gap = max(after - one for one, after in itertools.pairwise(arrivals[100:]))
            told = {"seconds": seconds, "megabytes": count * SIZE / 1e6, "gap": round(gap, 3)}
            print(json.dumps(told | {"grown": round(grown / 1e6, 1)}))
            assert [int.from_bytes(p.data, "big") for p in ben.heard] == list(range(count))
            assert gap < GAP
            assert grown < GROWTH
