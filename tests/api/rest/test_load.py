"""Sixteen at once do a clinic's mixed work, on both databases: nothing fails, no change is lost,
and the log is whole."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.api.conftest import Database
from tests.api.house import House, Person

pytestmark = pytest.mark.anyio

CLIENTS = 16
SOON = {"startsAt": "2027-03-04T12:05:00Z", "duration": 20}  # open at the tests' noon


@dataclass
class Numbers:
    """Of all requests: how long each took, in seconds, and how often the shared record was
    changed."""

    took: list[float] = field(default_factory=list)
    changes: int = 0

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.took)
        return round(1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)], 1)


class Worker:
    """A clinician with a mixed day, in an order of their own."""

    def __init__(self, person: Person, shared: str, seed: int, numbers: Numbers) -> None:
        self._person = person
        self._shared = shared
        self._choose = random.Random(seed)
        self._numbers = numbers
        self._patients: list[str] = []
        self._visits: list[str] = []

    async def work(self, goes_on: Callable[[], bool]) -> None:
        tasks = (self._see, self._look, self._change_shared, self._visit, self._agree, self._list)
        await self._see()
        await self._visit()
        while goes_on():
            await self._choose.choice(tasks)()

    async def _ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        return await self._timed(lambda: self._person.ask(method, path, body, status))

    async def _timed(self, request: Callable[[], Awaitable[Any]]) -> Any:
        begun = time.perf_counter()
        answer = await request()
        self._numbers.took.append(time.perf_counter() - begun)
        return answer

    async def _see(self) -> None:
        made = await self._ask("POST", "/patients", {"name": "Pat", "phone": "+1 555"}, 201)
        self._patients.append(made["id"])

    async def _look(self) -> None:
        await self._ask("GET", f"/patients/{self._choose.choice(self._patients)}")

    async def _list(self) -> None:
        path = self._choose.choice(["/patients?limit=5", "/meetings?limit=5", "/waiting", "/mail"])
        await self._ask("GET", path)

    async def _change_shared(self) -> None:
        """As a page does: load, change, and load again if somebody was faster."""
        path = f"/patients/{self._shared}"
        while True:
            seen = await self._ask("GET", path)
            version = {"if-match": f'"{seen["version"]}"'}
            body = {"name": str(count_of(seen["name"]) + 1)}
            answer = await self._timed(
                lambda body=body, version=version: self._person.client.patch(  # type: ignore[misc]
                    path, json=body, headers=version
                )
            )
            if answer.status_code == 200:
                self._numbers.changes += 1
                return
            assert answer.status_code in (409, 412), answer.text

    async def _visit(self) -> None:
        """Agreed on, made longer, called off now and then."""
        body = SOON | {"patientId": self._choose.choice(self._patients)}
        path = f"/meetings/{(await self._ask('POST', '/meetings', body, 201))['id']}"
        await self._ask("PATCH", path, {"duration": self._choose.randint(10, 60)})
        if self._visits and self._choose.random() < 0.3:
            await self._ask("DELETE", self._visits.pop())
        self._visits.append(path)

    async def _agree(self) -> None:
        """To be recorded, and not any more."""
        shown = await self._ask("GET", "/consent/policy?language=en")
        body = {
            "meetingId": self._visits[-1].split("/")[-1], "scopes": ["audio"], "language": "en",
            "policyVersion": shown["version"], "policyHash": shown["hash"],
        }  # fmt: skip
        for given in (True, False):
            await self._ask("POST", "/video/consent-log", body | {"given": given}, 201)


def count_of(name: str) -> int:
    """Where names are marked the mark comes first."""
    return int(name.split()[-1])


async def load(house: House, seconds: float) -> Numbers:
    """All that was asked for was done."""
    shared = (await house.owner.ask("POST", "/patients", {"name": "0"}, 201))["id"]
    people = [await house.staff(f"c{n}", "clinician") for n in range(CLIENTS)]
    numbers, end = Numbers(), time.perf_counter() + seconds
    workers = [Worker(person, shared, seed, numbers) for seed, person in enumerate(people)]
    async with asyncio.TaskGroup() as tasks:
        for worker in workers:
            tasks.create_task(worker.work(lambda: time.perf_counter() < end))

    last = await house.owner.ask("GET", f"/patients/{shared}", status=200)
    assert count_of(last["name"]) == numbers.changes
    report = await house.owner.ask("GET", "/audit/verify", status=200)
    assert report["problems"] == []
    assert report["entries"] > len(numbers.took) / 2
    return numbers


async def test_nothing_fails_and_no_change_is_lost(north: House) -> None:
    numbers = await load(north, 4)
    assert len(numbers.took) > CLIENTS * 5


@pytest.mark.long
@pytest.mark.timeout(1500)
async def test_nothing_fails_and_no_change_is_lost_in_ten_minutes(
    north: House, database: Database
) -> None:
    numbers = await load(north, 600)
    report = {
        "database": "sqlite" if database.is_sqlite else "postgresql",
        "clients": CLIENTS,
        "requests": len(numbers.took),
        "p50_ms": numbers.quantile(0.5),
        "p95_ms": numbers.quantile(0.95),
        "p99_ms": numbers.quantile(0.99),
    }
    print(json.dumps(report))
