"""Does a publisher let a participant have one of its tracks? The participant is told (LiveKit)."""

from typing import TYPE_CHECKING

from signaling import messages

if TYPE_CHECKING:
    from signaling.participant import Participant


def is_allowed(participant: "Participant", publisher: "Participant", track: str) -> bool:
    """Tells the participant when the answer has changed. `track`: of any kind, its sid."""
    denied = participant.subscriptions.denied
    # Nobody can ask a recorder's leave in advance.
    allowed = participant.is_recorder or publisher.permissions.allows(participant.identity, track)
    if allowed == (track in denied):
        denied.symmetric_difference_update({track})
        participant.send(messages.allowed(publisher.sid, track, allowed))
    return allowed
