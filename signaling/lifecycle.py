"""From the join to the end: when a participant counts as active, and when it is given up.

Losing the signaling connection alone ends nothing; losing the media does (LiveKit).
"""

from typing import Protocol

from livekit.protocol import models, rtc

from sfu.events import ChannelsOpened, TransportChanged, TransportState
from signaling.context import Context
from signaling.messages import Action
from signaling.timers import Timer, cancel

Reason = models.DisconnectReason

CLOSED = "closed"  # reason of a transport that the client has ended with DTLS's close_notify
CONSENT = "consent"  # reason of one by which the client was not heard any more


class Member(Protocol):
    """What the lifecycle needs of its participant."""

    @property
    def context(self) -> Context: ...
    @property
    def is_active(self) -> bool: ...
    def activate(self, now: float) -> None: ...
    def fall_back(self, lasted: float, now: float) -> None: ...
    def end_session(
        self, reason: models.DisconnectReason, action: rtc.LeaveRequest.Action
    ) -> None: ...
    def end(self, reason: models.DisconnectReason, now: float) -> None: ...


class Lifecycle:
    def __init__(self, member: Member, primary: str, now: float) -> None:
        self._member = member
        self._primary = primary  # transport
        self._timers = member.context.timers
        self._times = member.context.config.timers
        self.needs_channels = True  # the client has offered data channels
        self._has_channels = False
        self._connected: dict[str, float] = {}  # transports, and since when
        self._lost: set[str] = set()
        self._is_closed = False  # by the client: it is about to leave
        self._removal: Timer | None = None
        self._channels: Timer | None = None
        self._never_active: Timer | None = self._timers.at(
            now + self._times.never_active, self._give_up_joining
        )

    def receive_transport(self, event: TransportChanged, now: float) -> None:
        if event.state is TransportState.CONNECTED:
            self._connect(event.transport, now)
            return
        self._lost.add(event.transport)
        if event.reason == CLOSED:
            self._is_closed = True
            self._remove_at(now + self._times.failed)
        elif event.state is TransportState.FAILED:
            since = self._connected.get(event.transport)
            if since is not None and event.reason == CONSENT:
                self._member.fall_back(now - since, now)
            self._member.end_session(Reason.CONNECTION_TIMEOUT, Action.RESUME)
            self._remove_at(now + self._times.failed)
        else:
            self._remove_at(now + self._times.disconnected)

    def receive_channels(self, event: ChannelsOpened, now: float) -> None:
        if event.transport == self._primary:
            self._has_channels = True
            self._activate_if_ready(now)

    def lose_signal(self, now: float) -> None:
        """Nobody comes back to a join that has not led to media, or to closed media."""
        if not self._connected or self._is_closed:
            self._member.end(Reason.SIGNAL_CLOSE, now)

    def resume(self, now: float) -> None:
        if self._lost:
            self._remove_at(now + self._times.resumed)

    def stop(self) -> None:
        for timer in (self._removal, self._channels, self._never_active):
            cancel(timer)

    def _connect(self, transport: str, now: float) -> None:
        self._connected.setdefault(transport, now)
        self._lost.discard(transport)
        if not self._lost:
            cancel(self._removal)
            self._removal = None
        if transport == self._primary and not self._has_channels and self._channels is None:
            self._channels = self._timers.at(now + self._times.channels, self._go_without_channels)
        self._activate_if_ready(now)

    def _activate_if_ready(self, now: float) -> None:
        """Data channels count, since the first thing that many clients do is to send data."""
        has_channels = self._has_channels or not self.needs_channels
        if self._primary in self._connected and has_channels and not self._member.is_active:
            cancel(self._never_active)
            cancel(self._channels)
            self._member.activate(now)

    def _go_without_channels(self, now: float) -> None:
        self._has_channels = True
        self._activate_if_ready(now)

    def _remove_at(self, when: float) -> None:
        cancel(self._removal)
        self._removal = self._timers.at(when, self._remove)

    def _remove(self, now: float) -> None:
        """Whoever is still listening may join anew."""
        self._member.end_session(Reason.CONNECTION_TIMEOUT, Action.RECONNECT)
        self._member.end(Reason.CONNECTION_TIMEOUT, now)

    def _give_up_joining(self, now: float) -> None:
        self._member.end_session(Reason.JOIN_FAILURE, Action.DISCONNECT)
        self._member.end(Reason.JOIN_FAILURE, now)
