"""When the participants of a load test ask whether the server is still there."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.loadtest import run


class Member:
    def __init__(self, asked: list[float]) -> None:
        self._asked = asked
        self.joined = asyncio.Event()
        self.joined.set()

    async def ping(self) -> None:
        self._asked.append(asyncio.get_running_loop().time())


@pytest.mark.anyio
async def test_participants_ask_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PING", 0.2)
    asked: list[float] = []
    members = [Member(asked) for _ in range(10)]
    test = cast(Any, SimpleNamespace(participants=members))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run.Test._ping(test), 0.3)

    assert len(asked) > 5
    assert min(after - before for before, after in pairwise(asked)) > 0.01
