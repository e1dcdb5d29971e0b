"""What has to be done to a database that is of some time ago, before a server goes on with it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from api.backup.errors import BackupError
from api.clinic.clinic import Clinic
from api.clinic.sweeping import forget_missing
from api.clinical import open_clinic, prepare
from api.operator import verify_all
from api.rules.auditing import Act
from api.rules.mailing import MailState
from api.settings import Settings
from api.store.models import Mail, SignIn

OPEN = (MailState.WAITING, MailState.SENDING)


@dataclass
class Settled:
    logs: list[str]  # what looking at them has brought
    sessions: int = 0
    letters: int = 0
    files: int = 0  # that were deleted while the backup was made


async def settle(settings: Settings, made_at: str, takes_damaged: bool) -> Settled:
    """Migrate it, look through its logs, and let nothing happen twice. Raises BackupError,
    StoreError."""
    clinic, anchors = open_clinic(settings)
    try:
        await prepare(clinic.store, settings)
        lines = await verify_all(clinic, anchors)
        settled = Settled([line for line, _ in lines])
        if not (takes_damaged or all(is_good for _, is_good in lines)):
            bad = "; ".join(line for line, is_good in lines if not is_good)
            state = "Nothing was restored" if clinic.store.is_sqlite else "The database was filled"
            raise BackupError(
                f"the audit log in the backup is not whole: {bad}. {state}; with --despite-damage "
                "it is taken even so"
            )
        for workspace in await clinic.workspaces():
            await _settle(clinic, workspace.id, made_at, settled)
            settled.files += await forget_missing(clinic, workspace.id)
        anchors.save()
        return settled
    finally:
        await clinic.store.close()


async def _settle(clinic: Clinic, workspace: UUID, made_at: str, settled: Settled) -> None:
    """Sessions may have been ended since then, and letters sent: nobody gets one twice."""
    async with clinic.store.writing(workspace) as tx:
        for session in await tx.session.scalars(select(SignIn).where(SignIn.ended_at.is_(None))):
            session.ended_at = tx.now
            settled.sessions += 1
        for letter in await tx.session.scalars(select(Mail).where(Mail.state.in_(OPEN))):
            letter.state, letter.reason = MailState.UNKNOWN.value, "restored"
            letter.sealed, letter.finished_at = None, tx.now
            settled.letters += 1
        tx.tell(Act("backup.restore", detail={"made_at": made_at}))
