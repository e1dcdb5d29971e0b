"""Many at once, on both databases: nothing fails, nothing is lost, the log is whole."""

import asyncio
import random

import pytest

from tests.api.house import House, Person

pytestmark = pytest.mark.anyio

CLIENTS, ROUNDS = 16, 2


async def work(person: Person, shared: str, seed: int) -> int:
    """A clinician's mixed day; how often the shared record was changed."""
    choose, changes = random.Random(seed), 0
    for n in range(ROUNDS):
        made = await person.ask("POST", "/patients", {"name": f"P{seed}-{n}"}, 201)
        await person.ask("GET", f"/patients/{made['id']}", status=200)
        if choose.random() < 0.5:
            await person.ask("GET", "/patients?limit=5", status=200)
        while True:  # as a page does: load, change, and load again if somebody was faster
            await person.ask("GET", f"/patients/{shared}", status=200)
            version = person.last.headers["etag"]
            count = int(person.last.json()["name"]) + 1
            answer = await person.client.patch(
                f"/patients/{shared}", json={"name": str(count)}, headers={"if-match": version}
            )
            if answer.status_code == 200:
                changes += 1
                break
            assert answer.status_code in (409, 412), answer.text
    return changes


async def test_nothing_fails_and_no_change_is_lost(north: House) -> None:
    shared = (await north.owner.ask("POST", "/patients", {"name": "0"}, 201))["id"]
    people = [await north.staff(f"c{n}", "clinician") for n in range(CLIENTS)]
    changes = await asyncio.gather(
        *(work(person, shared, seed) for seed, person in enumerate(people))
    )

    last = await north.owner.ask("GET", f"/patients/{shared}", status=200)
    assert int(last["name"]) == sum(changes) == CLIENTS * ROUNDS
    report = await north.owner.ask("GET", "/audit/verify", status=200)
    assert report["problems"] == []
    assert report["entries"] > CLIENTS * ROUNDS * 4
