"""What an operator may have answered by a full reconnect: a track that is announced and does not
come, a subscription without a media section, data channels that the client has closed.

Each is a setting of its own, off at first, as in LiveKit.
"""

from typing import Protocol

from livekit.protocol import models, rtc

from sfu.events import ChannelsClosed, TransportChanged, TransportState
from signaling import messages
from signaling.context import Context
from signaling.peer import Connection, uplink
from signaling.publications import Publications
from signaling.subscriptions import Subscriptions
from signaling.timers import Timer, cancel


class Member(Protocol):
    """Whose failures these are."""

    publications: Publications
    subscriptions: Subscriptions
    connection: Connection

    @property
    def context(self) -> Context: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def is_reachable(self) -> bool: ...
    def send(self, response: rtc.SignalResponse) -> None: ...
    def restart(self, now: float) -> None: ...


class Failures:
    def __init__(self, member: Member) -> None:
        self._member = member
        self._timers = member.context.timers
        self._times = member.context.config.timers
        self._rules = member.context.config.reconnect
        self._can_send = False  # the client's media has a way to us
        self._awaited: dict[str, Timer | None] = {}  # announced tracks without media
        self._unbound: dict[str, Timer] = {}  # subscriptions without a media section

    def announce(self, track: str, now: float) -> None:
        self._awaited[track] = None
        self._await_media(track, now)

    def change_mute(self, track: str, now: float) -> None:
        if track in self._awaited:
            self._await_media(track, now)

    def receive_transport(self, event: TransportChanged, now: float) -> None:
        is_connected = event.state is TransportState.CONNECTED
        if is_connected and event.transport == uplink(event.peer):
            self._can_send = True
            for track in self._awaited:
                self._await_media(track, now)

    def settle(self, track: str) -> None:
        """Its media has come, or it has ended."""
        cancel(self._awaited.pop(track, None))

    def subscribe(self, track: str, now: float) -> None:
        """Without a section it gets nothing. Before the client is active it may take longer."""
        if self._member.is_active:
            cancel(self._unbound.get(track))
            when = now + self._times.unbound
            self._unbound[track] = self._timers.at(when, lambda now: self._miss(track, now))

    def listen(self, now: float) -> None:
        """It is active from now on, or has its signaling back."""
        for track, subscription in self._member.subscriptions.active.items():
            if not subscription.is_bound:
                self.subscribe(track, now)

    def bind(self, track: str) -> None:
        """It has its section, is told that it gets none, or has ended."""
        cancel(self._unbound.pop(track, None))

    def receive_closed(self, event: ChannelsClosed, now: float) -> None:
        """Only those count that we send by."""
        is_ours = event.transport == self._member.connection.primary
        if is_ours and self._rules.on_data_channel_error and self._member.is_reachable:
            self._member.restart(now)

    def stop(self) -> None:
        for timer in (*self._awaited.values(), *self._unbound.values()):
            cancel(timer)

    def _await_media(self, track: str, now: float) -> None:
        cancel(self._awaited[track])
        self._awaited[track] = None
        info = self._member.publications.find(track)
        if self._rules.on_publication_error and self._can_send and info and not info.muted:
            when = now + self._times.unpublished
            self._awaited[track] = self._timers.at(when, self._member.restart)

    def _miss(self, track: str, now: float) -> None:
        del self._unbound[track]
        if not self._member.is_reachable:
            return  # it could not answer
        error = models.SubscriptionError.SE_UNKNOWN
        self._member.send(messages.subscription_error(track, error))
        if self._rules.on_subscription_error:
            self._member.restart(now)
