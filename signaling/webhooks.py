"""Deliver webhook events: for each address and room in order, again and again until they are taken.

A core: it says what to post and is told what came of it. What is given up is a `Dead`.
"""

import hashlib
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from google.protobuf import json_format
from livekit.protocol.webhook import WebhookEvent

from signaling.timers import Timers
from signaling.tokens import sign_hash

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds before a repetition; each wait doubles (LiveKit)
MAX_AGE = 300.0  # seconds after which an event is given up
MAX_WAITING = 200  # events for one room and address (LiveKit)
MAX_IN_FLIGHT = 8  # posts to one address at a time
TRY_AGAIN = (408, 425, 429)  # and everything from 500

CONTENT_TYPE = "application/webhook+json"
USER_AGENT = "LiveKit"  # receivers know each other by it


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    urls: tuple[str, ...] = ()
    key: str = ""
    secret: str = field(default="", repr=False)
    include: frozenset[str] = frozenset()  # names of events; if there are any, only these
    exclude: frozenset[str] = frozenset()

    def allows(self, event: str) -> bool:
        return event in self.include if self.include else event not in self.exclude


@dataclass(frozen=True, slots=True)
class Post:
    number: int  # to say what came of it
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dead:
    """An event that nobody has taken. It names nobody: ids are ours and mean nothing elsewhere."""

    event: str
    id: str
    created_at: int  # Unix time
    room: str  # sid
    participant: str
    track: str
    url: str  # without what may be secret in it
    attempts: int
    reason: str


@dataclass(slots=True)
class Delivery:
    event: WebhookEvent
    body: bytes
    at: float
    attempts: int = 0


@dataclass(slots=True)
class Lane:
    """What waits for one address and one room; only the first is under way."""

    url: str
    deliveries: deque[Delivery] = field(default_factory=deque)
    is_busy: bool = False  # posted, or resting until the repetition


class Webhooks:
    """After anything that changes it: `take_posts`, `take_dead`, `next_timeout`."""

    def __init__(self, config: WebhookConfig, epoch: float) -> None:
        self._config = config
        self._epoch = epoch  # the wall clock at monotonic time zero
        self._timers = Timers()
        self._lanes: dict[tuple[str, str], Lane] = {}  # by address and room
        self._ready: deque[Lane] = deque()
        self._in_flight: dict[int, tuple[tuple[str, str], Lane]] = {}
        self._flights: dict[str, int] = dict.fromkeys(config.urls, 0)
        self._numbers = 0
        self._dead: list[Dead] = []

    @property
    def is_idle(self) -> bool:
        return not self._lanes

    def add(self, events: Iterable[WebhookEvent], now: float) -> None:
        for event in events:
            if not self._config.allows(event.event):
                continue
            body = json_format.MessageToJson(event, indent=None).encode()
            for url in self._config.urls:
                self._add(url, Delivery(event, body, now))

    def take_posts(self, now: float) -> list[Post]:
        """To be sent now. Each must be answered with `receive`."""
        posts: list[Post] = []
        held: list[Lane] = []
        while self._ready:
            lane = self._ready.popleft()
            if self._flights[lane.url] >= MAX_IN_FLIGHT:
                held.append(lane)
                continue
            posts.append(self._post(lane, now))
        self._ready.extend(held)
        return posts

    def receive(self, number: int, status: int, reason: str, now: float) -> None:
        """What came of a post: its HTTP status, or 0 and why there is none."""
        key, lane = self._in_flight.pop(number)
        self._flights[lane.url] -= 1
        delivery = lane.deliveries[0]
        if 200 <= status < 300:
            self._advance(key, lane)
        elif status and status < 500 and status not in TRY_AGAIN:
            self._give_up(key, lane, f"status {status}")
        else:
            self._repeat(key, lane, delivery, f"status {status}" if status else reason, now)

    def abandon(self, reason: str) -> None:
        """Nothing more can be sent; what is under way may still arrive."""
        for lane in self._lanes.values():
            self._dead += [_dead(delivery, lane.url, reason) for delivery in lane.deliveries]
        self._lanes.clear()
        self._ready.clear()

    def take_dead(self) -> list[Dead]:
        taken, self._dead = self._dead, []
        return taken

    def next_timeout(self) -> float | None:
        return self._timers.next_timeout()

    def handle_timeout(self, now: float) -> None:
        self._timers.handle_timeout(now)

    def _add(self, url: str, delivery: Delivery) -> None:
        key = url, delivery.event.room.name
        lane = self._lanes.setdefault(key, Lane(url))
        if len(lane.deliveries) >= MAX_WAITING:
            self._dead.append(_dead(delivery, url, "too many are waiting"))
            return
        lane.deliveries.append(delivery)
        self._start(lane)

    def _start(self, lane: Lane) -> None:
        if not lane.is_busy:
            lane.is_busy = True
            self._ready.append(lane)

    def _post(self, lane: Lane, now: float) -> Post:
        self._numbers += 1
        delivery = lane.deliveries[0]
        delivery.attempts += 1
        self._in_flight[self._numbers] = (lane.url, delivery.event.room.name), lane
        self._flights[lane.url] += 1
        digest = b64encode(hashlib.sha256(delivery.body).digest()).decode()
        unix = self._epoch + now
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": USER_AGENT,
            "Authorization": sign_hash(digest, self._config.key, self._config.secret, now=unix),
        }
        return Post(self._numbers, lane.url, headers, delivery.body)

    def _repeat(
        self, key: tuple[str, str], lane: Lane, delivery: Delivery, reason: str, now: float
    ) -> None:
        wait = min(FIRST_WAIT * 2 ** (delivery.attempts - 1), LONGEST_WAIT)
        if now + wait - delivery.at > MAX_AGE:
            self._give_up(key, lane, reason)
            return
        self._timers.at(now + wait, lambda _: self._resume(key, lane))

    def _resume(self, key: tuple[str, str], lane: Lane) -> None:
        if self._lanes.get(key) is lane:
            self._ready.append(lane)

    def _give_up(self, key: tuple[str, str], lane: Lane, reason: str) -> None:
        self._dead.append(_dead(lane.deliveries[0], lane.url, reason))
        self._advance(key, lane)

    def _advance(self, key: tuple[str, str], lane: Lane) -> None:
        lane.deliveries.popleft()
        lane.is_busy = False
        if self._lanes.get(key) is not lane:
            return  # abandoned meanwhile
        if lane.deliveries:
            self._start(lane)
        else:
            del self._lanes[key]


def _dead(delivery: Delivery, url: str, reason: str) -> Dead:
    event, parts = delivery.event, urlsplit(url)
    return Dead(
        event=event.event,
        id=event.id,
        created_at=event.created_at,
        room=event.room.sid,
        participant=event.participant.sid,
        track=event.track.sid,
        url=f"{parts.scheme}://{parts.hostname}{parts.path}",
        attempts=delivery.attempts,
        reason=reason,
    )
