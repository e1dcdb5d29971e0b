"""The clinic's server within the program: what it does without its database, and with it again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from api import clinical as module
from api import rounds
from api.clinic.letters import Letter
from api.clinic.outbox import post
from api.clinical import Clinical
from api.plan import Plan
from api.rules.auditing import ActorKind
from api.rules.private import Private
from api.rules.wording import LetterKind
from api.store.engine import make_engine, parse_url
from api.store.errors import StoreError, Unavailable
from api.store.migrate import migrate
from tests.api.planning import make
from tests.api.test_joins import come, rows, scope
from tests.harness.mailbox import receiving
from tests.harness.postgres import APP, OWNER, Postgres, running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """One that a test may stop."""
    with running() as server:
        yield server


@pytest.fixture
async def plan(own_postgres: Postgres, tmp_path: Path) -> AsyncIterator[Plan]:
    name = own_postgres.create()
    settings = {
        "data": tmp_path,
        "clinic": {
            "database": own_postgres.url(APP, name),
            "database_owner": own_postgres.url(OWNER, name),
        },
    }
    yield make(settings)
    own_postgres.drop(name)


def client(clinical: Clinical) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=[clinical.route]))
    return httpx.AsyncClient(transport=transport, base_url="http://here/api/v1")


async def ask(clinical: Clinical) -> httpx.Response:
    async with client(clinical) as browser:
        return await browser.post("/links/open", json={"token": clinical.setup or "hcl_"})


async def test_sqlite_is_made_at_the_first_start_and_found_at_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        clinical = await Clinical.start(make({"data": tmp_path}))
        assert (await ask(clinical)).status_code == 200
        await clinical.close()

    assert (tmp_path / "housecall.db").exists()


async def test_while_the_database_is_away_the_api_says_so_and_then_goes_on(
    plan: Plan, own_postgres: Postgres
) -> None:
    clinical = await Clinical.start(plan)
    assert (await ask(clinical)).status_code == 200

    own_postgres.stop()
    answer = await ask(clinical)
    own_postgres.start()

    assert (answer.status_code, answer.json()["title"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert (await ask(clinical)).status_code == 200
    await clinical.close()


async def test_a_start_without_its_database_waits_for_it(
    plan: Plan, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEARCH", 0.05)
    own_postgres.stop()
    clinical = await Clinical.start(plan)
    keeping = asyncio.create_task(clinical.keep())
    assert (await ask(clinical)).status_code == 503

    own_postgres.start()
    async with asyncio.timeout(20):
        while (await ask(clinical)).status_code != 200:
            await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await clinical.close()


async def test_nobody_writes_or_looks_for_letters_before_there_are_tables(
    plan: Plan, own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is back, and empty until somebody makes its tables."""
    monkeypatch.setattr(module, "SEARCH", 1.0)
    monkeypatch.setattr(rounds, "AWAY", timedelta(seconds=0.01))
    own_postgres.stop()
    clinical = await Clinical.start(plan)
    await come(clinical.joins, scope("no.such.token"), {"type": "websocket.accept"})
    own_postgres.start()
    keeping = asyncio.create_task(clinical.keep())

    async with asyncio.timeout(20):
        while (await ask(clinical)).status_code != 200:
            assert not keeping.done()
            await asyncio.sleep(0.05)
        (workspace,) = await clinical.clinic.workspaces()
        while not await rows(clinical.clinic.store, workspace.id):
            await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await clinical.close()


async def test_joins_do_not_wait_for_the_database_but_are_told_once_it_is_back(
    plan: Plan, own_postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    clinical = await Clinical.start(plan)
    own_postgres.stop()
    for _ in range(3):
        await come(clinical.joins, scope("no.such.token"), {"type": "websocket.accept"})
    await clinical.joins.flush()
    assert "3 entries of the log of joins could not be written" in caplog.text
    own_postgres.start()
    keeping = asyncio.create_task(clinical.keep())
    (workspace,) = await clinical.clinic.workspaces()
    async with asyncio.timeout(20):
        while len(await rows(clinical.clinic.store, workspace.id)) < 3:
            await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await clinical.close()


async def test_who_asks_finds_all_that_was_seen_in_visits(tmp_path: Path) -> None:
    """Nobody calls a visit off that two have just met in."""
    clinical = await Clinical.start(make({"data": tmp_path}))
    written: list[str] = []

    async def write() -> None:
        written.append("before")

    clinical.attendance.write_until_now = write  # type: ignore[method-assign]
    assert (await ask(clinical)).status_code == 200
    assert written == ["before"]

    async def fail() -> None:
        raise Unavailable("the database does not answer")

    clinical.attendance.write_until_now = fail  # type: ignore[method-assign]
    answer = await ask(clinical)
    async with client(clinical) as browser:
        status = await browser.get("/status")
    await clinical.close()

    assert (answer.status_code, answer.json()["title"]) == (503, "unavailable")
    assert status.status_code != 503


async def test_tables_that_are_missing_are_told_at_the_start(plan: Plan, tmp_path: Path) -> None:
    url = plan.settings.clinic.database
    without_owner = make({"data": tmp_path, "clinic": {"database": url}})

    with pytest.raises(StoreError, match="housecall migrate"):
        await Clinical.start(without_owner)


async def test_a_role_that_is_not_bound_does_not_start(plan: Plan, tmp_path: Path) -> None:
    owner = plan.settings.clinic.database_owner
    engine = make_engine(parse_url(owner))
    await migrate(engine, APP)
    await engine.dispose()

    with pytest.raises(StoreError, match="owns the tables"):
        await Clinical.start(make({"data": tmp_path, "clinic": {"database": owner}}))


async def test_letters_reach_the_mail_server_that_the_settings_name(tmp_path: Path) -> None:
    async with receiving() as box:
        mail = {
            "host": "127.0.0.1", "port": box.port, "security": "none",
            "sender": "no-reply@n.example",
        }  # fmt: skip
        clinical = await Clinical.start(make({"data": tmp_path, "clinic": {"mail": mail}}))
        keeping = asyncio.create_task(clinical.keep())
        (workspace,) = await clinical.clinic.workspaces()
        async with clinical.clinic.store.writing(workspace.id) as tx:
            subject, until = (ActorKind.STAFF, uuid4()), tx.now + timedelta(hours=1)
            values = {"clinic": "North", "link": "https://n.example/#l=1", "until": "soon"}
            to = Private("anna@n.example")
            letter = Letter(LetterKind.STAFF, to, subject, until, None, values)
            await post(clinical.clinic, tx, workspace.id, letter)
        async with asyncio.timeout(20):
            while not box.letters:
                await asyncio.sleep(0.02)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await clinical.close()

    assert box.letters[0]["To"] == "anna@n.example"


async def test_another_key_does_not_open_what_is_sealed(tmp_path: Path) -> None:
    clinical = await Clinical.start(make({"data": tmp_path}))
    assert (await ask(clinical)).status_code == 200
    await clinical.close()
    (tmp_path / "secrets.yaml").unlink()
    other = await Clinical.start(make({"data": tmp_path}))
    async with client(other) as browser:
        answer = await browser.post("/links/open", json={"token": clinical.setup})
    await other.close()

    assert answer.status_code == 401  # that start has made a new link
