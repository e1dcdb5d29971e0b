"""Change one's own name, metadata and attributes (LiveKit)."""

from typing import TYPE_CHECKING

from livekit.protocol import rtc

from signaling.admission import attributes_size
from signaling.messages import Reason, refusal

if TYPE_CHECKING:
    from signaling.participant import Participant

MAX_ECHO = 16 * 1024  # bytes of a request that goes back with its answer
SAYS_OK = 15  # clients of a lower protocol take every response for a refusal


def update_metadata(
    participant: "Participant", request: rtc.UpdateParticipantMetadata, now: float
) -> None:
    reason, message = _check(participant, request, now)
    if reason == Reason.OK:
        before = participant.claims
        participant.set_own_fields(request.name, request.metadata, request.attributes)
        if participant.claims != before:
            participant.announce(now)
            participant.send_token(now)
        if participant.client.protocol < SAYS_OK:
            return
    # Clients go by the number; LiveKit sends the request back as well.
    asked = request if request.ByteSize() <= MAX_ECHO else None
    participant.send(refusal(reason, message, request_id=request.request_id, update_metadata=asked))


def _check(
    participant: "Participant", request: rtc.UpdateParticipantMetadata, now: float
) -> tuple[rtc.RequestResponse.Reason, str]:
    limits = participant.context.config.limits
    if not participant.grant.can_update_own_metadata:
        return Reason.NOT_ALLOWED, "does not have permission to update own metadata"
    if len(request.name) > limits.name_length:
        return Reason.LIMIT_EXCEEDED, "exceeds name length limit"
    if len(request.metadata.encode()) > limits.metadata_size:
        return Reason.LIMIT_EXCEEDED, "exceeds metadata size limit"
    merged = {**participant.claims.attributes, **request.attributes}
    if attributes_size(merged) > limits.attributes_size:
        return Reason.LIMIT_EXCEEDED, "exceeds attributes size limit"
    if not participant.may_fan_out(now):
        return Reason.LIMIT_EXCEEDED, "too many updates"
    return Reason.OK, ""
