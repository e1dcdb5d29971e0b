"""Who may relay: passwords for user names, fixed ones and ones that end by themselves.

Those that end are made from a secret (the REST-API scheme of coturn and others) or from the secret
of an API key (LiveKit's form): nobody has to remember them, and a secret can be replaced while the
one before it is still accepted.
"""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from turn import base62

LONGEST = 508  # bytes of a user name (RFC 8489, section 14.3)
DIGITS = 11  # of a time that can be meant


class Password(NamedTuple):
    text: str
    user: str  # whose quota it counts for
    expires: float | None = None  # seconds since 1970


class Pair(NamedTuple):
    """What a client is given."""

    username: str
    password: str


@dataclass(frozen=True)
class Credentials:
    """`secrets` and `keys`: the first is what new ones are made with."""

    users: Mapping[str, str] = field(default_factory=dict)  # name -> password
    secrets: Sequence[str] = ()
    keys: Mapping[str, str] = field(default_factory=dict)  # API key -> its secret

    def passwords(self, username: str) -> list[Password]:
        """Any of these proves who it is; none: nobody has that name."""
        if len(username) > LONGEST:
            return []
        if username in self.users:
            return [Password(self.users[username], username)]
        return self._by_secret(username) or self._by_key(username)

    def _by_secret(self, username: str) -> list[Password]:
        time, _, name = username.partition(":")
        expires = read_time(time)
        if expires is None:
            return []
        return [Password(by_secret(s, username), name or username, expires) for s in self.secrets]

    def _by_key(self, username: str) -> list[Password]:
        try:
            key, participant, time = base62.decode(username).decode().split("|")
        except ValueError:  # of all three: not base62, not UTF-8, not three parts
            return []
        expires, secret = read_time(time), self.keys.get(key)
        if expires is None or secret is None:
            return []
        return [Password(by_key(secret, participant, expires), participant, expires)]


def read_time(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        return None
    return int(text) or None


def by_secret(secret: str, username: str) -> str:
    mac = hmac.digest(secret.encode(), username.encode(), "sha1")
    return base64.b64encode(mac).decode()


def by_key(secret: str, participant: str, expires: int) -> str:
    return base62.encode(hashlib.sha256(f"{secret}|{participant}|{expires}".encode()).digest())


def mint_by_secret(secret: str, name: str, expires: int) -> Pair:
    username = f"{expires}:{name}"
    return Pair(username, by_secret(secret, username))


def mint_by_key(key: str, secret: str, participant: str, expires: int) -> Pair:
    username = base62.encode(f"{key}|{participant}|{expires}".encode())
    return Pair(username, by_key(secret, participant, expires))


def prepare(password: str) -> str:
    """As OpaqueString has it (RFC 8265, section 4.2): one kind of space, NFC."""
    spaced = (" " if unicodedata.category(c) == "Zs" else c for c in password)
    return unicodedata.normalize("NFC", "".join(spaced))


def long_term_key(algorithm: str, username: str, realm: str, password: str) -> bytes:
    """By "md5" or "sha256" (RFC 8489, section 9.2.2)."""
    text = f"{username}:{realm}:{prepare(password)}".encode()
    return hashlib.new(algorithm, text, usedforsecurity=False).digest()
