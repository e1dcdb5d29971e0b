"""Why a request of the server API was not carried out."""

from enum import StrEnum

from signaling.admission import Refused
from signaling.errors import SignalingError


class Code(StrEnum):
    """Twirp's words."""

    ABORTED = "aborted"
    ALREADY_EXISTS = "already_exists"
    BAD_ROUTE = "bad_route"
    CANCELED = "canceled"
    DATA_LOSS = "dataloss"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    FAILED_PRECONDITION = "failed_precondition"
    INTERNAL = "internal"
    INVALID_ARGUMENT = "invalid_argument"
    MALFORMED = "malformed"
    NOT_FOUND = "not_found"
    OUT_OF_RANGE = "out_of_range"
    PERMISSION_DENIED = "permission_denied"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    UNIMPLEMENTED = "unimplemented"
    UNKNOWN = "unknown"


class Failure(SignalingError):
    """What the caller gets to read. The texts are LiveKit's where it has one."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def refused(by: Refused) -> Failure:
    """As the guard of the conference says it."""
    return Failure(CODES.get(by.status, Code.PERMISSION_DENIED), by.text)


CODES = {400: Code.INVALID_ARGUMENT, 503: Code.UNAVAILABLE}


def room_not_found() -> Failure:
    return Failure(Code.NOT_FOUND, "requested room does not exist")


def participant_not_found() -> Failure:
    return Failure(Code.NOT_FOUND, "participant does not exist")
