"""How long media stays away when a media process is killed while it has work to do."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.api.metrics.reading import Reading
from tests.conftest import Start
from tests.harness.processes import media_processes
from tests.harness.server import OURS, RunningServer
from tests.harness.wait import until
from tests.interop import media
from tests.interop.party import Party, parties
from tests.interop.sink import sink
from tests.interop.test_workers import rooms_by_node

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not OURS, reason="of our own processes")]

BACK_WITHIN = 5.0  # seconds from the death of a process to media
NOTICED_WITHIN = 1.0
PEOPLE = "ann", "ben"
LOAD_PARTIES = 8  # of each room of a load test
LOAD_SECONDS = 600.0  # longer than any kill takes
LOAD_JOINS_WITHIN = 60.0  # seconds
STEADY = 6.0  # seconds between two kills: younger ones are taken for a process that cannot live
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]


@dataclass
class Back:
    """Seconds since the kill."""

    noticed: float  # the last client has been told to join anew
    joined: float  # the last one is in again
    seen: float  # everybody sees everybody


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("kills", "load"),
    [pytest.param(2, 0, id="2 kills"), pytest.param(20, 2, id="20 kills under load", marks=LONG)],
)
async def test_media_is_back_soon_after_a_kill(
    start_server: Start, room: str, workers: int, kills: int, load: int
) -> None:
    server = start_server(arguments=f"--workers {workers} --udp-port 0")
    backs, cores = [], []
    for number in range(kills):
        async with loaded(server, load), talking(server, f"{room}-{number}") as calls:
            cores.append(os.getloadavg()[0])
            backs.append(await kill(server, calls, workers))
        until(lambda: len(rooms_by_node(server)) == workers, "the process is replaced")
        await asyncio.sleep(STEADY if kills > 2 else 0)

    figures = {
        "workers": workers,
        "rooms of load": load,
        "noticed": [round(back.noticed, 2) for back in backs],
        "joined": [round(back.joined, 2) for back in backs],
        "seen": [round(back.seen, 2) for back in backs],
        "load": [round(average, 1) for average in cores],
    }
    print(json.dumps({"kills": figures}))  # for the record, with -s
    assert max(back.noticed for back in backs) < NOTICED_WITHIN
    assert max(back.seen for back in backs) < BACK_WITHIN


async def kill(server: RunningServer, calls: list[list[Party]], workers: int) -> Back:
    """One of its media processes. The other's calls must not even notice."""
    watched = [[Times(party) for party in call] for call in calls]
    victim = media_processes(server)[0]
    killed = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    hurt = await hurt_ones(watched, len(calls) // workers)
    await asyncio.gather(*(one.happens("reconnected") for call in hurt for one in call))
    await asyncio.gather(*(see_each_other([one.party for one in call]) for call in hurt))
    seen = time.monotonic()
    spared = [call for call in watched if call not in hurt]
    assert not [one.at for call in spared for one in call if one.at]
    at = [one.at for call in hurt for one in call]
    return Back(
        max(times["reconnecting"] for times in at) - killed,
        max(times["reconnected"] for times in at) - killed,
        seen - killed,
    )


class Times:
    """When a client was told of the loss, and when it was back."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.at: dict[str, float] = {}
        for event in ("reconnecting", "reconnected", "disconnected"):
            party.room.on(event, lambda *_, event=event: self._note(event))

    def _note(self, event: str) -> None:
        self.at[event] = time.monotonic()

    async def happens(self, event: str) -> None:
        await self.party.until(lambda: event in self.at, event)


async def hurt_ones(watched: list[list[Times]], number: int) -> list[list[Times]]:
    """The calls that the process had, so many of them: all in them are told."""
    async with asyncio.timeout(BACK_WITHIN):
        while len(hurt := [call for call in watched if any(one.at for one in call)]) < number:
            await asyncio.sleep(0.005)
    await asyncio.gather(*(one.happens("reconnecting") for call in hurt for one in call))
    return hurt


async def see_each_other(call: list[Party]) -> None:
    first, second = call
    await asyncio.gather(sees(first, second), sees(second, first))


async def sees(viewer: Party, shown: Party) -> None:
    async with asyncio.timeout(2 * BACK_WITHIN):
        await media.see_pictures(await viewer.track(shown.identity, "picture"), different=1)


@asynccontextmanager
async def talking(server: RunningServer, room: str) -> AsyncIterator[list[list[Party]]]:
    """Two calls of two, in rooms of their own: on a process each where there are two."""
    async with AsyncExitStack() as stack:
        calls = []
        for number, single in enumerate((True, False)):
            call = parties(server, f"{room}-{number}", *PEOPLE, single=single)
            calls.append(await stack.enter_async_context(call))
            for party in calls[-1]:
                await party.publish_pictures()
                await party.publish_tone(440)
        await asyncio.gather(*map(see_each_other, calls))
        yield calls


@asynccontextmanager
async def loaded(server: RunningServer, rooms: int) -> AsyncIterator[None]:
    """Rooms of a load test, which do not come back."""
    if not rooms:
        yield
        return
    with sink(server, rooms, LOAD_SECONDS):
        people = rooms * LOAD_PARTIES
        await asyncio.to_thread(
            until,
            lambda: participants(server) >= people,
            "the load is in",
            LOAD_JOINS_WITHIN,
        )
        yield


def participants(server: RunningServer) -> float:
    """As far as the media processes tell in time."""
    name, told = "livekit_participant_total", Reading(server.get("/metrics")[1])
    return told(name) if name in told.names else 0
