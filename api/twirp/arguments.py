"""Bounds on what a request may hold, with LiveKit's words.

Each makes a check for a limit; `rejects` ones are worded as livekit-server does behind its front.
"""

from collections.abc import Callable
from typing import Any

from api.twirp.errors import TwirpError, of_failure, too_large
from signaling.administration import Code, Failure
from signaling.admission import attributes_size
from signaling.agents.worker import is_deployment
from signaling.config import Limits

Check = Callable[[Limits, Any], None]

MAX_DATA = 250_000  # bytes: what fits into a message that every client takes


def room_name(limits: Limits, request: Any) -> None:
    if len(request.name) > limits.room_name_length:
        text = f"room name length exceeds limits: max length {limits.room_name_length}"
        raise of_failure(Failure(Code.INVALID_ARGUMENT, text))


def name(limits: Limits, request: Any) -> None:
    if len(request.name) > limits.name_length:
        raise too_large("name length exceeds limits", limits.name_length)


def metadata(limits: Limits, request: Any) -> None:
    if len(request.metadata.encode()) > limits.metadata_size:
        raise too_large("metadata size exceeds limits", limits.metadata_size)


def attributes(limits: Limits, request: Any) -> None:
    if attributes_size(request.attributes) > limits.attributes_size:
        raise too_large("attribute size exceeds limits", limits.attributes_size)


def agents(limits: Limits, request: Any) -> None:
    for agent in request.agents:
        metadata(limits, agent)
        attributes(limits, agent)


def dispatch(limits: Limits, request: Any) -> None:
    if not is_deployment(request.deployment):
        text = "deployment contains a reserved character, whitespace or a control byte"
        raise of_failure(Failure(Code.INVALID_ARGUMENT, text))
    if len(request.metadata.encode()) > limits.metadata_size:
        raise of_failure(Failure(Code.INVALID_ARGUMENT, "metadata size exceeds limits"))
    if attributes_size(request.attributes) > limits.attributes_size:
        raise of_failure(Failure(Code.INVALID_ARGUMENT, "attribute size exceeds limits"))


def nonce(limits: Limits, request: Any) -> None:
    if len(request.nonce) not in (0, 16):
        text = f"nonce should be 16-bytes or not present, got: {len(request.nonce)} bytes"
        raise TwirpError(Code.INVALID_ARGUMENT, text)


def data(limits: Limits, request: Any) -> None:
    """livekit-server takes more and drops it: no client would."""
    if len(request.data) > MAX_DATA:
        raise too_large("data size exceeds limits", MAX_DATA)


def two_rooms(limits: Limits, request: Any) -> None:
    if request.room == request.destination_room:
        what = "destination room cannot be the same as source room"
        raise TwirpError(Code.INVALID_ARGUMENT, f"{what} ", {"argument": what})


def sip_transfer(limits: Limits, request: Any) -> None:
    if not request.room_name:
        raise of_failure(Failure(Code.INVALID_ARGUMENT, "Missing room name"))
    if not request.participant_identity:
        raise of_failure(Failure(Code.INVALID_ARGUMENT, "Missing participant identity"))
