"""What was found, each in one sentence."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    GOOD = "ok"
    NOTE = "note"  # may be as it is meant
    BAD = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Of a failure the sentence says what to do."""

    mark: Mark
    sentence: str

    def __str__(self) -> str:
        return f"{self.mark:<7} {self.sentence}"


Findings = Iterator[Finding]


def good(sentence: str) -> Finding:
    return Finding(Mark.GOOD, sentence)


def note(sentence: str) -> Finding:
    return Finding(Mark.NOTE, sentence)


def bad(sentence: str) -> Finding:
    return Finding(Mark.BAD, sentence)
