"""Hash and check passwords: argon2id, beside the event loop, few at a time."""

import asyncio
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.rules.credentials import guessing_problem

AT_ONCE = 2  # each takes 64 MiB and a core for a moment


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()  # RFC 9106, the one for little memory
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, hash: str | None, password: str) -> bool:
        """Takes as long for somebody who is not there, `hash` being None."""
        if self._nobody is None:
            self._nobody = await self.hash("nobody has this one")
        async with self._turns:
            right = await asyncio.to_thread(self._check, hash or self._nobody, password)
        return right and hash is not None

    async def guessing_problem(self, password: str, about: Sequence[str]) -> str | None:
        async with self._turns:
            return await asyncio.to_thread(guessing_problem, password, about)

    def is_weak(self, hash: str) -> bool:
        """It was made with less work than is asked for now."""
        return self._hasher.check_needs_rehash(hash)

    def _check(self, hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(hash, password)
        except (VerificationError, InvalidHashError):
            return False
