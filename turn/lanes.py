"""Bound channels as compiled loops know them: what passes the relay without a question.

A lane is one channel, both ways. The core teaches it with the first packet that it relays there
(`relaying.py`: Lesson); it is good until the moment that the lesson names, and what comes later
asks the core again. So does everything that has no lane: there the loops decide nothing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from turn.addresses import Address, socket_name
from turn.compiling import compiled, i64
from turn.relaying import Lesson

NAME = 7  # words of a socket address
KEY = NAME + 2  # behind it: channel, socket or connection; a peer's address has channel 0
NO_NAME = bytes(4 * NAME)  # of the client, where its connection says all
FREE = -1  # instead of a lane: nothing was ever there
LEFT = -2  # there was one, so look on behind it
MIX, BITS = 0x01000193, 0xFFFFFFFF  # the multiplier of FNV-1a, for words instead of octets
SMALLEST = 1 << 6

Rows = NDArray[np.void]
Words = NDArray[np.uint32]


def record(fields: list[Any]) -> np.dtype[np.void]:
    """Of rows whose fields are attributes, for compiled loops."""
    return np.dtype((np.record, np.dtype(fields, align=True)))


ENTRY = record([("key", np.uint32, (KEY,)), ("lane", np.int64)])
LANE = record(
    [
        ("until", np.float64),
        ("door", np.int64),  # of the client, as its place among the sockets
        ("relay", np.int64),  # that the peer is reached by, likewise
        ("channel", np.int64),
        ("meter", np.int64),  # of the user, its row
        ("beside", np.int64),  # the peer is this socket of media in our process, from 1 on
    ]
)


@compiled
def is_at(entries: Rows, at: int, key: Words) -> bool:
    for word in range(KEY):
        if entries[at].key[word] != key[word]:
            return False
    return i64(entries[at].lane) >= 0


@compiled
def place_of(entries: Rows, key: Words) -> int:
    """Where this key stands, or the free entry where it would be."""
    mixed = i64(0)
    for word in range(KEY):
        mixed = (mixed ^ i64(key[word])) * MIX & BITS
    mask = len(entries) - 1
    at = (mixed ^ mixed >> 15) & mask
    while entries[at].lane != FREE and not is_at(entries, at, key):
        at = (at + 1) & mask
    return i64(at)


@compiled
def lane_of(entries: Rows, key: Words) -> int:
    """Below 0: there is none."""
    return i64(entries[place_of(entries, key)].lane)


Key = bytes


def key_of(name: bytes, channel: int, number: int) -> Key:
    return name + channel.to_bytes(4, "little") + (number & BITS).to_bytes(4, "little")


def words(key: Key) -> Words:
    return np.frombuffer(key, "<u4").astype(np.uint32)


class Lanes:
    """`places`: of sockets and connections by their numbers. `near`: hosts that are reached by
    another address than clients are told.

    `growths` counts how often an array was replaced by a larger one.
    """

    def __init__(self, places: Mapping[int, int], near: Mapping[str, str]) -> None:
        self.growths = 0
        self.beside: Mapping[bytes, int] = {}  # sockets of media in our process, by name
        self.entries = made(SMALLEST)
        self.rows: Rows = np.zeros(SMALLEST, LANE)
        # Where it leads to: a lane's peer and behind it its client, as the system has addresses.
        self.names: NDArray[np.uint8] = np.zeros((2 * SMALLEST, 4 * NAME), np.uint8)
        self._places = places
        self._near = near
        self._free = list(range(SMALLEST))
        self._used = 0  # entries that are not FREE
        self._keys: dict[Key, int] = {}
        self._of_relay: dict[int, dict[tuple[Key, Key], int]] = {}

    def __len__(self) -> int:
        return len(self.rows) - len(self._free)

    def teach(self, lesson: Lesson, now: float) -> None:
        """Or that it holds for longer."""
        try:
            peer, client = self._names(lesson)
        except ValueError:  # good on one link only: these ask each time
            return
        source = NO_NAME if lesson.is_stream else client
        pair = (key_of(source, lesson.channel, lesson.door), key_of(peer, 0, lesson.relay))
        known = self._of_relay.setdefault(lesson.relay, {})
        row = known.get(pair)
        if row is None:
            row = known[pair] = self._take(now)
        places = self._places
        self.rows[row] = (
            lesson.until, places[lesson.door], places[lesson.relay], lesson.channel, lesson.meter,
            self.beside.get(peer, 0),
        )  # fmt: skip
        self.names[2 * row] = np.frombuffer(peer, np.uint8)
        self.names[2 * row + 1] = np.frombuffer(client, np.uint8)
        for key in pair:
            self._set(key, row)

    def forget(self, relay: int) -> None:
        """All that leads through this socket to peers."""
        for pair, row in self._of_relay.pop(relay, {}).items():
            self._drop(pair, row)

    def _names(self, lesson: Lesson) -> tuple[bytes, bytes]:
        host, port = lesson.peer
        client: Address = lesson.client
        name = bytes(4 * NAME) if lesson.is_stream else socket_name(client)
        return socket_name((self._near.get(host, host), port)), name

    def _take(self, now: float) -> int:
        """A row that nobody has, after a look for those that have ended.

        When these are few there are to be more rows, so that one need not look each time.
        """
        if self._free:
            return self._free.pop()
        until = self.rows["until"].tolist()
        for known in self._of_relay.values():
            for pair in [p for p, row in known.items() if until[row] <= now]:
                self._drop(pair, known.pop(pair))
        size = len(self.rows)
        if 4 * len(self._free) < size:
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
            self.names = np.concatenate([self.names, np.zeros_like(self.names)])
            self._free += range(size, 2 * size)
            self.growths += 1
        return self._free.pop()

    def _drop(self, pair: tuple[Key, Key], row: int) -> None:
        self._free.append(row)
        for key in pair:
            if self._keys.get(key) == row:
                del self._keys[key]
                self.entries["lane"][place_of(self.entries, words(key))] = LEFT

    def _set(self, key: Key, row: int) -> None:
        if self._keys.get(key) == row:
            return
        self._keys[key] = row
        self._put(key, row)
        if 2 * self._used > len(self.entries):
            self._make_anew()

    def _put(self, key: Key, row: int) -> None:
        at = place_of(self.entries, words(key))
        self._used += self.entries["lane"][at] == FREE
        self.entries[at] = words(key), row

    def _make_anew(self) -> None:
        """Without what was left, and larger when it must be."""
        self._used, size = 0, SMALLEST
        while size < 4 * len(self._keys):
            size *= 2
        self.entries = made(size)
        self.growths += 1
        for key, row in self._keys.items():
            self._put(key, row)


def made(size: int) -> Rows:
    entries: Rows = np.zeros(size, ENTRY)
    entries["lane"] = FREE
    return entries
