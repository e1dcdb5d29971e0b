"""Encrypt a stream of any length with a passphrase, so that a cut, an exchange or any change shows.

A head of JSON on one line, then chunks: AES-256-GCM each, with a counter as its nonce, the head and
whether it is the last one authenticated beside it (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).
The key is scrypt's of the passphrase and a salt of the file's own, so no nonce serves twice.
"""

import json
import secrets
import struct
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from api.backup.errors import BackupError

MAGIC = b"housecall backup, encrypted "  # JSON follows
COST, BLOCKS, LANES = 1 << 16, 8, 1  # of scrypt: 64 MiB, some 0.2 s
LARGEST_COST = 1 << 20  # that we would pay for somebody's file
CHUNK, TAG = 1 << 16, 16  # bytes
LONGEST_HEAD = 1000  # bytes
SHORTEST = 12  # characters of a passphrase
DAMAGED = "the backup does not open: the passphrase is another one, or the file was changed"


class Sealer:
    """Write through it, then `finish`."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        """Raises BackupError for a passphrase that is soon guessed."""
        if len(passphrase) < SHORTEST:
            raise BackupError(f"the passphrase is too short: {SHORTEST} characters are needed")
        salt = secrets.token_bytes(16)
        head = {"format": 1, "kdf": "scrypt", "n": COST, "salt": b64encode(salt).decode()}
        self._head = MAGIC + json.dumps(head).encode() + b"\n"
        self._file = file
        self._cipher = AESGCM(derive(passphrase, salt, COST))
        self._waiting = bytearray()
        self._count = 0
        file.write(self._head)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK:  # the last one is known at the end alone
            self._put(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._put(bytes(self._waiting), is_last=True)

    def _put(self, chunk: bytes, *, is_last: bool) -> None:
        nonce = nonce_of(self._count, is_last=is_last)
        self._file.write(self._cipher.encrypt(nonce, chunk, self._head))
        self._count += 1


class Opener(RawIOBase):
    """Reads what was sealed. A read raises BackupError where it was changed, or cut off."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        """Raises BackupError."""
        self._file = file
        self._head = file.readline(LONGEST_HEAD)
        salt, cost = parse_head(self._head)
        self._cipher = AESGCM(derive(passphrase, salt, cost))
        self._next = file.read(CHUNK + TAG)
        self._ready = b""
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._ready and self._next:
            chunk, self._next = self._next, self._file.read(CHUNK + TAG)
            nonce = nonce_of(self._count, is_last=not self._next)
            try:
                self._ready = self._cipher.decrypt(nonce, chunk, self._head)
            except (InvalidTag, ValueError):
                raise BackupError(DAMAGED) from None
            self._count += 1
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def opened(file: BinaryIO, passphrase: str) -> BufferedReader:
    return BufferedReader(Opener(file, passphrase), CHUNK)


def parse_head(head: bytes) -> tuple[bytes, int]:
    """Salt and cost. Raises BackupError."""
    try:
        fields = json.loads(head.removeprefix(MAGIC))
        version, salt, cost = fields["format"], b64decode(fields["salt"]), fields["n"]
    except (ValueError, KeyError, TypeError, BadBase64):
        raise BackupError("the head of the backup is damaged") from None
    if version != 1 or fields["kdf"] != "scrypt":
        raise BackupError("the backup is of a later version of Housecall: use that one")
    is_power = isinstance(cost, int) and cost > 1 and cost & (cost - 1) == 0
    if not is_power or cost > LARGEST_COST:
        raise BackupError("the head of the backup is damaged")
    return salt, cost


def derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=BLOCKS, p=LANES).derive(passphrase.encode())


def nonce_of(count: int, *, is_last: bool) -> bytes:
    return struct.pack(">QI", count, is_last)
