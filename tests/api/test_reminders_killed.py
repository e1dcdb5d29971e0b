"""A server that is killed around due reminders sends each of them once, or says that it does not
know, and never twice."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from api.carriers.carrier import message_of
from api.clinic.clinic import Clinic
from api.clinic.outbox import claim
from api.clinic.passwords import Passwords
from api.rules.mailing import LEASE, Channel
from api.rules.private import Private
from api.rules.rooms import RANDOM_BYTES, make_room
from api.store.engine import make_engine
from api.store.keyring import Keyring, new_key
from api.store.ledger import Ledger
from api.store.models import (
    Invitation,
    Mail,
    Meeting,
    MeetingParticipant,
    Patient,
    TextConsent,
    Workspace,
)
from api.store.store import Store, Transaction
from tests.api.conftest import Database
from tests.harness.carrier import carrying
from tests.harness.mailbox import receiving

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the test's"
VISITS = 10  # that are due with each start
LATER = LEASE + timedelta(seconds=1)  # when what was left behind is known to be
FINISHED = ("sent", "unknown")


@dataclass
class Seen:
    """What has come out of the server, by the letters' ids."""

    settings: dict[str, Any]
    arrived: Counter[UUID] = field(default_factory=Counter)


@asynccontextmanager
async def world(database: Database, folder: Path, key: str) -> AsyncIterator[Seen]:
    """A mail server and a carrier of text messages, both a little slow."""
    async with receiving() as box, carrying() as carrier:
        clinic: dict[str, Any] = {
            "keys": {"test": key},
            "mail": {
                "host": "127.0.0.1", "port": box.port, "security": "none",
                "sender": "no-reply@north.example",
            },
            "sms": {
                "provider": "webhook", "url": carrier.url, "secret": SECRET, "sender": "North",
            },
        }  # fmt: skip
        if not database.is_sqlite:
            clinic["database"] = database.url.render_as_string(hide_password=False)
        seen = Seen({"data": str(folder), "clinic": clinic})

        async def a_moment() -> None:
            await asyncio.sleep(0.003)

        box.before_answer = carrier.before_answer = a_moment
        yield seen
        for letter in box.letters:
            seen.arrived[UUID(str(letter["Message-ID"])[1:].partition("@")[0])] += 1
        for asked in carrier.asked:
            named = message_of(json.loads(asked.content)["reference"])
            assert named is not None
            seen.arrived[named[1]] += 1


async def due(tx: Transaction, workspace: UUID, at: datetime) -> None:
    """A visit a day after that time, whose patient is to be reminded by mail and by text."""
    patient = Patient(
        id=tx.new_id(), name=Private("Pat"), email=Private("pat@home.example"),
        phone=Private("+34600112233"), restricted=False, created_at=tx.now,
    )  # fmt: skip
    meeting = Meeting(
        id=tx.new_id(), kind="visit", patient_id=patient.id, starts_at=at + timedelta(days=1),
        minutes=20, conferencing="auto", provider="livekit", status="scheduled", locked=False,
        room=make_room(workspace, random.randbytes(RANDOM_BYTES)), sequence=0, created_at=tx.now,
        changed_at=tx.now,
    )  # fmt: skip
    for row in (patient, meeting):  # what others refer to comes first
        tx.session.add(row)
        await tx.session.flush()
    tx.session.add(
        MeetingParticipant(
            id=tx.new_id(), meeting_id=meeting.id, kind="patient", subject_id=patient.id,
            role="patient", rsvp="needs_action", admission="invited", added_at=tx.now,
        )
    )  # fmt: skip
    tx.session.add(
        Invitation(
            id=tx.new_id(), meeting_id=meeting.id, kind="patient", subject_id=patient.id,
            digest=random.randbytes(32), channel="mail", mail_id=uuid4(), sequence=0,
            sent_at=tx.now, expires_at=at + timedelta(days=2), remind_at=at,
        )
    )  # fmt: skip
    tx.session.add(
        TextConsent(
            id=tx.new_id(), kind="patient", subject_id=patient.id, phone=Private("+34600112233"),
            given=True, method="click", at=tx.now,
        )
    )  # fmt: skip


async def start(seen: Seen) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.api.reminding", json.dumps(seen.settings), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.communicate()


async def all_is_sent(store: Store, workspace: UUID) -> None:
    """But for what a process that was killed has left behind."""
    while True:
        async with store.reading(workspace) as tx:
            to_write = select(func.count()).where(Invitation.remind_at <= tx.now)
            to_send = select(func.count()).where(Mail.state == "waiting")
            if not await tx.session.scalar(to_write) and not await tx.session.scalar(to_send):
                return
        await asyncio.sleep(0.05)


async def survive(database: Database, folder: Path, kills: int) -> dict[str, int]:
    """How many reminders ended how."""
    key, workspace, choose = new_key(), uuid4(), random.Random(8)
    ledger = Ledger(Keyring.parse({"test": key}))
    engine = make_engine(database.url)
    store = Store(engine, ledger, lambda: datetime.now(UTC))
    async with store.writing(workspace) as tx:
        tx.session.add(Workspace(id=workspace, slug="n", title="N", plan="free", created_at=tx.now))
    async with world(database, folder, key) as seen:
        for _ in range(kills):
            async with store.writing(workspace) as tx:
                for _ in range(VISITS):
                    await due(tx, workspace, tx.now)
            process = await start(seen)
            await asyncio.sleep(choose.uniform(0, 0.6))  # the moment that is tried
            await kill(process)
        process = await start(seen)
        await all_is_sent(store, workspace)
        await kill(process)  # the last one may have been on its way just now
    later = Store(engine, ledger, lambda: datetime.now(UTC) + LATER)
    clinic = Clinic(later, Keyring.parse({"test": key}), Passwords(), lambda: 0.0)
    for channel in Channel:
        assert await claim(clinic, workspace, channel) is None
    async with store.reading(workspace) as tx:
        rows = list(await tx.session.scalars(select(Mail)))
    await engine.dispose()
    check(rows, seen.arrived, kills * VISITS)
    return dict(Counter(row.state for row in rows))


def check(rows: list[Mail], arrived: Counter[UUID], visits: int) -> None:
    written = Counter((row.meeting_id, row.channel) for row in rows)
    assert len(written) == 2 * visits  # each by both channels
    assert set(written.values()) == {1}
    assert {row.state for row in rows} <= set(FINISHED)
    assert arrived.keys() <= {row.id for row in rows}
    for row in rows:
        expected = {1} if row.state == "sent" else {0, 1}
        assert arrived[row.id] in expected, row.state


async def test_each_reminder_is_sent_once_or_not_known_to_be(
    database: Database, tmp_path: Path
) -> None:
    states = await survive(database, tmp_path, 2)
    assert states["sent"] > 0


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_each_reminder_is_sent_once_or_not_known_to_be_whenever_it_is_killed(
    database: Database, tmp_path: Path
) -> None:
    states = await survive(database, tmp_path, 20)
    print(json.dumps({"kills": 20, "database": database.url.get_backend_name(), **states}))
    assert states["unknown"] > 0  # some were hit while they were being sent
