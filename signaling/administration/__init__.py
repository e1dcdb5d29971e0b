"""What the server API may do with rooms: one function for each kind of request.

This is a seam. Requests and answers are LiveKit's own messages, so a request can be carried to the
node that has the room as bytes and a name; who may ask for what is settled before (`api/twirp`).
"""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from signaling.administration import data, dispatches, moving, participants, rooms, rpc
from signaling.administration.failure import Code, Failure, refused
from signaling.conference import Conference

Reply = Callable[[Message | Failure], None]
Handler = Callable[[Conference, Any, float], Message]
Waiting = Callable[[Conference, Any, Reply, float], None]

# By service and method.
HANDLERS: dict[str, Handler] = {
    "RoomService/CreateRoom": rooms.create,
    "RoomService/ListRooms": rooms.list_all,
    "RoomService/DeleteRoom": rooms.delete,
    "RoomService/UpdateRoomMetadata": rooms.update_metadata,
    "RoomService/ListParticipants": participants.list_all,
    "RoomService/GetParticipant": participants.get,
    "RoomService/RemoveParticipant": participants.remove,
    "RoomService/UpdateParticipant": participants.update,
    "RoomService/MutePublishedTrack": participants.mute,
    "RoomService/UpdateSubscriptions": participants.subscribe,
    "RoomService/SendData": data.send,
    "RoomService/MoveParticipant": moving.move,
    "RoomService/ForwardParticipant": moving.forward,
    "AgentDispatchService/CreateDispatch": dispatches.create,
    "AgentDispatchService/ListDispatch": dispatches.list_all,
    "AgentDispatchService/DeleteDispatch": dispatches.delete,
    "Egress/StartEgress": rooms.record,
    "Egress/StartRoomCompositeEgress": rooms.record,
    "Egress/StartWebEgress": rooms.record,
    "Egress/StartParticipantEgress": rooms.record,
    "Egress/StartTrackCompositeEgress": rooms.record,
    "Egress/StartTrackEgress": rooms.record,
}

# Those whose answer comes later.
WAITING: dict[str, Waiting] = {
    "RoomService/PerformRpc": rpc.perform,
}


def administer(
    conference: Conference, method: str, request: Message, reply: Reply, now: float
) -> None:
    """Carry a request out; `reply` is called once, now or later, with the answer or a Failure."""
    try:
        if method in WAITING:
            WAITING[method](conference, request, reply, now)
            return
        answer = HANDLERS[method](conference, request, now)
    except Failure as failure:
        reply(failure)
    else:
        reply(answer)


__all__ = ["HANDLERS", "WAITING", "Code", "Failure", "Reply", "administer", "refused"]
