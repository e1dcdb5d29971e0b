"""Many people come into one room: all are there, and those before them are not told one by one."""

import asyncio
import json
import time

import pytest
from livekit import api
from livekit.protocol import models

from signaling.config import Timers
from signaling.news import LARGE
from tests.conftest import Start
from tests.harness.server import Server
from tests.harness.signal import Signal, signal
from tests.harness.wait import until
from tests.interop.sink import sink

MEASURED = 3.0  # seconds of sound when all are there
ENDS_WITHIN = 120.0
BEGINS_WITHIN = 60.0  # seconds
ACTIVE = models.ParticipantInfo.State.ACTIVE


@pytest.mark.parametrize(
    "people", [pytest.param(40, id="40"), pytest.param(200, id="200", marks=pytest.mark.long)]
)
def test_all_come_in_and_news_of_them_is_told_together(start_server: Start, people: int) -> None:
    server = start_server()
    with sink(server, 1, MEASURED, parties=people, publishers=1, audio_only=True) as load:
        room = until(lambda: crowded(server), "a room", BEGINS_WITHIN)
        with signal(server, server.token("watcher", room)) as watcher:
            messages, seconds = watch(watcher, people)
        said, _ = load.communicate(timeout=ENDS_WITHIN)

    assert load.returncode == 0, "somebody did not come in, see the load test's own output"
    result = json.loads(said)
    figures = {"people": people, "updates": messages, "seconds": round(seconds, 2)}
    print(json.dumps({"crowd": figures}))  # for the record, with -s
    assert (result["streams"], result["silent"]) == (people - 1, 0)
    # In a small room each coming is told twice; in a large one, all of an interval together.
    assert messages <= 2 * LARGE + seconds / Timers().news + 10


def crowded(server: Server) -> str:
    async def names() -> list[str]:
        async with api.LiveKitAPI(server.url, server.key, server.secret) as client:
            return [
                one.name for one in (await client.room.list_rooms(api.ListRoomsRequest())).rooms
            ]

    return next(iter(asyncio.run(names())), "")


def watch(watcher: Signal, people: int) -> tuple[int, float]:
    """Until all are active: the updates that told of it, and how long that took."""
    messages, began = 0, time.monotonic()
    active = {
        one.identity for one in watcher.wait_for("join").other_participants if one.state == ACTIVE
    }
    while len(active - {"watcher"}) < people:
        update = watcher.wait_for("update")
        messages += 1
        active |= {one.identity for one in update.participants if one.state == ACTIVE}
    return messages, time.monotonic() - began
