"""Make, list, change and end rooms (LiveKit)."""

from google.protobuf.message import Message
from livekit.protocol import models, room

from signaling import messages
from signaling.administration.failure import Code, Failure, room_not_found
from signaling.admission import Refused
from signaling.conference import Conference
from signaling.context import NodeContext
from signaling.room import Room


def create(conference: Conference, request: room.CreateRoomRequest, now: float) -> models.Room:
    """One that is there already stays as it is (livekit-server on one node)."""
    if request.HasField("egress"):
        raise Failure(Code.INTERNAL, "egress not connected (redis required)")
    return open_room(conference, request, now).info()


def list_all(
    conference: Conference, request: room.ListRoomsRequest, now: float
) -> room.ListRoomsResponse:
    names, quiet = set(request.names), conference.config.quiet_room
    rooms = [room for room in conference.rooms.values() if room.name != quiet]
    chosen = [room for room in rooms if not names or room.name in names]
    return room.ListRoomsResponse(rooms=[each.info() for each in chosen])


def delete(
    conference: Conference, request: room.DeleteRoomRequest, now: float
) -> room.DeleteRoomResponse:
    ending = find(conference, request.room)
    ending.end_all(models.DisconnectReason.ROOM_DELETED, now)
    ending.close(now)
    return room.DeleteRoomResponse()


def update_metadata(
    conference: Conference, request: room.UpdateRoomMetadataRequest, now: float
) -> models.Room:
    """Empty metadata are a change too."""
    changed = find(conference, request.room)
    changed.settings.metadata = request.metadata
    info = changed.info()
    changed.broadcast(messages.room_update(info))
    return info


def record(conference: Conference, request: Message, now: float) -> Message:
    """Nobody here can; a room that is not there is the greater mistake (LiveKit)."""
    name = getattr(request, "room_name", "")
    if name:
        find(conference, name)
    raise Failure(Code.UNAVAILABLE, "no response from servers: no egress is connected")


def open_room(
    conference: Conference,
    request: room.CreateRoomRequest,
    now: float,
    *,
    near: NodeContext | None = None,
) -> Room:
    """Made, if there is none, on the node `near` if it can be chosen. Raises Failure."""
    try:
        return conference.create(request, now, near=near)
    except Refused as refused:
        code = Code.INVALID_ARGUMENT if refused.status == 400 else Code.UNAVAILABLE
        raise Failure(code, refused.text) from None


def find(conference: Conference, name: str) -> Room:
    """Raises Failure."""
    found = conference.rooms.get(name)
    if found is None:
        raise room_not_found()
    return found
