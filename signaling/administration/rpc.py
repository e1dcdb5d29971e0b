"""Call a method of a participant in the server's own name; the answer comes later (LiveKit)."""

from collections.abc import Callable

from google.protobuf.message import Message
from livekit.protocol import models, room

from sfu.commands import SendData
from signaling.administration.failure import Code, Failure, participant_not_found
from signaling.calls import MESSAGES, Error
from signaling.conference import Conference
from signaling.ids import CALL, new_id

MAX_PAYLOAD = 15 * 1024  # bytes
USUAL_TIMEOUT = 10_000  # milliseconds
MAX_TIMEOUT = 600_000  # milliseconds
VERSION = 1  # request and response are one packet each

CODES = {
    Error.CONNECTION_TIMEOUT: Code.CANCELED,
    Error.RESPONSE_TIMEOUT: Code.CANCELED,
    Error.RECIPIENT_DISCONNECTED: Code.UNAVAILABLE,
    Error.UNSUPPORTED_METHOD: Code.INVALID_ARGUMENT,
    Error.RECIPIENT_NOT_FOUND: Code.NOT_FOUND,
    Error.REQUEST_TOO_LARGE: Code.MALFORMED,
    Error.UNSUPPORTED_SERVER: Code.UNIMPLEMENTED,
    Error.UNSUPPORTED_VERSION: Code.UNIMPLEMENTED,
}  # all others: internal

Reply = Callable[[Message | Failure], None]


def perform(
    conference: Conference, request: room.PerformRpcRequest, reply: Reply, now: float
) -> None:
    """Raises Failure for what is known at once."""
    if not request.destination_identity:
        raise Failure(Code.INVALID_ARGUMENT, "destination identity is required")
    found = conference.rooms.get(request.room)
    participant = None if found is None else found.identities.get(request.destination_identity)
    if participant is None:
        raise participant_not_found()
    if participant.source is not None:
        raise Failure(Code.FAILED_PRECONDITION, "participant is forwarded from another room")
    if len(request.payload.encode()) > MAX_PAYLOAD:
        code = Error.REQUEST_TOO_LARGE
        raise failure(models.RpcError(code=code, message=MESSAGES[code]))

    def done(response: models.RpcResponse) -> None:
        if response.HasField("error"):
            reply(failure(response.error))
        else:
            reply(room.PerformRpcResponse(payload=response.payload))

    context = participant.context
    call = new_id(CALL, context.randbytes)
    timeout = min(request.response_timeout_ms, MAX_TIMEOUT) or USUAL_TIMEOUT
    participant.calls.begin(call, done, timeout / 1000, now)
    payload = _packet(call, request, timeout).SerializeToString()
    context.commands.append(
        SendData(
            room=participant.room.sid,
            payload=payload,
            reliable=True,
            peers=[participant.sid],
            call=call,
        )
    )


def failure(error: models.RpcError) -> Failure:
    text = f"RpcError {error.code}: {error.message}"
    if error.data:
        text += f": {error.data}"
    known = error.code in Error.__members__.values()
    code = CODES.get(Error(error.code), Code.INTERNAL) if known else Code.INTERNAL
    return Failure(code, text)


def _packet(call: str, request: room.PerformRpcRequest, timeout: int) -> models.DataPacket:
    """The call's id is its sender's name too: the answer goes there (LiveKit)."""
    return models.DataPacket(
        kind=models.DataPacket.RELIABLE,
        participant_identity=call,
        rpc_request=models.RpcRequest(
            id=call,
            method=request.method,
            payload=request.payload,
            response_timeout_ms=timeout,
            version=VERSION,
        ),
    )
