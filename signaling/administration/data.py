"""Send data to participants in the server's own name (LiveKit)."""

from livekit.protocol import models, room

from sfu.commands import SendData
from signaling.administration import rooms
from signaling.conference import Conference


def send(
    conference: Conference, request: room.SendDataRequest, now: float
) -> room.SendDataResponse:
    """To everybody, or to those who are named: by identity, or by sid as older callers do."""
    found = rooms.find(conference, request.room)
    if request.nonce and not found.nonces.take(request.nonce):
        return room.SendDataResponse()  # a repetition
    identities, sids = set(request.destination_identities), set(request.destination_sids)
    is_for_all = not identities and not sids
    peers = [
        participant.sid
        for participant in found.participants.values()
        if is_for_all or participant.identity in identities or participant.sid in sids
    ]
    if peers:
        found.context.commands.append(
            SendData(
                room=found.sid,
                payload=_packet(request).SerializeToString(),
                reliable=request.kind == models.DataPacket.RELIABLE,
                peers=peers,
            )
        )
    return room.SendDataResponse()


def _packet(request: room.SendDataRequest) -> models.DataPacket:
    user = models.UserPacket(
        payload=request.data,
        destination_sids=request.destination_sids,
        destination_identities=request.destination_identities,
        nonce=request.nonce,
    )
    if request.HasField("topic"):
        user.topic = request.topic
    return models.DataPacket(
        kind=request.kind, destination_identities=request.destination_identities, user=user
    )
