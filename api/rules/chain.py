"""A log in which nothing can be changed unseen: each entry's hash covers the one before it.

Pure functions of entries. What a hash chain alone cannot tell, that its end was cut off or that
all of it was written anew, `finish` tells by marks which somebody else has kept.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SIZE = 32  # bytes of a hash


class Fault(StrEnum):
    EDITED = "edited"
    REMOVED = "removed"
    MOVED = "moved"  # or put in between
    CUT_OFF = "cut off"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a log is known: its last entry then."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int  # from 1, without a gap
    previous: bytes  # hash of the entry before
    hash: bytes
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    seq: int  # the entry at which it shows
    fault: Fault

    def __str__(self) -> str:
        return SENTENCES[self.fault].format(seq=self.seq)


SENTENCES = {
    Fault.EDITED: "entry {seq} has been changed",
    Fault.REMOVED: "entries before {seq} are missing",
    Fault.MOVED: "entry {seq} does not follow the one before it",
    Fault.CUT_OFF: "entry {seq}, which was there, is missing at the end",
    Fault.REWRITTEN: "entry {seq} is not the one that was there",
}


def origin(log: str, owner: str) -> Mark:
    """Where a log begins: no two have the same."""
    return Mark(0, hashlib.sha256(f"housecall {log} of {owner}".encode()).digest())


def canonical(content: Mapping[str, Any]) -> bytes:
    """One way of writing for one meaning: JSON, keys sorted, no spaces, no fractions."""
    _refuse_fractions(content)
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", "surrogatepass")


def _refuse_fractions(value: Any) -> None:
    """They have several ways of writing."""
    if isinstance(value, float):
        raise TypeError("no fractions in what is hashed")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("keys are text in what is hashed")
            _refuse_fractions(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_fractions(item)


def append(mark: Mark, content: Mapping[str, Any]) -> Entry:
    """The entry that comes after `mark`."""
    seq = mark.seq + 1
    return Entry(seq, mark.hash, _hash(seq, mark.hash, content), content)


def _hash(seq: int, previous: bytes, content: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(b"%d\n" % seq + previous + canonical(content)).digest()


class Walk:
    """Read a log from its beginning, or from a mark that is to be trusted, entry by entry."""

    def __init__(self, start: Mark, kept: Iterable[Mark] = ()) -> None:
        """`kept`: what others know of it; marks before `start` tell nothing any more."""
        self.end = start
        self.findings: list[Finding] = []
        self._kept = {mark.seq: mark.hash for mark in kept if mark.seq > start.seq}
        self._start = start.seq

    def feed(self, entry: Entry) -> None:
        if entry.seq > self.end.seq + 1:
            self._find(entry.seq, Fault.REMOVED)
        elif entry.seq <= self.end.seq or entry.previous != self.end.hash:
            self._find(entry.seq, Fault.MOVED)
        if _hash(entry.seq, entry.previous, entry.content) != entry.hash:
            self._find(entry.seq, Fault.EDITED)
        known = self._kept.pop(entry.seq, None)
        if known is not None and known != entry.hash:
            self._find(entry.seq, Fault.REWRITTEN)
        self.end = Mark(entry.seq, entry.hash)

    def finish(self) -> list[Finding]:
        """All that is wrong with it."""
        for seq in sorted(self._kept):
            if seq > self.end.seq:
                self._find(seq, Fault.CUT_OFF)
        return self.findings

    def _find(self, seq: int, fault: Fault) -> None:
        self.findings.append(Finding(seq, fault))
