"""Nonces that need no memory: a time, sealed for one address (RFC 8489, section 9.2).

They begin with the cookie that says which of RFC 8489's features we have, so that nobody between
client and server can take the better password algorithm out of our answer.
"""

import base64
import hmac
import struct

COOKIE = "obMatJos2"
PASSWORD_ALGORITHMS = 1 << 23  # the first of 24 bits (RFC 8489, section 18.1)
PREFIX = (COOKIE + base64.b64encode(PASSWORD_ALGORITHMS.to_bytes(3, "big")).decode()).encode()
TIME = struct.Struct("!I")
MAC_SIZE = 8
SIZE = len(PREFIX) + 4 * (TIME.size + MAC_SIZE) // 3
LIFETIME = 3600.0  # seconds


class Nonces:
    """`key` is random and new with each start: nonces from before are stale then."""

    def __init__(self, key: bytes, lifetime: float = LIFETIME) -> None:
        self._key = key
        self._lifetime = lifetime

    def make(self, host: str, now: float) -> bytes:
        time = TIME.pack(int(now) & 0xFFFFFFFF)
        return PREFIX + base64.urlsafe_b64encode(time + self._mac(time, host))

    def is_valid(self, nonce: bytes, host: str, now: float) -> bool:
        """One of ours, for this address, not too old."""
        if len(nonce) != SIZE or not nonce.startswith(PREFIX):
            return False
        try:
            raw = base64.urlsafe_b64decode(nonce[len(PREFIX) :])
        except ValueError:
            return False
        time, mac = raw[: TIME.size], raw[TIME.size :]
        if not hmac.compare_digest(mac, self._mac(time, host)):
            return False
        age: int = (int(now) - TIME.unpack(time)[0]) & 0xFFFFFFFF
        return age <= self._lifetime

    def _mac(self, time: bytes, host: str) -> bytes:
        return hmac.digest(self._key, time + host.encode(), "sha256")[:MAC_SIZE]
