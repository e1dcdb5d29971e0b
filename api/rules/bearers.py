"""Tokens that say which workspace they belong to, so that nothing else has to be looked up first.

What is stored is a digest: who reads the database cannot sign in with what is there. A token has
256 random bits, so its digest needs neither salt nor work.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

SECRET_BYTES = 32


class Purpose(StrEnum):
    """The beginning of a token: people and scanners of source code see what it is."""

    SESSION = "hcs_"
    LINK = "hcl_"
    KEY = "hck_"
    ANSWER = "hca_"  # to an invitation, and nothing else


@dataclass(frozen=True, slots=True, repr=False)
class Bearer:
    purpose: Purpose
    workspace: UUID
    secret: bytes

    def __str__(self) -> str:
        packed = urlsafe_b64encode(self.workspace.bytes + self.secret).decode()
        return self.purpose + packed.rstrip("=")

    def __repr__(self) -> str:
        return "<token>"

    @property
    def digest(self) -> bytes:
        """Of the whole: a token for one purpose is none for another."""
        return hashlib.sha256(str(self).encode()).digest()


def parse(text: str) -> Bearer | None:
    """None for what is no token of ours."""
    purpose = next((p for p in Purpose if text.startswith(p)), None)
    if purpose is None:
        return None
    body = text.removeprefix(purpose)
    try:
        packed = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (BadBase64, ValueError):
        return None
    if len(packed) != 16 + SECRET_BYTES:
        return None
    bearer = Bearer(purpose, UUID(bytes=packed[:16]), packed[16:])
    return bearer if str(bearer) == text else None  # one way of writing
