"""Alive and ready are two things, and to ask for them costs little."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api import readiness as module
from api.clinical import Clinical
from api.health import Health, Phase
from api.readiness import Readiness, State, counted
from tests.api.planning import make

pytestmark = pytest.mark.anyio


@pytest.fixture
def health() -> Health:
    health = Health()
    health.phase = Phase.SERVING
    return health


def browser(readiness: Readiness) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=readiness.routes))
    return httpx.AsyncClient(transport=transport, base_url="http://here")


def answering(*states: State) -> "tuple[list[State], module.Look]":
    """And a list of what was told."""
    left, told = list(states), list[State]()

    async def look() -> State:
        await asyncio.sleep(0)
        told.append(left.pop(0))
        return told[-1]

    return told, look


async def test_a_server_with_all_its_parts_is_ready(health: Health) -> None:
    _, look = answering(State.OK)
    async with browser(Readiness(health, {"media": look})) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "parts": {"server": "ok", "media": "ok"}}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_part_that_is_away_makes_it_unready_and_leaves_it_alive(health: Health) -> None:
    _, media = answering(State.PARTLY)
    _, database = answering(State.AWAY)
    async with browser(Readiness(health, {"media": media, "database": database})) as client:
        ready, live = await client.get("/readyz"), await client.get("/livez")

    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert ready.json()["parts"] == {"server": "ok", "media": "partly", "database": "away"}
    assert (live.status_code, live.text) == (200, "OK")


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.ENDING])
async def test_one_that_begins_or_ends_is_alive_and_not_ready(health: Health, phase: Phase) -> None:
    health.phase = phase
    async with browser(Readiness(health, {})) as client:
        assert (await client.get("/readyz")).json() == {"ready": False, "parts": {"server": "away"}}
        assert (await client.get("/livez")).status_code == 200
        assert (await client.head("/livez")).status_code == 200


async def test_many_who_ask_at_once_cost_one_look(
    health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, look = answering(State.OK, State.AWAY)
    readiness = Readiness(health, {"media": look})
    async with browser(readiness) as client:
        answers = await asyncio.gather(*(client.get("/readyz") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert told == [State.OK]
        monkeypatch.setattr(readiness, "_until", 0.0)
        assert (await client.get("/readyz")).status_code == 503
    assert told == [State.OK, State.AWAY]


def test_some_of_several_are_enough() -> None:
    assert [counted(n, 2) for n in (0, 1, 2)] == [State.AWAY, State.PARTLY, State.OK]


async def test_the_clinic_tells_whether_its_database_answers(tmp_path: Path) -> None:
    clinical = await Clinical.start(make({"data": tmp_path}))
    assert await clinical.answers()

    engine = clinical.clinic.store.engine
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert not await clinical.answers()
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE alembic_version")
    assert not await clinical.answers()
    await clinical.close()


async def test_a_database_that_hangs_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.clinical.ANSWERS", 0.05)
    clinical = await Clinical.start(make({"data": tmp_path}))
    hangs, asked = asyncio.Event(), 0

    async def revision(_: object) -> str:
        nonlocal asked
        asked += 1
        await hangs.wait()
        return "0001"

    monkeypatch.setattr("api.clinical.revision", revision)
    assert not await clinical.answers()
    assert not await clinical.answers()
    assert asked == 1  # nobody piles up
    hangs.set()
    await clinical.close()


def test_states_are_words() -> None:
    assert json.dumps(State.AWAY) == '"away"'
