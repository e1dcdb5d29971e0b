"""Who was in a visit, written late: the database was away, or somebody asks in the same moment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.webhook import WebhookEvent

from api.clinic import attendance as module
from api.store.errors import Unavailable
from api.store.store import Store, Transaction
from tests.api.conftest import Clock
from tests.api.house import House
from tests.api.rest.scene import Scene, open_scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(north: House) -> Scene:
    return await open_scene(north)


def hear(scene: Scene, what: str, *identities: str) -> None:
    room = Room(name=scene.room)
    scene.floor.attendance.hear(
        WebhookEvent(event=what, room=room, participant=ParticipantInfo(identity=identity))
        for identity in identities
    )


def meet(scene: Scene) -> None:
    hear(scene, "participant_joined", f"staff-{scene.olga.id}", f"patient-{scene.patient}")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What of it, as it is written."""
    found: list[str] = []
    write = module._write

    async def note(clinic: Any, tx: Transaction, seen: Sequence[module.Seen]) -> None:
        found.extend(one.identity.partition("-")[0] for one in seen)
        await asyncio.sleep(0)
        await write(clinic, tx, seen)

    monkeypatch.setattr(module, "_write", note)
    return found


async def test_what_is_written_late_was_not_late(scene: Scene, clock: Clock) -> None:
    """The database was away from before the two met until long after their visit."""
    begun = clock.now
    meet(scene)
    for _ in range(10):  # or olga is signed out
        clock.go(minutes=10)
        await scene.olga.ask("GET", "/workspace", status=200)
    await scene.floor.attendance.write()
    found = await scene.now()

    assert found["status"] == "ended"
    assert datetime.fromisoformat(found["liveAt"]) == begun


async def test_each_is_written_once_whoever_waits_for_it(scene: Scene, written: list[str]) -> None:
    meet(scene)
    waiting = [scene.floor.attendance.write_until_now() for _ in range(3)]
    await asyncio.gather(scene.floor.attendance.write(), *waiting)

    assert written == ["staff", "patient"]
    assert (await scene.now())["status"] == "live"


async def test_nobody_waits_for_what_comes_later(
    scene: Scene, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(scene)
    write = module._write

    async def go_on(clinic: Any, tx: Transaction, seen: Sequence[module.Seen]) -> None:
        hear(scene, "participant_left", f"later-{len(written)}")
        await write(clinic, tx, seen)

    monkeypatch.setattr(module, "_write", go_on)
    async with asyncio.timeout(5):
        await scene.floor.attendance.write_until_now()

    assert written == ["staff", "patient"]


async def test_while_the_database_is_away_who_asks_is_told_and_nothing_is_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def away(self: Store, tenant: UUID) -> AsyncIterator[Transaction]:
        raise Unavailable("the database does not answer")
        yield

    meet(scene)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "writing", away)
        with pytest.raises(Unavailable):
            await scene.floor.attendance.write_until_now()
        assert not await scene.floor.attendance.write()
    await scene.floor.attendance.write_until_now()

    assert (await scene.now())["status"] == "live"


async def test_what_is_pushed_out_takes_nobody_else_with_it(
    scene: Scene, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than there is room for comes while the oldest is being written."""
    monkeypatch.setattr(module, "WAITING", 2)
    own = module.Attendance(scene.house.clinic)
    monkeypatch.setattr(scene.floor, "attendance", own)
    meet(scene)
    writing = asyncio.ensure_future(own.write())
    while not written:
        await asyncio.sleep(0)
    hear(scene, "participant_left", f"staff-{scene.olga.id}")
    await writing

    assert written == ["staff", "patient", "staff"]
