"""What the operator's commands do with the database."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

from api.clinic.setup import first_start
from api.clinical import open_clinic, prepare
from api.operator import take_bounce
from api.rules.mailing import MailState
from api.settings import Settings
from api.store.models import Mail
from tests.api.planning import make
from tests.api.rules.test_bounces import ID, report


async def post(settings: Settings) -> UUID:
    """A letter that was sent, in a new database; its workspace."""
    clinic, _ = open_clinic(settings)
    await prepare(clinic.store, settings)
    await first_start(clinic)
    (workspace,) = await clinic.workspaces()
    async with clinic.store.writing(workspace.id) as tx:
        tx.session.add(
            Mail(
                id=ID, channel="mail", kind="staff", subject_kind="staff", subject_id=uuid4(),
                state="sent", tries=1, created_at=tx.now, next_at=tx.now, expires_at=tx.now,
            )
        )  # fmt: skip
    await clinic.store.close()
    return workspace.id


async def state(settings: Settings, workspace: UUID) -> str:
    clinic, _ = open_clinic(settings)
    async with clinic.store.reading(workspace) as tx:
        mail = await tx.session.get(Mail, {"workspace_id": workspace, "id": ID})
    await clinic.store.close()
    assert mail is not None
    return mail.state


def test_a_letter_that_comes_back_is_marked(tmp_path: Path) -> None:
    settings = make({"data": tmp_path}).settings
    workspace = asyncio.run(post(settings))

    assert not take_bounce(settings, b"Subject: hello\n\nhello")
    assert asyncio.run(state(settings, workspace)) == MailState.SENT
    assert take_bounce(settings, report())
    assert asyncio.run(state(settings, workspace)) == MailState.BOUNCED
