"""Whom a publisher lets subscribe to its tracks (LiveKit's `subscription_permission`)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from livekit.protocol import rtc

MAX_ENTRIES = 1000  # participants; who stands behind them in the list gets nothing
MAX_TRACKS = 100  # for each of them

IdentityOf = Callable[[str], str | None]  # by sid; None: nobody has it


@dataclass(slots=True)
class Allowance:
    all_tracks: bool
    tracks: set[str] = field(default_factory=set)  # sids

    def covers(self, track: str) -> bool:
        return self.all_tracks or track in self.tracks


class SubscriptionPermissions:
    """Everybody may have everything until the publisher says otherwise."""

    def __init__(self) -> None:
        self._everybody = True
        self._by_identity: dict[str, Allowance] = {}

    def update(self, request: rtc.SubscriptionPermission, identity_of: IdentityOf) -> bool:
        """The last word counts as a whole; it adds nothing to earlier ones.

        A sid stands for the identity that has it now, so that somebody who joins anew keeps what
        was allowed. False: an entry names nobody, and everything stays as it was.
        """
        entries = request.track_permissions[:MAX_ENTRIES]
        if not all(entry.participant_identity or entry.participant_sid for entry in entries):
            return request.all_participants and self._allow_all()
        self._everybody = request.all_participants
        self._by_identity = {
            identity: Allowance(entry.all_tracks, set(entry.track_sids[:MAX_TRACKS]))
            for entry in entries
            if (identity := entry.participant_identity or identity_of(entry.participant_sid))
        }
        return True

    def allows(self, identity: str, track: str) -> bool:
        if self._everybody:
            return True
        allowance = self._by_identity.get(identity)
        return allowance is not None and allowance.covers(track)

    def _allow_all(self) -> bool:
        self._everybody = True
        return True
