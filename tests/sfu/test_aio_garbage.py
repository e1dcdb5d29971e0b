"""When the collector looks at everything."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from sfu.aio import garbage
from sfu.aio.garbage import Garbage
from sfu.commands import AddPeer, RemovePeer

pytestmark = pytest.mark.anyio

ANN, BEN = AddPeer("RM_1", "PA_1", "ann"), AddPeer("RM_1", "PA_2", "ben")


class Collections:
    """Full ones, counted."""

    def __init__(self) -> None:
        self.count = 0
        self._news = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self._news.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.count < count:
                self._news.clear()
                await self._news.wait()


@pytest.fixture
async def collections(monkeypatch: pytest.MonkeyPatch) -> Collections:
    counted = Collections()
    monkeypatch.setattr(gc, "collect", counted)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    return counted


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


async def test_old_objects_are_looked_at_when_the_last_one_has_left(
    collections: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "QUIET", 0.0)
    policy = Garbage()
    assert collections.count == 1
    for command in (ANN, BEN, RemovePeer("PA_1"), RemovePeer("PA_1"), RemovePeer("PA_9")):
        policy.observe(command)
    await asyncio.sleep(0)
    assert collections.count == 1

    policy.observe(RemovePeer("PA_2"))

    await collections.until(2)
    policy.close()


async def test_who_comes_back_soon_is_not_disturbed(
    collections: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "QUIET", 0.0)
    policy = Garbage()
    for command in (ANN, RemovePeer("PA_1"), BEN):
        policy.observe(command)
    await asyncio.sleep(0.01)

    assert collections.count == 1
    policy.close()


async def test_with_people_all_day_they_are_looked_at_each_hour(
    collections: Collections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "LATEST", 0.01)
    policy = Garbage()
    policy.observe(ANN)

    await collections.until(3)
    policy.close()


async def test_the_collector_does_not_do_it_by_itself(collections: Collections) -> None:
    policy = Garbage()
    assert gc.get_threshold()[2] == garbage.NEVER
    policy.close()
