"""A patient's folder: files that staff put there, look at, name and delete, each time told to the
audit log.

The content is on the disk before its row is committed, and goes after its row has gone: a row
without its file is a loss, a file without a row is swept away.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import func, select

from api.clinic.caller import Visit
from api.clinic.clinic import Clinic, get
from api.clinic.errors import Full, Gone, InTheWay, TooLarge, Unfit, WrongType, missing
from api.clinic.patients import find as find_patient
from api.clinic.staff import check_version
from api.files.examining import Examined
from api.files.vault import Vault, VaultError, VaultFull, new_key
from api.rules.auditing import Act
from api.rules.contents import ContentError, MediaType, Reason
from api.rules.ids import RANDOM_BYTES, make_id
from api.rules.private import Private
from api.store.models import ChartItem, Meeting, PatientFile
from api.store.store import Transaction

FILE = "file"  # the kind of a chart's item
MOST = 1000  # files of one patient
UNCLAIMED = timedelta(days=1)  # after which what no row tells of is swept away


@dataclass(frozen=True, slots=True)
class Kept:
    """What is in the vault already, and in no row yet."""

    id: UUID
    workspace: UUID
    kind: MediaType
    size: int
    sha256: str
    key: bytes = field(repr=False)  # sealed


@dataclass(frozen=True, slots=True)
class Change:
    """None: as it is. `meeting`: whether it is filed under another visit, or under none."""

    name: Private | None = None
    refiles: bool = False
    meeting: UUID | None = None


def place(id: UUID) -> str:
    """Where a file's key stands, for its seal."""
    return f"file {id}"


def vault_of(clinic: Clinic) -> Vault:
    assert clinic.vault is not None, "a clinic without a data folder"
    return clinic.vault


async def check(visit: Visit, patient_id: UUID, meeting_id: UUID | None) -> None:
    """Whether one more may come. Raises Missing, Forbidden, InTheWay, TooLarge."""
    patient = await find_patient(visit, patient_id)
    if patient.archived_at is not None:
        raise InTheWay("archived", "This patient is archived.")
    if meeting_id is not None:
        await _meeting(visit, patient_id, meeting_id)
    query = select(func.count()).select_from(PatientFile)
    count = await visit.tx.session.scalar(query.where(PatientFile.patient_id == patient_id))
    if (count or 0) >= MOST:
        sentence = f"This folder holds {MOST} files, and that is all it can: delete some."
        raise InTheWay("folder_full", sentence)
    used = await visit.tx.session.scalar(select(func.sum(PatientFile.size)))
    if (used or 0) >= visit.clinic.file_space:
        space = f"{visit.clinic.file_space / 10**9:g} GB"
        sentence = (
            f"The clinic's files take all {space} that there are for them: delete some, or ask the "
            "operator for more (clinic.file_space)."
        )
        raise TooLarge("no_space", sentence)


async def examine(clinic: Clinic, data: bytes) -> Examined:
    """Raises WrongType, Unfit."""
    try:
        return await clinic.examiner.examine(data)
    except ContentError as error:
        kind = WrongType if error.reason is Reason.WRONG_TYPE else Unfit
        raise kind(error.reason.value, str(error)) from None


async def keep(clinic: Clinic, workspace: UUID, examined: Examined) -> Kept:
    """Into the vault. Raises Full."""
    id = make_id(clinic.store.now().timestamp(), secrets.token_bytes(RANDOM_BYTES))
    key = new_key()
    put = partial(vault_of(clinic).put, workspace, id, key, examined.content)
    try:
        await asyncio.to_thread(put)
    except VaultFull as error:
        sentence = f"The server cannot keep the file: {error}. Tell its operator."
        raise Full("disk_full", sentence) from None
    return Kept(
        id=id,
        workspace=workspace,
        kind=examined.kind,
        size=len(examined.content),
        sha256=await asyncio.to_thread(_digest, examined.content),
        key=clinic.keyring.seal(key, place(id)),
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def discard(clinic: Clinic, kept: Kept) -> None:
    """It gets no row."""
    await asyncio.to_thread(vault_of(clinic).remove, kept.workspace, kept.id)


async def add(
    visit: Visit, patient_id: UUID, meeting_id: UUID | None, kept: Kept
) -> tuple[PatientFile, UUID | None]:
    """Raises Missing, Forbidden, InTheWay, TooLarge."""
    await check(visit, patient_id, meeting_id)
    row = PatientFile(
        id=kept.id,
        patient_id=patient_id,
        name=Private(f"{visit.tx.now:%Y-%m-%d-%H%M%S}{kept.kind.suffix}"),
        media_type=kept.kind.value,
        size=kept.size,
        sha256=kept.sha256,
        key=kept.key,
        added_by=visit.caller.id,
        created_at=visit.tx.now,
    )
    visit.tx.session.add(row)
    await visit.tx.session.flush()
    if meeting_id is not None:
        await _file_under(visit, row, meeting_id)
    detail = {"type": row.media_type, "size": row.size, "sha256": row.sha256}
    _tell(visit, "file.add", row, **detail)
    return row, meeting_id


async def list_files(
    visit: Visit, patient_id: UUID, after: UUID | None, limit: int
) -> list[tuple[PatientFile, UUID | None]]:
    """Each with the visit that it is filed under. Raises Missing, Forbidden."""
    await find_patient(visit, patient_id)
    query = select(PatientFile).where(PatientFile.patient_id == patient_id)
    if after is not None:
        query = query.where(PatientFile.id > after)
    rows = list((await visit.tx.session.scalars(query.order_by(PatientFile.id).limit(limit))).all())
    filed = await meetings_of(visit.tx, [row.id for row in rows])
    detail = {"ids": [str(row.id) for row in rows]}
    visit.tx.tell(Act("file.list", "patient", str(patient_id), detail=detail))
    return [(row, filed.get(row.id)) for row in rows]


async def meetings_of(tx: Transaction, files: list[UUID]) -> dict[UUID, UUID]:
    """By file, the visit that it is filed under."""
    if not files:
        return {}
    query = select(ChartItem).where(ChartItem.kind == FILE, ChartItem.subject_id.in_(files))
    return {item.subject_id: item.meeting_id for item in await tx.session.scalars(query)}


async def view(visit: Visit, patient_id: UUID, id: UUID) -> tuple[PatientFile, UUID | None]:
    """What is known of it. Raises Missing, Forbidden."""
    row = await find(visit, patient_id, id)
    _tell(visit, "file.view", row)
    return row, await meeting_of(visit, row)


async def find(visit: Visit, patient_id: UUID, id: UUID) -> PatientFile:
    """Raises Missing, Forbidden."""
    await find_patient(visit, patient_id)
    return await get(visit.tx, PatientFile, id, "file", PatientFile.patient_id == patient_id)


async def meeting_of(visit: Visit, row: PatientFile) -> UUID | None:
    return (await meetings_of(visit.tx, [row.id])).get(row.id)


async def change(
    visit: Visit, patient_id: UUID, id: UUID, seen: int | None, wanted: Change
) -> tuple[PatientFile, UUID | None]:
    """Raises Missing, Forbidden, Changed."""
    row = await find(visit, patient_id, id)
    check_version(row.version, seen)
    if wanted.name is not None:
        row.name = wanted.name
    if wanted.refiles:
        await _take_off(visit, row)
        if wanted.meeting is not None:
            await _meeting(visit, patient_id, wanted.meeting)
            await _file_under(visit, row, wanted.meeting)
    await visit.tx.session.flush()
    _tell(visit, "file.change", row)
    return row, await meeting_of(visit, row)


async def delete(visit: Visit, patient_id: UUID, id: UUID) -> None:
    """For good: without its row nobody has its key. Raises Missing, Forbidden."""
    row = await find(visit, patient_id, id)
    await _take_off(visit, row)
    await visit.tx.session.delete(row)
    await visit.tx.session.flush()
    _tell(visit, "file.delete", row, sha256=row.sha256)
    workspace, clinic = visit.caller.workspace, visit.clinic

    async def remove() -> None:
        await asyncio.to_thread(vault_of(clinic).remove, workspace, id)

    visit.tx.afterwards.append(remove)


async def open_content(
    visit: Visit, patient_id: UUID, id: UUID
) -> tuple[PatientFile, Iterator[bytes]]:
    """Pieces, of which each may raise VaultError. Raises Missing, Forbidden."""
    row = await find(visit, patient_id, id)
    key = visit.clinic.keyring.open(row.key, place(row.id))
    _tell(visit, "file.download", row, sha256=row.sha256)
    return row, vault_of(visit.clinic).read(visit.caller.workspace, row.id, key)


async def first_piece(pieces: Iterator[bytes]) -> bytes:
    """Raises Gone."""
    try:
        return await asyncio.to_thread(next, pieces, b"")
    except VaultError as error:
        sentence = f"The file's content cannot be read: {error}. It may be in a backup."
        raise Gone("content_lost", sentence) from None


def _tell(visit: Visit, action: str, row: PatientFile, **detail: object) -> None:
    about = {"file": str(row.id), **detail}
    visit.tx.tell(Act(action, "patient", str(row.patient_id), detail=about))


async def _meeting(visit: Visit, patient_id: UUID, id: UUID) -> Meeting:
    """A visit of that patient's. Raises Missing."""
    meeting = await get(visit.tx, Meeting, id, "meeting")
    if meeting.patient_id != patient_id:
        raise missing("meeting")
    return meeting


async def _file_under(visit: Visit, row: PatientFile, meeting_id: UUID) -> None:
    visit.tx.session.add(
        ChartItem(
            id=visit.tx.new_id(),
            meeting_id=meeting_id,
            kind=FILE,
            subject_id=row.id,
            added_at=visit.tx.now,
        )
    )
    await visit.tx.session.flush()


async def _take_off(visit: Visit, row: PatientFile) -> None:
    query = select(ChartItem).where(ChartItem.kind == FILE, ChartItem.subject_id == row.id)
    for item in await visit.tx.session.scalars(query):
        await visit.tx.session.delete(item)
    await visit.tx.session.flush()
