"""When to ask a publisher for a key frame (LiveKit).

A key frame is ten times as large as another: many subscribers asking at once get one. A stream
that has just begun is asked again until it has had one, since nothing can be shown before.
"""

INTERVALS = (0.5, 1.0, 1.0)  # seconds between two requests, by quality
SEED_INTERVAL = 1.0  # seconds
SEED_TIMES = 30


class KeyframeRequests:
    """The requests to one layer. Each True is a PLI (or FIR) to send now."""

    __slots__ = ("_interval", "_last", "_seed_at", "_seeds", "_waiting")

    def __init__(self, interval: float) -> None:
        self._interval = interval  # seconds, at least, between two requests
        self._last: float | None = None  # when the last request left
        self._waiting = False  # a request came too soon and leaves later
        self._seed_at: float | None = None
        self._seeds = 0

    def request(self, now: float, *, forced: bool = False) -> bool:
        """Somebody needs a key frame. False: one is on its way, or the request leaves later.

        `forced` passes the throttle: for a layer that somebody waits for with nothing to show.
        """
        if not forced and self._last is not None and now < self._last + self._interval:
            self._waiting = True
            return False
        self._send(now)
        return True

    def _send(self, now: float) -> None:
        self._last = now
        self._waiting = False

    def start(self, now: float) -> bool:
        """The layer's first packet is here: ask each second until its first key frame."""
        self._seeds = 1
        self._seed_at = now + SEED_INTERVAL
        return self.request(now)

    def receive_key_frame(self) -> None:
        """A key frame has begun: what waited is fulfilled."""
        self._waiting = False
        self._seed_at = None

    def stop(self) -> None:
        """The layer does not flow any more, or is muted."""
        self.receive_key_frame()

    def next_timeout(self) -> float | None:
        if self._waiting and self._last is not None:
            later = self._last + self._interval
            return later if self._seed_at is None else min(later, self._seed_at)
        return self._seed_at

    def handle_timeout(self, now: float) -> bool:
        """Call it when `next_timeout` has come. True: send a request."""
        due = self.next_timeout()
        if due is None or now < due:
            return False
        if self._seed_at is not None and now >= self._seed_at:
            self._seeds += 1
            self._seed_at = now + SEED_INTERVAL if self._seeds < SEED_TIMES else None
        self._send(now)
        return True
