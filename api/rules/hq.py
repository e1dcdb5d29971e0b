"""Who of those who wait with several clinics is next for one clinician."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

STEP = timedelta(minutes=20)  # of waiting count as much as the next priority


class Priority(StrEnum):
    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


class Side(StrEnum):
    """What a workspace is in an agreement."""

    SERVED = "served"  # those who wait with it are seen by the other one
    SERVES = "serves"  # the HQ


class State(StrEnum):
    OFFERED = "offered"  # by the one that is to be served
    AGREED = "agreed"
    ENDED = "ended"  # by either of them


@dataclass(frozen=True, slots=True)
class Place:
    """Of somebody who waits. `language` as browsers name it, None where it is not known."""

    meeting: UUID
    since: datetime
    priority: Priority = Priority.ROUTINE
    language: str | None = None
    skill: str | None = None  # that whoever takes it should have
    is_there: bool = True  # the page is open


@dataclass(frozen=True, slots=True)
class Clinician:
    languages: Collection[str] = ()
    skills: Collection[str] = ()

    def speaks(self, place: Place) -> bool:
        """What is not known, or not said of anybody, keeps nobody waiting."""
        if place.language is None or not self.languages:
            return True
        return main(place.language) in {main(language) for language in self.languages}

    def can(self, place: Place) -> bool:
        if place.skill is None:
            return True
        return place.skill.casefold() in {skill.casefold() for skill in self.skills}

    def may_be_given(self, place: Place) -> bool:
        """Whether `next` may choose it."""
        return place.is_there and self.can(place)


def main(language: str) -> str:
    """The language of a region's: fr of fr-CA."""
    return language.replace("_", "-").partition("-")[0].lower()


def level(place: Place, now: datetime) -> int:
    """Who waits for long becomes as urgent as who has just come with more."""
    return place.priority.rank + max(0, int((now - place.since) / STEP))


def ordered(places: Iterable[Place], clinician: Clinician, now: datetime) -> list[Place]:
    """The best first: whom they can help, the urgent, those whose language they speak, the first to
    come. The id makes the order the same for everybody."""
    return sorted(
        places,
        key=lambda place: (
            not clinician.may_be_given(place),
            -level(place, now),
            not clinician.speaks(place),
            place.since,
            place.meeting,
        ),
    )
