"""Requests about data blobs, which an operator has to enable (LiveKit)."""

from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from signaling.blobs import Refusal
from signaling.messages import Reason, refusal

if TYPE_CHECKING:
    from signaling.participant import Participant


def store(participant: "Participant", request: rtc.StoreDataBlobRequest, now: float) -> None:
    if not participant.context.config.enable_data_blobs:
        refused: Refusal | None = (Reason.NOT_ALLOWED, "data blob not enabled")
    else:
        refused = participant.blobs.store(request.blob)
    if refused is not None:
        participant.send(refusal(*refused, request_id=request.request_id))
        return
    stored = rtc.StoreDataBlobResponse(request_id=request.request_id, key=request.blob.key)
    participant.send(rtc.SignalResponse(store_data_blob_response=stored))


def fetch(participant: "Participant", request: rtc.GetDataBlobRequest, now: float) -> None:
    found = _find(participant, request)
    if isinstance(found, models.DataBlob):
        got = rtc.GetDataBlobResponse(request_id=request.request_id, blob=found)
        participant.send(rtc.SignalResponse(get_data_blob_response=got))
    else:
        participant.send(refusal(*found, request_id=request.request_id))


def _find(participant: "Participant", request: rtc.GetDataBlobRequest) -> models.DataBlob | Refusal:
    if not request.HasField("key"):
        return Reason.INVALID_REQUEST, "data blob key is required"
    owner = participant.room.identities.get(request.participant_identity)
    if owner is None or (owner.is_hidden and owner is not participant):
        return Reason.NOT_FOUND, "participant not found"
    return owner.blobs.find(request.key) or (Reason.NOT_FOUND, "data blob not found")
