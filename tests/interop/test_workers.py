"""Several media processes, and the end of one, as unmodified clients see them."""

import asyncio
import os
import signal

import pytest
from livekit import rtc

from tests.conftest import Start
from tests.harness.processes import media_processes, udp_ports
from tests.harness.server import RunningServer
from tests.harness.wait import until
from tests.interop.party import Party, parties

pytestmark = pytest.mark.anyio

BACK_WITHIN = 5.0  # seconds from the death of a process to media
TROUBLE: list[rtc.room.EventTypes] = [
    "reconnecting", "reconnected", "disconnected", "participant_disconnected",
    "track_unsubscribed", "connection_state_changed",
]  # fmt: skip


@pytest.fixture(scope="module")
def two_workers(start_server: Start) -> RunningServer:
    return start_server(arguments="--workers 2 --udp-port 0")


def rooms_by_node(server: RunningServer) -> list[int]:
    """How many rooms each media process has, by its own count."""
    status, text = server.get("/metrics")
    assert status == 200
    lines = [line for line in text.splitlines() if line.startswith("livekit_room_total{")]
    return [int(float(line.split()[-1])) for line in lines]


class Ears:
    """What one client hears of trouble."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.heard: list[str] = []
        for event in TROUBLE:
            party.room.on(event, lambda *_, event=event: self.heard.append(event))

    async def is_back(self) -> None:
        await self.party.until(lambda: "reconnected" in self.heard, "is back")


async def test_two_rooms_are_served_by_two_processes(
    two_workers: RunningServer, room: str, single: bool
) -> None:
    assert len(media_processes(two_workers)) == 2
    assert not udp_ports(two_workers.process.pid)
    async with (
        parties(two_workers, f"{room}-1", "ann", "ben", single=single) as (ann, ben),
        parties(two_workers, f"{room}-2", "cat", "dan", single=single) as (cat, dan),
    ):
        await ann.publish_pictures()
        await ben.publish_tone(440)
        await cat.publish_pictures()

        await ben.sees_pictures_of("ann")
        assert await ann.hears_tone_of("ben") == pytest.approx(440, abs=4)
        await dan.sees_pictures_of("cat")
        assert rooms_by_node(two_workers) == [1, 1]


async def test_a_killed_process_costs_its_own_rooms_a_moment_and_others_nothing(
    two_workers: RunningServer, room: str, single: bool
) -> None:
    async with (
        parties(two_workers, f"{room}-1", "ann", "ben", single=single) as first,
        parties(two_workers, f"{room}-2", "ann", "ben", single=single) as second,
    ):
        for ann, ben in (first, second):
            await ann.publish_pictures()
            await ben.publish_pictures()
            await asyncio.gather(ben.sees_pictures_of("ann"), ann.sees_pictures_of("ben"))
        ears = [[Ears(party) for party in parties] for parties in (first, second)]
        assert rooms_by_node(two_workers) == [1, 1]

        os.kill(media_processes(two_workers)[0], signal.SIGKILL)
        async with asyncio.timeout(BACK_WITHIN):
            hurt = await which_is_hurt(ears)
            await asyncio.gather(*(ear.is_back() for ear in ears[hurt]))
            ann, ben = (first, second)[hurt]
            await asyncio.gather(ben.sees_pictures_of("ann"), ann.sees_pictures_of("ben"))

        ann, ben = (second, first)[hurt]
        await asyncio.gather(ben.sees_pictures_of("ann"), ann.sees_pictures_of("ben"))
        assert [ear.heard for ear in ears[not hurt]] == [[], []]
        assert "disconnected" not in ears[hurt][0].heard + ears[hurt][1].heard
        until(lambda: len(media_processes(two_workers)) == 2, "the process is replaced")


async def which_is_hurt(ears: list[list[Ears]]) -> int:
    """The room that the killed process had: its clients say so at once."""
    waiting = [
        asyncio.create_task(ear.party.until(lambda ear=ear: ear.heard, "hears"))  # type: ignore[misc]
        for room in ears
        for ear in room
    ]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return int(not any(ear.heard for ear in ears[0]))
