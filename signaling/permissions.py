"""Whom a publisher lets subscribe to its tracks (LiveKit's `subscription_permission`)."""

from dataclasses import dataclass, field

from livekit.protocol import rtc

MAX_ENTRIES = 1000  # participants; who stands behind them in the list gets nothing
MAX_TRACKS = 100  # for each of them


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
        self._by_sid: dict[str, Allowance] = {}
        self._by_identity: dict[str, Allowance] = {}

    def update(self, request: rtc.SubscriptionPermission) -> None:
        """The last word counts as a whole; it adds nothing to earlier ones."""
        self._everybody = request.all_participants
        self._by_sid, self._by_identity = {}, {}
        for entry in request.track_permissions[:MAX_ENTRIES]:
            allowance = Allowance(entry.all_tracks, set(entry.track_sids[:MAX_TRACKS]))
            if entry.participant_identity:
                self._by_identity[entry.participant_identity] = allowance
            elif entry.participant_sid:
                self._by_sid[entry.participant_sid] = allowance

    def allows(self, sid: str, identity: str, track: str) -> bool:
        if self._everybody:
            return True
        allowance = self._by_identity.get(identity) or self._by_sid.get(sid)
        return allowance is not None and allowance.covers(track)
