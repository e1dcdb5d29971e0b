"""A store for each test, on SQLite and on a real PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from api.clinic.clinic import Clinic
from api.clinic.letters import Sender
from api.clinic.mailroom import Mailroom
from api.clinic.passwords import Passwords
from api.files.vault import Vault
from api.rest.v1.app import make_api
from api.store.engine import make_engine, parse_url, sqlite_url
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger
from api.store.migrate import migrate
from api.store.store import Store
from tests.api.house import House
from tests.harness.postgres import APP, OWNER, Postgres, running

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RING_KEYS = {"test": new_key()}
RING = Keyring.parse(RING_KEYS)
NOON = datetime(2027, 3, 4, 12, tzinfo=UTC)


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go(self, **difference: float) -> None:
        self.now += timedelta(**difference)


@dataclass
class Database:
    """A database of one test. `url` is the program's way in, `owner` that of migrations."""

    url: URL
    owner: URL

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def app_role(self) -> str | None:
        return self.url.username


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Without tables."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path / "housecall.db")
        yield Database(url, url)
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield on(server, name)
    server.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "housecall.db"
    url = sqlite_url(path)
    asyncio.run(make_tables(Database(url, url)))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    name = postgres.create()
    asyncio.run(make_tables(on(postgres, name)))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """With all tables, and nothing in them."""
    if request.param == "sqlite":
        path = tmp_path / "housecall.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield Database(sqlite_url(path), sqlite_url(path))
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("postgres_template"))
    yield on(server, name)
    server.drop(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database.url)
    yield engine
    await engine.dispose()


@pytest.fixture
def store(engine: AsyncEngine, clock: Clock) -> Store:
    return Store(engine, Ledger(RING), clock)


@pytest.fixture
async def clinic(store: Store, tmp_path: Path) -> Clinic:
    mailroom = Mailroom(Sender("no-reply@north.example", "Housecall"))
    made = Clinic(store, RING, Passwords(CHEAP), lambda: store.now().timestamp(), mailroom)
    made.vault = Vault(tmp_path / "files")
    return made


@pytest.fixture
async def north(clinic: Clinic) -> AsyncIterator[House]:
    """A clinic with an owner who is signed in."""
    api = make_api(clinic, "https://north.example/")
    async with House(clinic, api) as house:
        await house.set_up("clinic")
        yield house


@pytest.fixture
async def south(north: House) -> AsyncIterator[House]:
    """Another clinic on the same server."""
    async with House(north.clinic, north.api) as house:
        await house.set_up("south")
        yield house


def on(server: Postgres, name: str) -> Database:
    return Database(parse_url(server.url(APP, name)), parse_url(server.url(OWNER, name)))


async def make_tables(database: Database) -> None:
    engine = make_engine(database.owner)
    await migrate(engine, database.app_role)
    await engine.dispose()
