"""The vault and the rows that tell of it, compared."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.folders import FILE, UNCLAIMED, vault_of
from api.rules.auditing import Act
from api.store.models import ChartItem, PatientFile


async def sweep(clinic: Clinic, workspace: UUID) -> int:
    """Remove what no row tells of: of an upload that came to nothing, or of a deletion that was
    interrupted. How many files are missing that a row tells of."""
    known = await _known(clinic, workspace)
    before = (clinic.store.now() - UNCLAIMED).timestamp()
    vault = vault_of(clinic)

    def remove_and_count() -> int:
        _remove(vault.older(workspace, before), {str(id) for id in known})
        return sum(not vault.has(workspace, id) for id in known)

    return await asyncio.to_thread(remove_and_count)


async def _known(clinic: Clinic, workspace: UUID) -> list[UUID]:
    async with clinic.store.reading(workspace) as tx:
        return list((await tx.session.scalars(select(PatientFile.id))).all())


def _remove(paths: Iterable[Path], known: set[str]) -> None:
    for path in paths:
        if path.name not in known:
            path.unlink(missing_ok=True)


async def forget_missing(clinic: Clinic, workspace: UUID) -> int:
    """After a restore: what was deleted while the backup was made is in its database, and not
    among its files."""
    vault, count = vault_of(clinic), 0
    async with clinic.store.writing(workspace) as tx:
        for row in (await tx.session.scalars(select(PatientFile))).all():
            if vault.has(workspace, row.id):
                continue
            filed = select(ChartItem).where(ChartItem.kind == FILE, ChartItem.subject_id == row.id)
            for item in await tx.session.scalars(filed):
                await tx.session.delete(item)
            await tx.session.delete(row)
            detail = {"file": str(row.id), "sha256": row.sha256}
            tx.tell(Act("file.lose", "patient", str(row.patient_id), detail=detail))
            count += 1
    return count
