"""Send for agents, see what has become of them, and send them home (LiveKit)."""

from livekit.protocol import agent_dispatch
from livekit.protocol.room import CreateRoomRequest

from signaling.administration import rooms
from signaling.administration.failure import Code, Failure
from signaling.agents.dispatches import Dispatch
from signaling.conference import Conference


def create(
    conference: Conference, request: agent_dispatch.CreateAgentDispatchRequest, now: float
) -> Dispatch:
    """The room is made if there is none, as a join would."""
    if conference.config.room.auto_create:
        rooms.create(conference, CreateRoomRequest(name=request.room), now)
    return rooms.find(conference, request.room).dispatches.add(request, now)


def list_all(
    conference: Conference, request: agent_dispatch.ListAgentDispatchRequest, now: float
) -> agent_dispatch.ListAgentDispatchResponse:
    found = rooms.find(conference, request.room).dispatches.find(request.dispatch_id)
    return agent_dispatch.ListAgentDispatchResponse(agent_dispatches=found)


def delete(
    conference: Conference, request: agent_dispatch.DeleteAgentDispatchRequest, now: float
) -> Dispatch:
    deleted = rooms.find(conference, request.room).dispatches.delete(request.dispatch_id, now)
    if deleted is None:
        raise Failure(Code.NOT_FOUND, "dispatch ID not found")
    return deleted
