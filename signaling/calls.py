"""RPCs that the server has made to one participant, until each has its answer (LiveKit)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from google.protobuf.message import DecodeError
from livekit.protocol import models

from sfu.events import CallAnswered
from signaling.timers import Timer, Timers, cancel

Done = Callable[[models.RpcResponse], None]

ROUND_TRIP = 2.0  # seconds within which the participant's SDK says that it has got the request


class Error(IntEnum):
    """LiveKit's codes; others are the participant's own."""

    UNSUPPORTED_METHOD = 1400
    RECIPIENT_NOT_FOUND = 1401
    REQUEST_TOO_LARGE = 1402
    UNSUPPORTED_SERVER = 1403
    UNSUPPORTED_VERSION = 1404
    APPLICATION_ERROR = 1500
    CONNECTION_TIMEOUT = 1501
    RESPONSE_TIMEOUT = 1502
    RECIPIENT_DISCONNECTED = 1503
    RESPONSE_TOO_LARGE = 1504
    SEND_FAILED = 1505


MESSAGES = {
    Error.REQUEST_TOO_LARGE: "Request payload too large",
    Error.CONNECTION_TIMEOUT: "Connection timeout",
    Error.RESPONSE_TIMEOUT: "Response timeout",
    Error.RECIPIENT_DISCONNECTED: "Recipient disconnected",
    Error.SEND_FAILED: "Failed to send",
}


def error(code: Error) -> models.RpcResponse:
    return models.RpcResponse(error=models.RpcError(code=code, message=MESSAGES[code]))


@dataclass(slots=True)
class Call:
    done: Done
    unheard: Timer
    overdue: Timer


class Calls:
    """`done` is called exactly once for each, and never from within `begin`."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._pending: dict[str, Call] = {}

    def begin(self, call: str, done: Done, timeout: float, now: float) -> None:
        """`timeout`: seconds until the answer must be here."""

        def fail(code: Error) -> Callable[[float], None]:
            return lambda _: self._finish(call, error(code))

        self._pending[call] = Call(
            done,
            self._timers.at(now + ROUND_TRIP, fail(Error.CONNECTION_TIMEOUT)),
            self._timers.at(now + timeout, fail(Error.RESPONSE_TIMEOUT)),
        )

    def receive(self, event: CallAnswered) -> None:
        if event.call not in self._pending:
            return
        if not event.response:
            cancel(self._pending[event.call].unheard)
            return
        try:
            response = models.RpcResponse.FromString(event.response)
        except DecodeError:
            response = error(Error.SEND_FAILED)
        self._finish(event.call, response)

    def stop(self) -> None:
        """The participant has left."""
        for call in list(self._pending):
            self._finish(call, error(Error.RECIPIENT_DISCONNECTED))

    def _finish(self, name: str, response: models.RpcResponse) -> None:
        call = self._pending.pop(name, None)
        if call is not None:
            cancel(call.unheard)
            cancel(call.overdue)
            call.done(response)
