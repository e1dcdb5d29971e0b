"""When the participants of a load test ask whether the server is still there."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.loadtest import run


class Member:
    def __init__(self, asked: list[float], *, takes: float = 0.0) -> None:
        self._asked = asked
        self._takes = takes
        self.joined = asyncio.Event()
        self.joined.set()

    async def ping(self) -> None:
        self._asked.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self._takes)


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


@pytest.mark.anyio
async def test_who_is_late_does_not_wait_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PING", 2.0)
    asked: list[float] = []
    members = [Member(asked, takes=0.09) for _ in range(20)]  # by the clock there is 0.1 for each
    test = cast(Any, SimpleNamespace(participants=members))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run.Test._ping(test), 1.05)

    assert len(asked) > 7  # 5, if each waited as long as if nobody had been late
