"""What the server's look at itself has found, and what follows: an incident begins, is over, ends.

One that comes back soon is the same one, so that nobody is written to about it again and again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

EVERY = 60.0  # seconds between two looks
CALM = timedelta(minutes=5)  # that a part has to be well until its incident has ended
STALE = 2.5  # looks that may be missing until nobody knows how things stand


class Part(StrEnum):
    """What a visit needs, as far as this server has it."""

    ROOM = "room"  # made and joined, and data passes between two
    RELAY = "relay"  # a packet through it, by each address that clients are told
    MAIL = "mail"  # the mail server answers
    DATABASE = "database"  # takes what is written, and gives it back


class Reason(StrEnum):
    REFUSED = "refused"  # it answers, and does not do it
    SILENT = "silent"  # no answer
    LOST = "lost"  # data did not come


SENTENCES = {
    (Part.ROOM, Reason.REFUSED): (
        "Nobody can join new visits: the server refuses them. Look into its log, and at the limits "
        "in its configuration; a restart ends the calls that go on."
    ),
    (Part.ROOM, Reason.SILENT): (
        "Nobody can join new visits: the media server does not answer. Let its UDP port through "
        "this machine's firewall, and look into the log for a media process that ends again."
    ),
    (Part.ROOM, Reason.LOST): (
        "People in visits do not hear each other: the media server answers, and nothing passes. "
        "Look at the load of the machine; if that is low, restart the server between visits."
    ),
    (Part.RELAY, Reason.SILENT): (
        "The relay does not answer: people whose networks block UDP cannot join. Start it again, "
        "or let its ports through the firewall; `housecall doctor` says which."
    ),
    (Part.RELAY, Reason.REFUSED): (
        "The relay answers and relays nothing: people whose networks block UDP cannot join. "
        "`housecall doctor` says why; often its secret or one of the clocks is another."
    ),
    (Part.RELAY, Reason.LOST): (
        "The relay takes packets and none comes back: people whose networks block UDP cannot join. "
        "Let it reach the media server's UDP port; `housecall doctor` says which."
    ),
    (Part.MAIL, Reason.SILENT): (
        "The mail server does not answer: invitations and reminders wait. See that it runs, and "
        "that clinic.mail.host and clinic.mail.port lead to it; hand over links meanwhile."
    ),
    (Part.MAIL, Reason.REFUSED): (
        "The mail server sends us away: invitations and reminders wait. Look at clinic.mail, at "
        "the server's certificate and its log; hand over links meanwhile."
    ),
    (Part.DATABASE, Reason.SILENT): (
        "The database does not answer: calls go on, and nobody can sign in or make visits. Start "
        "it again, and look at its disk; this server need not be restarted."
    ),
    (Part.DATABASE, Reason.LOST): (
        "The database does not give back what was written to it: make no more visits, and look at "
        "its disk and its log now."
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One part at one time. `place`: the relay's address, as clients are told it."""

    part: Part
    reason: Reason | None  # None: all is well
    seconds: float  # that it took
    place: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """`well_at`: since when there is nothing of it any more; `ended_at`: when that was believed."""

    id: UUID
    part: Part
    reason: Reason
    place: str  # addresses of relays, separated by blanks
    begun_at: datetime
    well_at: datetime | None = None
    ended_at: datetime | None = None
    is_told: bool = False  # the administrator was written to: that it has begun
    is_end_told: bool = False

    @property
    def is_on(self) -> bool:
        return self.well_at is None

    @property
    def sentence(self) -> str:
        return SENTENCES[self.part, self.reason]


Open = Mapping[Part, Incident]  # those that have not ended


def follow(open: Open, found: Iterable[Found], new_ids: Iterable[UUID], now: datetime) -> Open:
    """What is open after a look; what has ended in it is among them still. A part that was not
    looked at stays as it is."""
    after = {part: one for part, one in open.items() if one.ended_at is None}
    ids = iter(new_ids)
    by_part: dict[Part, list[Found]] = {}
    for one in found:
        by_part.setdefault(one.part, []).append(one)
    for part, looks in by_part.items():
        bad = [look for look in looks if look.reason is not None]
        known = after.get(part)
        if bad:
            after[part] = _worse(known, bad, next(ids), now)
        elif known is not None:
            after[part] = _better(known, now)
    return after


def _worse(known: Incident | None, bad: list[Found], id: UUID, now: datetime) -> Incident:
    assert bad[0].reason is not None
    place = " ".join(look.place for look in bad if look.place)
    if known is None:
        return Incident(id, bad[0].part, bad[0].reason, place, now)
    return replace(known, reason=bad[0].reason, place=place, well_at=None)


def _better(known: Incident, now: datetime) -> Incident:
    well_at = known.well_at or now
    ended_at = now if now - well_at >= CALM else None
    return replace(known, well_at=well_at, ended_at=ended_at)
