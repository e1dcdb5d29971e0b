"""One peer connection of a client: ICE-lite, DTLS, SRTP keys and data channels together."""

from collections import Counter
from collections.abc import Callable, Mapping

from sfu.commands import ConnectTransport
from sfu.media import IceCredentials, Setup
from sfu.path import Path, Transmit
from sfu.transport.certificate import Certificate
from sfu.transport.channels import Channels
from sfu.transport.dcep import ChannelOpen
from sfu.transport.dtls import Dtls, DtlsState, is_due
from sfu.transport.events import (
    ChannelClosed,
    ChannelOpened,
    Connected,
    DataReceived,
    Disconnected,
    Failed,
    PathForgotten,
    PathValidated,
    TransportEvent,
    UfragRetired,
)
from sfu.transport.ice import DISCONNECTED_SECONDS, IceLite, IceState
from sfu.transport.protection import Protection
from sfu.transport.reject import Reject
from sfu.transport.sctp import Association
from turn.stun import Message

__all__ = [
    "ChannelClosed",
    "ChannelOpened",
    "Connected",
    "DataReceived",
    "Disconnected",
    "Failed",
    "PathForgotten",
    "PathValidated",
    "Transport",
    "TransportEvent",
    "UfragRetired",
]

# What we open ourselves towards a subscriber with a connection of its own (LiveKit).
OUR_CHANNELS = [
    ChannelOpen("_reliable"),
    ChannelOpen("_lossy", is_ordered=False, max_retransmits=0),
    ChannelOpen("_data_track", is_ordered=False, max_retransmits=0),
]


class Transport:
    """Feed it datagrams and time; after each call take its transmits, events and next timeout.

    What can drive it: a command (`connect`), a datagram of its client, data to send, its timeout.
    """

    def __init__(
        self,
        name: str,
        local: IceCredentials,
        certificate: Certificate,
        *,
        opens_channels: bool,
        randbytes: Callable[[int], bytes],
        dropped: Counter[Reject] | None = None,
        latencies: Mapping[str, float] | None = None,
    ) -> None:
        """`dropped` counts for several transports together. `latencies`: see `Channels`."""
        self.name = name
        self.protection: Protection | None = None  # SRTP, once DTLS is done
        self.dropped: Counter[Reject] = Counter() if dropped is None else dropped
        self._certificate = certificate
        self._opens_channels = opens_channels
        self._latencies = latencies
        self._randbytes = randbytes
        self._ice = IceLite(local, self.dropped)
        self._dtls: Dtls | None = None
        self._channels: Channels | None = None
        self._command: ConnectTransport | None = None
        self._reported: IceState | None = None  # what our last event said of the connection
        self._has_ended = False
        self._transmits: list[Transmit] = []
        self._events: list[TransportEvent] = []

    @property
    def send_path(self) -> Path | None:
        """The last nominated path, else the first valid one."""
        return self._ice.send_path

    @property
    def paths(self) -> list[Path]:
        """Every address that passed a check, at most 16."""
        return list(self._ice.heard)

    def connect(self, command: ConnectTransport, now: float) -> None:
        """The client's description: the first, a renegotiation (equal values do nothing), or an
        ICE restart. Register `command.local.ufrag` with the Mux as well."""
        if self._has_ended:
            return
        self._ice.connect(command.local, command.remote, now)
        if self._dtls is None:
            self._dtls = Dtls(self._certificate, command.setup, command.fingerprint, self.dropped)
        elif command.fingerprint != self._dtls.fingerprint:
            # The client would have to begin DTLS anew (RFC 8842, 5.3); none does on a live one.
            self._end("fingerprint")
        self._command = command
        if self._channels is not None:
            self._channels.largest = command.max_message_size
        self._work(now)

    def receive_stun(self, message: Message, data: bytes, path: Path, now: float) -> None:
        """A check for one of our user names (`Mux.route`), with the bytes it was parsed from."""
        if self._has_ended:
            return
        self._ice.receive(message, data, path, now)
        self._work(now)

    def receive_dtls(self, data: bytes, path: Path, now: float) -> None:
        """A DTLS datagram; counts only from a path that passed a check."""
        if path not in self._ice.heard:
            self.dropped[Reject.UNKNOWN_ADDRESS] += 1
        elif self._dtls is None or self._has_ended:
            self.dropped[Reject.NO_HANDSHAKE] += 1
        else:
            self._dtls.receive(data, now)
            self._work(now)

    def send_data(self, label: str, payload: bytes, now: float, *, begins: bool = True) -> bool:
        """Send on the open channel of that label; see `Channels.send`."""
        if self._channels is None or self._has_ended:
            return False
        is_taken = self._channels.send(label, payload, now, begins=begins)
        self._send_packets()
        return is_taken

    def buffered(self, label: str) -> int:
        """Bytes of a channel's messages that SCTP has not begun to send."""
        return 0 if self._channels is None else self._channels.buffered(label)

    def acknowledged_at(self) -> float:
        """When the client last said that data has arrived."""
        return 0.0 if self._channels is None else self._channels.moved_at

    def hold_data(self) -> None:
        """Take no more reliable messages from the client until `release_data`."""
        if self._channels is not None:
            self._channels.hold()

    def release_data(self, now: float) -> None:
        if self._channels is not None and not self._has_ended:
            self._channels.release(now)
            self._flush()

    def holds(self, path: Path, now: float) -> bool:
        """A check came from this path within the last 10 s (for `Mux.bind`)."""
        heard = self._ice.heard.get(path)
        return not self._has_ended and heard is not None and now - heard < DISCONNECTED_SECONDS

    def forget(self, path: Path, now: float) -> None:
        """The path cannot be used: its TCP connection closed, or another transport holds it."""
        self._ice.forget(path)
        self._work(now)

    def close(self, now: float) -> None:
        """Say goodbye (DTLS close_notify); nothing more happens after it."""
        if self._dtls is not None and not self._has_ended:
            self._dtls.close()
            self._flush()
        if self._channels is not None:
            self._channels.close()
            self._channels = None
        self._has_ended = True

    def take_transmits(self) -> list[Transmit]:
        taken, self._transmits = self._transmits, []
        return taken

    def take_events(self) -> list[TransportEvent]:
        taken, self._events = self._events, []
        return taken

    def next_timeout(self) -> float | None:
        if self._has_ended:
            return None
        parts = (self._ice, self._dtls, self._channels)
        timers = [part.next_timeout() for part in parts if part is not None]
        return min((at for at in timers if at is not None), default=None)

    def note_life(self, at: float) -> None:
        """Then RTCP came that only this client can have sent."""
        self._ice.note_life(at)

    def handle_timeout(self, now: float) -> None:
        if self._has_ended:
            return
        self._ice.handle_timeout(now)
        if self._dtls is not None:
            self._dtls.handle_timeout(now)
        if self._channels is not None and is_due(self._channels.next_timeout(), now):
            self._channels.handle_timeout(now)
        self._work(now)

    def _work(self, now: float) -> None:
        """After anything that may have moved one of the parts: move the others, collect output."""
        self._start_dtls(now)
        self._take_keys()
        self._start_channels(now)
        self._receive_packets(now)
        self._flush()

    def _start_dtls(self, now: float) -> None:
        """At the first valid check, before a nomination: waiting for that costs 50 ms."""
        dtls = self._dtls
        if dtls is not None and dtls.state is DtlsState.IDLE and self._ice.send_path is not None:
            dtls.start(now)

    def _take_keys(self) -> None:
        dtls = self._dtls
        if dtls is not None and self.protection is None and dtls.protection is not None:
            self.protection = dtls.protection

    def _start_channels(self, now: float) -> None:
        command, dtls = self._command, self._dtls
        if self._channels is not None or command is None or not command.has_data:
            return
        if dtls is None or dtls.state is not DtlsState.CONNECTED:
            return
        self._channels = Channels(
            Association(command.sctp_port, self._randbytes, self.dropped),
            first_stream=0 if dtls.setup is Setup.ACTIVE else 1,
            largest=command.max_message_size,
            dropped=self.dropped,
            latencies=self._latencies,
        )
        if self._opens_channels:
            for description in OUR_CHANNELS:
                self._channels.open(description)
        self._channels.start(now)

    def _receive_packets(self, now: float) -> None:
        if self._dtls is None or not self._dtls.received:
            return
        packets, self._dtls.received = self._dtls.received, []
        if self._channels is None:
            self.dropped[Reject.UNKNOWN_CHANNEL] += len(packets)
            return
        for packet in packets:
            self._channels.receive(packet, now)

    def _flush(self) -> None:
        """Output in the order in which it makes sense to a reader."""
        self._transmits += self._ice.answers
        self._ice.answers.clear()
        self._events += self._ice.events
        self._ice.events.clear()
        self._report()
        if self._channels is not None:
            self._events += self._channels.events
            self._channels.events.clear()
        self._send_packets()

    def _send_packets(self) -> None:
        dtls = self._dtls
        if dtls is None:
            return
        if self._channels is not None:
            for packet in self._channels.packets:
                dtls.send(packet)
            self._channels.packets.clear()
        if (path := self._ice.send_path) is not None:
            self._transmits += [Transmit(datagram, path) for datagram in dtls.datagrams]
        dtls.datagrams.clear()

    def _report(self) -> None:
        """Tell what the connection has become, once."""
        dtls, state = self._dtls, self._ice.state
        if dtls is not None and dtls.state is DtlsState.CLOSED:
            self._end(dtls.reason)
        elif state is IceState.ABSENT:
            self._end("ice")
        elif state is not self._reported and (event := self._event_of(state)) is not None:
            self._reported = state
            self._events.append(event)

    def _event_of(self, state: IceState) -> TransportEvent | None:
        if state is IceState.FAILED:
            return Failed("consent")
        if self._dtls is None or self._dtls.state is not DtlsState.CONNECTED:
            return None
        if state is IceState.CONNECTED and self.send_path is not None:
            return Connected(self.send_path)
        return Disconnected() if state is IceState.DISCONNECTED else None

    def _end(self, reason: str) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._events.append(Failed(reason))
