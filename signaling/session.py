"""One client's signaling connection as a core: requests go in, responses come out.

A participant outlives its sessions: after a lost connection the next session resumes it.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from livekit.protocol import rtc

from signaling.context import Context
from signaling.requests import HANDLERS

if TYPE_CHECKING:
    from signaling.participant import Participant

MAX_GARBAGE = 20  # frames that are no requests, until the connection is closed


class Ignored(StrEnum):
    """Why a frame was not acted upon."""

    GARBAGE = "garbage"
    UNKNOWN = "unknown"  # of a kind that we do not have
    OVER = "over"  # after the session's end


class Session:
    """After anything that changes the conference, take the messages, then look at `is_over`."""

    def __init__(self, context: Context, participant: "Participant | None") -> None:
        self.is_over = False  # send what is left, then close with 1000
        self.ignored: Counter[Ignored] = Counter()
        self.opening: Callable[[float], None] | None = None
        self._context = context
        self._participant = participant
        self._messages: list[rtc.SignalResponse] = []

    def begin(self, now: float) -> None:
        """What follows the first response of a join, which had better leave at once: clients look
        for their connection every 50 ms from then on (livekit-client)."""
        opening, self.opening = self.opening, None
        if opening is not None and not self.is_over:
            opening(now)

    def receive_message(self, request: rtc.SignalRequest, now: float) -> None:
        participant = self._participant
        if participant is None or self.is_over:
            self.ignored[Ignored.OVER] += 1
            return
        participant.last_heard = now
        kind = request.WhichOneof("message")
        if kind == "ping":
            self.send(rtc.SignalResponse(pong=self._context.milliseconds(now)))
        elif kind == "ping_req":
            self._pong(request.ping_req, now)
        elif kind in HANDLERS:
            HANDLERS[kind](participant, getattr(request, kind), now)
        else:
            self.ignored[Ignored.UNKNOWN] += 1

    def receive_garbage(self, now: float) -> None:
        """A frame that is no request. A few may be another version's; many are an attack."""
        self.ignored[Ignored.GARBAGE] += 1
        if self.ignored[Ignored.GARBAGE] >= MAX_GARBAGE and self._participant is not None:
            self._participant.restart(now)

    def fail(self, now: float) -> None:
        """A request broke something of ours: the client shall begin anew."""
        if self._participant is not None:
            self._participant.restart(now)
        self.finish()

    def take_messages(self) -> list[rtc.SignalResponse]:
        taken, self._messages = self._messages, []
        return taken

    def lose(self, now: float) -> None:
        """The connection is gone; the participant lives as long as its media does."""
        self.is_over = True
        self._messages.clear()
        if self._participant is not None:
            self._participant.detach(self, now)

    # --- for the participant

    def send(self, response: rtc.SignalResponse) -> None:
        if not self.is_over:
            self._messages.append(response)
            self._context.ready[self] = None

    def finish(self) -> None:
        """Nothing follows what was sent so far."""
        self.is_over = True
        self._context.ready[self] = None

    def _pong(self, ping: rtc.Ping, now: float) -> None:
        pong = rtc.Pong(
            last_ping_timestamp=ping.timestamp, timestamp=self._context.milliseconds(now)
        )
        self.send(rtc.SignalResponse(pong_resp=pong))
