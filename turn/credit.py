"""What may be sent to those who have not proven who they are.

Their address may be forged: what we answer then goes to somebody else, and an answer is often
longer than the request. So there are at most so many answers for each source; and all answers
together are shorter than all requests, but for a small reserve. Who is told nothing asks again,
and a flood of requests pays for answers itself, so that others still get some of theirs.

This knows sources by a number of few bits, so its size does not depend on how many there are.
"""

import ipaddress
from array import array
from dataclasses import dataclass
from functools import lru_cache

SLOTS = 1 << 13


@dataclass(frozen=True)
class Rates:
    """Answers for one source: at once, and more each second. A hospital may be one source.

    Bytes for all: the part of what was received, kept at most, and more each second.
    """

    burst: float = 200.0
    per_second: float = 50.0
    earned: float = 0.9
    reserve: float = 65_536.0
    reserve_per_second: float = 16_384.0


class Credit:
    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._spent = array("d", bytes(8 * SLOTS))  # answers of each slot, as of the time beside
        self._times = array("d", bytes(8 * SLOTS))
        self._reserve = rates.reserve  # bytes
        self._time: float | None = None

    def may_answer(self, host: str, request: int, answer: int, now: float, *, proven: bool) -> bool:
        """And count it. Lengths in bytes; `proven`: the address cannot be forged (TCP)."""
        if not self._may_source(host, now):
            return False
        return proven or self._may_all(request, answer, now)

    def _may_source(self, host: str, now: float) -> bool:
        slot = hash(source(host)) % SLOTS
        left = self._spent[slot] - (now - self._times[slot]) * self._rates.per_second
        spent = max(0.0, left) + 1
        if spent > self._rates.burst:
            return False
        self._spent[slot], self._times[slot] = spent, now
        return True

    def _may_all(self, request: int, answer: int, now: float) -> bool:
        rates = self._rates
        gained = request * rates.earned
        if self._time is not None:
            gained += (now - self._time) * rates.reserve_per_second
        self._time = now
        self._reserve = min(rates.reserve, self._reserve + gained)
        if self._reserve < answer:
            return False
        self._reserve -= answer
        return True


@lru_cache(1024)
def source(host: str) -> str | int:
    """Who has one IPv6 address has 2**64 of them."""
    if ":" not in host:
        return host
    return int(ipaddress.IPv6Address(host.partition("%")[0])) >> 64
