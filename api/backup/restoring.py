"""Put back what a backup holds. Nothing of what is there is lost, and nothing is changed before
the backup has been looked through: unpacked beside it, migrated and verified there, then moved."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from api.backup import databases, postgres
from api.backup.archive import DATABASE, FILES, Manifest, unpack
from api.backup.databases import NAME, NAMES, Kind, Place
from api.backup.errors import BackupError
from api.backup.making import DATABASES
from api.backup.settling import Settled, settle
from api.datafolder import ASIDE, IN_USE, UNFINISHED, DataFolder, sync
from api.settings import Settings
from api.store.engine import make_engine, parse_url
from api.store.migrate import revision
from api.store.migrations import HEAD

STAGING = ".restoring"
NOT_OURS = {IN_USE, STAGING, "lost+found"}


@dataclass(frozen=True, slots=True)
class Wanted:
    source: Path
    passphrase: str | None = None
    replaces: bool = False  # what is there, which is put aside
    takes_damaged: bool = False  # logs too: the rest may be needed


def restore(settings: Settings, wanted: Wanted, now: datetime) -> Iterator[str]:
    """What was done, in sentences. Raises BackupError, StoreError, DataFolderError."""
    folder = DataFolder(settings.data)
    with folder.held(alone=True):
        place = databases.find(settings)
        there = in_the_way(folder.path, place)
        if there and not wanted.replaces:
            raise BackupError(
                f"{folder.path} is not empty ({', '.join(sorted(p.name for p in there)[:3])}…): "
                "with --replace what is there is put aside"
            )
        staging = folder.path / STAGING
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        try:
            yield from _restore(settings, wanted, now, place, staging, there)
        except OSError as error:
            raise BackupError(f"{folder.path} cannot be written: {error.strerror}") from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _restore(
    settings: Settings, wanted: Wanted, now: datetime, place: Place, staging: Path,
    there: list[Path],
) -> Iterator[str]:  # fmt: skip
    manifest = unpack(wanted.source, staging, wanted.passphrase)
    kind = manifest.database
    check(manifest, kind, place)
    inner = staging / FILES.rstrip("/")
    inner.mkdir(exist_ok=True, mode=0o700)
    yield (
        f"{wanted.source} was made {manifest.made_at} by Housecall {manifest.version}: "
        f"{NAMES[kind]} and {sum(name.startswith(FILES) for name in manifest.files)} files, each "
        "as it was put there."
    )
    if kind is not Kind.NONE:
        yield from _settle(staged(settings, inner, kind), wanted, manifest, kind, staging)
    aside = unused(settings.data / f"{ASIDE}{now:%Y%m%dT%H%M%SZ}")
    move(settings.data, inner, there, aside, place)
    if there:
        yield f"What was in {settings.data} is in {aside}: remove it once all is well."
    yield "Start the server: it goes on from there."


def check(manifest: Manifest, kind: Kind, place: Place) -> None:
    """Raises BackupError."""
    if kind is not Kind.NONE and kind is not place.kind:
        raise BackupError(
            f"the backup is of {NAMES[kind]}, and clinic.database says {NAMES[place.kind]}"
        )
    if manifest.revision is not None and manifest.revision > HEAD:
        raise BackupError(
            f"the backup is of a later version of Housecall ({manifest.version}): use that one"
        )


def in_the_way(folder: Path, place: Place) -> list[Path]:
    """All that is in the folder, and the database where that is somewhere else."""
    there = [
        path
        for path in folder.iterdir()
        if path.name not in NOT_OURS and not path.name.startswith(ASIDE)
    ]
    if place.path is not None and place.path.parent.resolve() != folder.resolve():
        names = (place.path.name + name.removeprefix(NAME) for name in DATABASES)
        there += [path for name in names if (path := place.path.with_name(name)).exists()]
    return there


def staged(settings: Settings, inner: Path, kind: Kind) -> Settings:
    """As if the staging folder was the data folder. Raises BackupError."""
    clinic = settings.clinic
    if not (clinic.keys or clinic.key_file or (inner / "secrets.yaml").exists()):
        raise BackupError(
            "the keys of secrets are not in the backup: give the configuration that names them "
            "(clinic.keys or clinic.key_file)"
        )
    if kind is Kind.SQLITE:
        clinic = clinic.model_copy(update={"database": ""})
    return settings.model_copy(update={"data": inner, "clinic": clinic})


def _settle(
    settings: Settings, wanted: Wanted, manifest: Manifest, kind: Kind, staging: Path
) -> Iterator[str]:
    if kind is Kind.SQLITE:
        (staging / DATABASE).rename(settings.data / NAME)
        databases.check_sqlite(settings.data / NAME)
    else:
        fill(settings, staging / DATABASE)
    settled: Settled = asyncio.run(settle(settings, manifest.made_at, wanted.takes_damaged))
    if manifest.revision not in (None, HEAD):
        yield f"The tables were brought from revision {manifest.revision} to {HEAD}."
    yield from settled.logs
    yield (
        f"{settled.sessions} sessions were ended. {settled.letters} letters that waited are not "
        "sent again. What was revoked since then is valid again: look at keys and links."
    )
    if settled.files:
        yield (
            f"{settled.files} files of patients are not in the backup, since they were deleted "
            "while it was made: their entries are gone too."
        )


def fill(settings: Settings, dumped: Path) -> None:
    """A database of PostgreSQL's without tables. Raises BackupError, StoreError."""
    if not settings.clinic.database_owner:
        raise BackupError("clinic.database_owner is missing: the role that makes the tables")
    url = parse_url(settings.clinic.database_owner)

    async def found() -> str | None:
        engine = make_engine(url)
        try:
            return await revision(engine)
        finally:
            await engine.dispose()

    if asyncio.run(found()) is not None:
        raise BackupError(
            f"the database {url.database} has tables already: make an empty one, and name that in "
            "clinic.database and clinic.database_owner"
        )
    postgres.restore(url, dumped)


def unused(path: Path) -> Path:
    """It, or one like it that is not there yet."""
    ways = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return path if not path.exists() else next(way for way in ways if not way.exists())


def move(folder: Path, inner: Path, there: list[Path], aside: Path, place: Place) -> None:
    """The old out of the way, the new into its place. Interrupted, a mark says so."""
    mark = folder / UNFINISHED
    mark.touch(mode=0o600)
    sync(folder)
    if there:
        aside.mkdir(mode=0o700)
    for path in there:
        if path.name != UNFINISHED:
            shutil.move(path, aside / path.name)
    for path in sorted(inner.iterdir()):
        target = folder / path.name
        if path.name in DATABASES and place.path is not None:
            target = place.path.with_name(place.path.name + path.name.removeprefix(NAME))
        shutil.move(path, target)
    sync(folder)
    mark.unlink()
    sync(folder)
