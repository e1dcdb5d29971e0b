"""Files at rest: each sealed with a key of its own, which stands, sealed itself, in its row.

Pieces of 1 MiB, AES-256-GCM each, with a counter as nonce and whether it is the last one (the
STREAM construction, as in backups), so that a large file is read without holding all of it. What
it is called is authenticated too: no file opens in another one's place.
"""

import os
import secrets
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.datafolder import sync

MAGIC = b"hcf\x01"
PIECE, TAG, KEY = 1 << 20, 16, 32  # bytes


class VaultError(Exception):
    """A file is not there, or not what was put there."""


class VaultFull(Exception):
    """There is no room left on the disk."""


def new_key() -> bytes:
    return secrets.token_bytes(KEY)


class Vault:
    """A folder with one for each workspace. All of it blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, workspace: UUID, id: UUID) -> Path:
        return self.folder / str(workspace) / str(id)

    def put(self, workspace: UUID, id: UUID, key: bytes, content: bytes) -> None:
        """There as a whole, and on the disk, or not at all. Raises VaultFull."""
        path = self.path(workspace, id)
        scratch = path.with_name(f".{id}")
        cipher, bound = AESGCM(key), _bind(workspace, id)
        try:
            for folder in (self.folder, path.parent):  # for its owner alone
                folder.mkdir(exist_ok=True, mode=0o700)
            with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(MAGIC)
                for count, start in enumerate(range(0, max(len(content), 1), PIECE)):
                    piece = content[start : start + PIECE]
                    is_last = start + PIECE >= len(content)
                    file.write(cipher.encrypt(_nonce(count, is_last=is_last), piece, bound))
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
            sync(path.parent)
        except OSError as error:
            with suppress(OSError):
                scratch.unlink()
            raise VaultFull(error.strerror or str(error)) from None

    def read(self, workspace: UUID, id: UUID, key: bytes) -> Iterator[bytes]:
        """Piece by piece. Raises VaultError, at the first one if it is not there."""
        try:
            with self.path(workspace, id).open("rb") as file:
                yield from self._pieces(file.read, AESGCM(key), _bind(workspace, id))
        except OSError as error:
            raise VaultError(error.strerror or str(error)) from None

    def _pieces(
        self, read: Callable[[int], bytes], cipher: AESGCM, bound: bytes
    ) -> Iterator[bytes]:
        if read(len(MAGIC)) != MAGIC:
            raise VaultError("it is of another version")
        count, piece = 0, read(PIECE + TAG)
        while piece:
            following = read(PIECE + TAG)
            try:
                yield cipher.decrypt(_nonce(count, is_last=not following), piece, bound)
            except (InvalidTag, ValueError):
                raise VaultError("it was changed, cut off, or is another one") from None
            count, piece = count + 1, following
        if not count:
            raise VaultError("it was cut off")

    def remove(self, workspace: UUID, id: UUID) -> None:
        self.path(workspace, id).unlink(missing_ok=True)

    def has(self, workspace: UUID, id: UUID) -> bool:
        return self.path(workspace, id).is_file()

    def older(self, workspace: UUID, than: float) -> Iterator[Path]:
        """What has lain there since before that time (of the epoch), unfinished ones too."""
        folder = self.folder / str(workspace)
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_file() and path.stat().st_mtime < than:
                yield path


def _nonce(count: int, *, is_last: bool) -> bytes:
    return struct.pack(">QI", count, is_last)


def _bind(workspace: UUID, id: UUID) -> bytes:
    return MAGIC + workspace.bytes + id.bytes
