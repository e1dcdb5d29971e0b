"""How often someone may try: a bucket of tokens for each key, refilled at a steady rate."""

import ipaddress
from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    tokens: float
    updated: float  # monotonic seconds


class RateLimiter:
    """Buckets of at most `capacity` keys; the one unused for longest is forgotten first."""

    def __init__(self, *, rate: float, burst: int, capacity: int = 4096) -> None:
        self._rate = rate  # tokens per second
        self._burst = burst
        self._capacity = capacity
        self._buckets: dict[str, Bucket] = {}  # least recently used first

    def spend(self, key: str, now: float) -> bool:
        """Take one token; False, and nothing taken, when there is none."""
        bucket = self._refilled(key, now)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def wait(self, key: str, now: float) -> float:
        """Seconds until `spend` would succeed; 0.0 when it would now."""
        return max(0.0, (1 - self._refilled(key, now).tokens) / self._rate)

    def _refilled(self, key: str, now: float) -> Bucket:
        bucket = self._buckets.pop(key, None) or Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.updated) * self._rate)
        bucket.updated = now
        self._buckets[key] = bucket
        while len(self._buckets) > self._capacity:
            del self._buckets[next(iter(self._buckets))]
        return bucket


def neighbourhood(address: str) -> str | None:
    """What counts as one source: an IPv4 address, or 64 bits of an IPv6 one, which everybody has
    for itself. None: this machine, or no address at all."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            prefix = int(parsed) >> 64
            return None if parsed.is_loopback else f"{prefix:x}"
        parsed = parsed.ipv4_mapped
    return None if parsed.is_loopback else str(parsed)
