"""A server that is killed in the middle of writing loses nothing that it has acknowledged."""

import random
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.rules.auditing import Log
from api.store.engine import make_engine
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger
from api.store.models import Patient, Workspace
from api.store.store import Store
from tests.api.conftest import Clock, Database

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


def kill_in_the_middle(url: str, key: str, workspace: UUID, after: int) -> list[str]:
    """What it has acknowledged; killed once that is so many, in the midst of others."""
    words = [sys.executable, "-m", "tests.api.store.writer", url, key, str(workspace)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(after)]
    process.kill()
    rest = process.stdout.read()  # a last line may be cut off: it is no acknowledgement
    process.wait()
    process.stdout.close()
    return [line.strip() for line in (*lines, *rest.splitlines(keepends=True)) if line[-1:] == "\n"]


async def survive(database: Database, clock: Clock, times: int) -> int:
    key, workspace = new_key(), uuid4()
    engine = make_engine(database.url)
    store = Store(engine, Ledger(Keyring.parse({"test": key})), clock)
    async with store.writing(workspace) as tx:
        tx.session.add(Workspace(id=workspace, slug="n", title="n", plan="free", created_at=tx.now))
    choose, kept = random.Random(7), set[str]()
    url = database.url.render_as_string(hide_password=False)
    for _ in range(times):
        kept |= set(kill_in_the_middle(url, key, workspace, choose.randint(1, 60)))
        async with store.reading(workspace) as tx:
            found = {str(id) for id in await tx.session.scalars(select(Patient.id))}
            report = await store.ledger.verify(tx.session, workspace, Log.AUDIT)
        assert kept <= found
        assert (report.problems, report.entries) == ([], len(found))
    await engine.dispose()
    return len(kept)


async def test_what_was_acknowledged_is_there(database: Database, clock: Clock) -> None:
    assert await survive(database, clock, 5) > 5


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_what_was_acknowledged_is_there_each_of_a_hundred_times(
    database: Database, clock: Clock
) -> None:
    print(f'{{"kills": 100, "acknowledged": {await survive(database, clock, 100)}}}')
