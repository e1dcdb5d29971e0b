"""Secrets at rest, and signatures by a key that the database does not have.

A ring holds keys by name. The first one seals and signs, all of them open and check: for rotation
a new one is put in front, and what the old one sealed goes on being readable.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from api.store.errors import SecretsError

SIZE, NONCE = 32, 12  # bytes
VERSION = b"\x01"


class Keyring:
    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Raises SecretsError."""
        for name, key in keys.items():
            if len(key) != SIZE or not name.isascii() or not 0 < len(name) < 64 or ":" in name:
                raise SecretsError(f"the key {name!r} is none: {SIZE} bytes in base64 are needed")
        if not keys:
            raise SecretsError("there is no key for secrets")
        self._first = next(iter(keys))
        self._sealing = {name: AESGCM(_derive(key, b"seal")) for name, key in keys.items()}
        self._signing = {name: _derive(key, b"sign") for name, key in keys.items()}

    @classmethod
    def parse(cls, keys: Mapping[str, str]) -> "Keyring":
        """Of names and base64. Raises SecretsError."""
        try:
            return cls({name: b64decode(text, validate=True) for name, text in keys.items()})
        except (BadBase64, ValueError):
            raise SecretsError("a key for secrets is not base64") from None

    def seal(self, secret: bytes, place: str) -> bytes:
        """`place` is where it will stand: it opens nowhere else."""
        nonce, name = secrets.token_bytes(NONCE), self._first.encode()
        head = VERSION + bytes([len(name)]) + name
        return head + nonce + self._sealing[self._first].encrypt(nonce, secret, _bind(head, place))

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises SecretsError."""
        end = 2 + (sealed[1] if len(sealed) > 1 else 0)
        head, nonce, rest = sealed[:end], sealed[end : end + NONCE], sealed[end + NONCE :]
        cipher = self._sealing.get(head[2:].decode("ascii", "replace"))
        if head[:1] != VERSION or cipher is None:
            raise SecretsError("a secret was sealed with a key that is not here")
        try:
            return cipher.decrypt(nonce, rest, _bind(head, place))
        except (InvalidTag, ValueError):
            raise SecretsError("a secret does not open: it was changed, or the key was") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the key that seals now has sealed it."""
        return self.name_of(sealed) == self._first

    def name_of(self, sealed: bytes) -> str:
        """Of the key that has sealed it."""
        end = 2 + (sealed[1] if len(sealed) > 1 else 0)
        return sealed[2:end].decode("ascii", "replace")

    @property
    def names(self) -> list[str]:
        """The newest first."""
        return list(self._sealing)

    def sign(self, message: bytes) -> str:
        return f"{self._first}:{self._mac(self._first, message)}"

    def is_signed(self, message: bytes, signature: str) -> bool:
        name = signature.partition(":")[0]
        if name not in self._signing:
            return False
        right = f"{name}:{self._mac(name, message)}"
        return hmac.compare_digest(right.encode(), signature.encode("utf-8", "surrogatepass"))

    def _mac(self, name: str, message: bytes) -> str:
        return hmac.digest(self._signing[name], message, "sha256").hex()


def new_key() -> str:
    return b64encode(secrets.token_bytes(SIZE)).decode()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), SIZE, salt=None, info=b"housecall " + purpose).derive(key)


def _bind(head: bytes, place: str) -> bytes:
    return head + place.encode()
