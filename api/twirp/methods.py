"""All methods of the server API: who may call each, and what a request must be like.

The order of the checks is livekit-server's, which decides what a caller who fails two is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from livekit.protocol import agent_dispatch, egress, ingress, room, sip

from api.twirp import arguments, grants
from api.twirp.errors import of_failure
from signaling.administration import Code, Failure
from signaling.config import Limits
from signaling.tokens import Claims

Grant = Callable[[Claims, Any], None]


@dataclass(frozen=True, slots=True)
class Method:
    request: type[Message]
    grant: Grant
    first: tuple[arguments.Check, ...] = ()  # before the grant is looked at
    then: tuple[arguments.Check, ...] = ()
    absent: Failure | None = None  # why nobody here can serve it

    def check(self, claims: Claims, limits: Limits, request: Message) -> None:
        """Raises TwirpError."""
        for check in self.first:
            check(limits, request)
        self.grant(claims, request)
        for check in self.then:
            check(limits, request)
        if self.absent is not None:
            raise of_failure(self.absent)


NO_EGRESS = Failure(Code.INTERNAL, "egress not connected (redis required)")
NO_INGRESS = Failure(Code.INTERNAL, "ingress not connected (redis required)")
NO_SIP = Failure(Code.INTERNAL, "sip not connected (redis required)")

a = arguments
ROOM: dict[str, tuple[Any, ...]] = {
    "CreateRoom": (grants.creates, (), (a.room_name, a.metadata, a.agents)),
    "ListRooms": (grants.lists,),
    "DeleteRoom": (grants.creates,),
    "ListParticipants": (grants.administers,),
    "GetParticipant": (grants.administers,),
    "RemoveParticipant": (grants.administers,),
    "MutePublishedTrack": (grants.administers,),
    "UpdateParticipant": (grants.administers, (a.name, a.metadata, a.attributes)),
    "UpdateSubscriptions": (grants.administers,),
    "SendData": (grants.administers, (), (a.nonce, a.data)),
    "UpdateRoomMetadata": (grants.administers, (a.metadata,)),
    "ForwardParticipant": (grants.moves, (), (a.two_rooms,)),
    "MoveParticipant": (grants.moves, (), (a.two_rooms,)),
    "PerformRpc": (grants.administers,),
}


def methods() -> dict[str, Method]:
    """By service and method: "livekit.RoomService/CreateRoom"."""
    return {
        path: _method(service.name, method, path)
        for module in (room, agent_dispatch, egress, ingress, sip)
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if (path := f"{service.full_name}/{method.name}")
    }


def _method(service: str, method: MethodDescriptor, path: str) -> Method:
    request = message_factory.GetMessageClass(method.input_type)
    match service:
        case "RoomService":
            return Method(request, *ROOM[method.name])
        case "AgentDispatchService":
            is_new = method.name == "CreateDispatch"
            return Method(request, grants.administers, then=(a.dispatch,) if is_new else ())
        case "Egress":
            starts = method.name.startswith("Start")  # of which the room is asked first
            return Method(request, grants.records, absent=None if starts else NO_EGRESS)
        case "Ingress":
            return Method(request, grants.takes_in, absent=NO_INGRESS)
        case _:
            return _sip_method(request, method.name)


def _sip_method(request: type[Message], name: str) -> Method:
    if name == "TransferSIPParticipant":
        return Method(request, grants.transfers_sip, (a.sip_transfer,), absent=NO_SIP)
    calls = name == "CreateSIPParticipant"
    return Method(request, grants.calls_sip if calls else grants.administers_sip, absent=NO_SIP)
