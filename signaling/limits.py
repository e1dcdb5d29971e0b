"""How often something may happen: a token bucket, and an action that waits for it."""

from signaling.timers import Action, Timer, Timers, cancel

LATER = 0.2  # seconds


class Bucket:
    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate  # tokens per second
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """False when it is too often."""
        self._refill(now)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def charge(self, cost: float, now: float) -> float:
        """Take that much, whatever there is; how many seconds it takes until it is paid for."""
        self._refill(now)
        self._tokens -= cost
        return max(0.0, -self._tokens / self._rate)

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now


class Throttle:
    """Act at once, or soon when it is too often; calls in between become one."""

    def __init__(self, timers: Timers, bucket: Bucket, action: Action) -> None:
        self._timers = timers
        self._bucket = bucket
        self._action = action
        self._waiting: Timer | None = None

    def call(self, now: float) -> None:
        if self._waiting is not None:
            return
        if self._bucket.take(now):
            self._action(now)
        else:
            self._waiting = self._timers.at(now + LATER, self._act)

    def stop(self) -> None:
        cancel(self._waiting)
        self._waiting = None

    def _act(self, now: float) -> None:
        self._waiting = None
        self._action(now)
