"""Make a backup, while a server runs or not."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from api.backup import databases
from api.backup.archive import DATABASE, FILES, Manifest, is_backup, writing
from api.backup.databases import NAME, NAMES, Kind
from api.backup.errors import BackupError
from api.clinical import open_clinic
from api.datafolder import ASIDE
from api.datafolder import FILES as PATIENTS
from api.rules.auditing import Act
from api.settings import Settings
from api.store.migrate import revision
from api.store.migrations import HEAD

SUFFIX = ".housecall"  # of backups that we name ourselves
DATABASES = {NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal"}
LATER = DATABASES | {PATIENTS}


@dataclass(frozen=True, slots=True)
class Wanted:
    target: Path  # a file, or a folder in which it gets a name of its own
    passphrase: str | None = None
    keep: int | None = None  # of those that we have named, so many


def make(settings: Settings, wanted: Wanted, now: datetime) -> Iterator[str]:
    """What was done, in sentences. Raises BackupError, StoreError, DataFolderError."""
    path = name_of(wanted.target, now)
    if settings.data.resolve() in path.resolve().parents:
        raise BackupError(
            f"{path} is in the data folder, of which it is to be a copy: name another"
        )
    place = databases.find(settings)
    if place.path is not None and not place.path.exists():
        place = databases.Place(Kind.NONE)
    if not settings.data.is_dir():
        raise BackupError(f"there is no data folder {settings.data}: name it with --data")
    found = None
    if place.kind is not Kind.NONE:
        found = asyncio.run(tell(settings))
    manifest = Manifest(version("housecall"), now.isoformat(), place.kind, found)
    with (
        writing(path, manifest, wanted.passphrase) as writer,
        tempfile.TemporaryDirectory(prefix=".housecall-", dir=path.parent) as folder,
    ):
        # The anchors before the database: they must not know more of the logs than it does.
        for name, file in files_of(settings.data):
            writer.put(FILES + name, file)
        if place.kind is not Kind.NONE:
            copied = Path(folder) / DATABASE
            databases.copy(place, settings, copied)
            writer.put(DATABASE, copied)
        # Patients' files behind it: each that the database tells of was there before it was told.
        for name, file in files_of(settings.data / PATIENTS):
            with suppress(FileNotFoundError):  # deleted meanwhile
                writer.put(f"{FILES}{PATIENTS}/{name}", file)
    at = f" at revision {found}" if found else ""
    count = sum(name.startswith(FILES) for name in manifest.files)
    yield f"{path}: {NAMES[place.kind]}{at} and {count} files, {path.stat().st_size} bytes."
    yield from remarks(settings, wanted)
    if wanted.keep is not None and wanted.target.is_dir():
        yield from prune(wanted.target, wanted.keep)


def name_of(target: Path, now: datetime) -> Path:
    """Raises BackupError rather than write over something else."""
    if target.is_dir():
        return target / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {target.parent}")
    if target.exists() and not is_backup(target):
        raise BackupError(f"{target} is there, and no backup: nothing is written over it")
    return target


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """All that a folder holds beside the database and patients' files, but for what is being
    written."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        is_passing = any(part.startswith((".", ASIDE)) for part in parts)
        is_file = path.is_file() and not path.is_symlink()
        if is_file and not is_passing and parts[0] not in LATER:
            yield "/".join(parts), path


async def tell(settings: Settings) -> str | None:
    """The logs of all workspaces that somebody takes a copy of all; the revision of the tables.
    Those of another version are copied without a word: it is the time to make a backup."""
    clinic, _ = open_clinic(settings)
    try:
        found = await revision(clinic.store.engine)
        if found == HEAD:
            for workspace in await clinic.workspaces():
                async with clinic.store.writing(workspace.id) as tx:
                    tx.tell(Act("backup.make"))
        return found
    finally:
        await clinic.store.close()


def remarks(settings: Settings, wanted: Wanted) -> Iterator[str]:
    if wanted.passphrase is None:
        yield "It is not encrypted and holds all keys: whoever reads it reads everything."
    elsewhere = [
        name
        for name, value in (
            ("keys", settings.keys),
            ("key_file", settings.key_file),
            ("clinic.keys", settings.clinic.keys),
            ("clinic.key_file", settings.clinic.key_file),
            ("tls.cert_file", settings.tls.cert_file),
        )
        if value
    ]
    if elsewhere:
        yield f"Not in it: the configuration, and what that names: {', '.join(elsewhere)}."


def prune(folder: Path, keep: int) -> Iterator[str]:
    """The newest stay; their names tell their age."""
    for old in sorted(folder.glob(f"????????T??????Z{SUFFIX}"))[:-keep]:
        if is_backup(old):
            os.unlink(old)
            yield f"{old} was removed: {keep} are kept."
