"""Tickets by which a client moves its allocation to another address (RFC 8016): each is a number
that says nothing, and a MAC by which we know our own.

In letters, and 32 of them: coturn's client takes them for a string, and has room for no more.
"""

import base64
import hmac
from collections.abc import Callable

SIZE = 12  # bytes of the number, and of its MAC
LENGTH = 4 * SIZE // 3  # letters of each


class Tickets:
    """New with each start, as the allocations are."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._key = random(32)

    def make(self) -> bytes:
        number = base64.urlsafe_b64encode(self._random(SIZE))
        return number + self._mac(number)

    def is_ours(self, ticket: bytes) -> bool:
        return hmac.compare_digest(ticket[LENGTH:], self._mac(ticket[:LENGTH]))

    def _mac(self, number: bytes) -> bytes:
        mac = hmac.digest(self._key, number, "sha256")[:SIZE]
        return base64.urlsafe_b64encode(mac)
