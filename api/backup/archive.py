"""The file of a backup: a tar archive, compressed, with what it holds told at its end.

Without a passphrase any tar opens it. Members are plain files with relative names; the first tells
the format, the last one (`manifest.json`) what there is, each with its SHA-256. An archive that
was cut off has none, and one in which something was changed does not fit it.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from api.backup.databases import Kind
from api.backup.errors import BackupError
from api.backup.sealing import MAGIC, Sealer, opened
from api.datafolder import sync

FORMAT = 1
FIRST, LAST = "housecall-backup.json", "manifest.json"
FILES, DATABASE = "data/", "database"  # members: of the data folder; the database
LEVEL = 3  # of gzip: what more brings costs minutes
GZIP = b"\x1f\x8b"
LONGEST = 1 << 20  # bytes of a manifest
PIECE = 1 << 20  # bytes read at once


@dataclass
class Manifest:
    """What is in a backup."""

    version: str  # of the program that made it
    made_at: str  # ISO 8601
    database: Kind
    revision: str | None  # of its tables
    format: int = FORMAT
    files: dict[str, str] = field(default_factory=dict)  # member -> SHA-256


class Hashing:
    """Reads a file of a known length, and knows its hash then."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


class Writer:
    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar = tar
        self.manifest = manifest
        self._put_text(FIRST, {"format": FORMAT})

    def put(self, name: str, path: Path) -> None:
        """A file as it is now; what is added to it meanwhile is left out."""
        with path.open("rb") as file:
            info = tarfile.TarInfo(name)
            stat = os.fstat(file.fileno())
            info.size, info.mtime, info.mode = stat.st_size, int(stat.st_mtime), 0o600
            hashing = Hashing(file)
            self._tar.addfile(info, hashing)
        self.manifest.files[name] = hashing.digest

    def finish(self) -> None:
        self._put_text(LAST, asdict(self.manifest))

    def _put_text(self, name: str, content: dict[str, Any]) -> None:
        data = json.dumps(content, indent=1).encode()
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))


@contextmanager
def writing(path: Path, manifest: Manifest, passphrase: str | None) -> Iterator[Writer]:
    """To a new file, for its owner alone, that is there as a whole or not at all. Raises
    BackupError."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            sealer = None if passphrase is None else Sealer(file, passphrase)
            out: Any = sealer or file
            with (
                gzip.GzipFile("", "wb", LEVEL, out, mtime=0) as packed,
                tarfile.open(mode="w|", fileobj=packed) as tar,
            ):
                writer = Writer(tar, manifest)
                yield writer
                writer.finish()
            if sealer is not None:
                sealer.finish()
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        sync(path.parent)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        scratch.unlink(missing_ok=True)


def is_backup(path: Path) -> bool:
    """As far as its beginning tells."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError:
        return False
    return start.startswith(GZIP) or start == MAGIC


def unpack(path: Path, folder: Path, passphrase: str | None) -> Manifest:
    """All members as files below `folder`, once each is as it was. Raises BackupError."""
    try:
        with path.open("rb") as file:
            return _unpack(_plain(file, passphrase), folder)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError):
        raise BackupError(f"{path} is damaged, or not whole: nothing was restored") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}") from None


def _plain(file: BinaryIO, passphrase: str | None) -> IO[bytes]:
    start = file.read(len(MAGIC))
    file.seek(0)
    if start == MAGIC:
        if passphrase is None:
            raise BackupError("the backup is encrypted: name its passphrase's file")
        return opened(file, passphrase)
    if not start.startswith(GZIP):
        raise BackupError("this is no backup of Housecall")
    return file


def _unpack(file: IO[bytes], folder: Path) -> Manifest:
    digests: dict[str, str] = {}
    manifest = None
    with gzip.GzipFile(fileobj=file) as packed, tarfile.open(mode="r|", fileobj=packed) as tar:
        for member in tar:
            if manifest is not None:
                raise BackupError("there is something behind the end of the backup")
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise BackupError(f"the backup holds {member.name!r}, which is no plain file")
            if member.name == FIRST:
                _check_format(json.loads(content.read(LONGEST)))
            elif member.name == LAST:
                manifest = _parse(content.read(LONGEST))
            else:
                digests[member.name] = _store(content, place(folder, member.name))
    if manifest is None:
        raise BackupError("the end of the backup is missing: it was cut off")
    for name in sorted(manifest.files.keys() | digests.keys()):
        if manifest.files.get(name) != digests.get(name):
            raise BackupError(f"{name} in the backup is not what was put there")
    return manifest


def place(folder: Path, name: str) -> Path:
    """Below the folder and nowhere else. Raises BackupError."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name:
        raise BackupError(f"the backup holds {name!r}, which leads out of the folder")
    return folder.joinpath(*path.parts)


def _store(content: IO[bytes], path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hashing = Hashing(content)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while data := hashing.read(PIECE):
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashing.digest


def _check_format(head: Any) -> None:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise BackupError("the backup is of a later version of Housecall: use that one")


def _parse(content: bytes) -> Manifest:
    fields = json.loads(content)
    _check_format(fields)
    try:
        return TypeAdapter(Manifest).validate_python(fields)
    except ValidationError:
        raise BackupError(f"{LAST} in the backup is damaged") from None
