"""Rounds go on whatever happens to one of them."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from api import rounds as module
from api.clinic.clinic import Clinic
from api.clinic.tray import Tray
from api.rounds import Rounds
from api.store.store import Store

pytestmark = pytest.mark.anyio


class Served(Rounds):
    """Notes whom it was asked to serve; the first time something is wrong."""

    def __init__(self, clinic: Clinic, tray: Tray) -> None:
        super().__init__(clinic, tray, "nothing can be served")
        self.served: list[UUID] = []
        self.done = asyncio.Event()

    async def serve(self, workspace: UUID) -> datetime | None:
        self.served.append(workspace)
        if len(self.served) == 1:
            raise ValueError("whatever it is")
        self.done.set()
        return None


async def test_what_should_not_happen_is_told_and_tried_again(
    clinic: Clinic, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "AWAY", timedelta(seconds=0.01))
    monkeypatch.setattr(module, "BROKEN", timedelta(0))
    here, asked = UUID(int=1), 0

    class Found:
        id = here

    async def workspaces() -> list[Found]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise ValueError("whatever it is")
        return [Found()]

    monkeypatch.setattr(clinic, "workspaces", workspaces)
    tray = Tray()
    served = Served(clinic, tray)
    keeping = asyncio.create_task(served.keep())
    async with asyncio.timeout(5):
        await served.done.wait()
    keeping.cancel()

    assert served.served == [here, here]
    assert caplog.text.count("nothing can be served: ValueError") == 2
