"""One peer connection as a client has it: ICE, DTLS and data channels, without a socket."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from api.loadtest.ice import Checker
from sfu.media import Candidate, Fingerprint, IceCredentials, Setup
from sfu.mux import PacketClass, classify
from sfu.transport.certificate import CM80, GCM, Certificate
from sfu.transport.channels import Channels
from sfu.transport.dcep import ChannelOpen
from sfu.transport.dtls import Dtls, DtlsState
from sfu.transport.events import ChannelClosed, ChannelOpened, DataReceived
from sfu.transport.protection import Protection
from sfu.transport.reject import Reject
from sfu.transport.sctp import Association
from turn.addresses import Address

SCTP_PORT = 5000
LARGEST = 65536  # bytes of a message
ChannelEvent = ChannelOpened | ChannelClosed | DataReceived
CHANNELS = (ChannelOpen("_lossy", is_ordered=False, max_retransmits=0), ChannelOpen("_reliable"))


@dataclass(frozen=True, slots=True)
class Remote:
    """The server's end, as its description tells it."""

    ice: IceCredentials
    fingerprint: Fingerprint
    setup: Setup  # our role
    candidates: tuple[Candidate, ...]
    is_lite: bool
    has_data: bool


def ignore(_: ChannelEvent) -> None:
    """A load test sends no data."""


class Link:
    """Feed it datagrams and time; take `take_datagrams`. It has keys when `protection` is there."""

    def __init__(
        self,
        certificate: Certificate,
        randbytes: Callable[[int], bytes],
        *,
        opens: Sequence[ChannelOpen] = (),
        hear: Callable[[ChannelEvent], None] = ignore,
    ) -> None:
        """`hear` gets what happens on the data channels."""
        self.local = IceCredentials(randbytes(4).hex(), randbytes(16).hex())
        self.remote: Remote | None = None
        self.failure = ""  # why the connection ended, in one word
        self._certificate = certificate
        self._randbytes = randbytes
        self._opens = opens
        self._hear = hear
        self._dropped: Counter[Reject] = Counter()
        self._ice: Checker | None = None
        self._dtls: Dtls | None = None
        self._channels: Channels | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        return self._certificate.fingerprint

    @property
    def protection(self) -> Protection | None:
        return None if self._dtls is None else self._dtls.protection

    def connect(self, remote: Remote, now: float, *, offers: bool) -> None:
        """Begin. `offers`: the first description was ours, so we control (RFC 8445, 6.1.1)."""
        self.remote = remote
        controls = offers or remote.is_lite
        self._ice = Checker(self.local, remote.ice, self._randbytes, now, controlling=controls)
        self._dtls = Dtls(
            self._certificate,
            remote.setup,
            remote.fingerprint,
            self._dropped,
            profiles=(GCM, CM80),  # a server may want either
        )
        if remote.setup is Setup.PASSIVE:
            self._dtls.start(now)
        self._ice.handle_timeout(now)

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Anything but RTP and RTCP."""
        if self._ice is None or self._dtls is None:
            return
        kind = classify(data)
        if kind is PacketClass.STUN:
            self._ice.receive(data, source)
            if self._ice.is_connected and self._dtls.state is DtlsState.IDLE:
                self._dtls.start(now)
        elif kind is PacketClass.DTLS:
            self._dtls.receive(data, now)
        self._follow(now)

    def handle_timeout(self, now: float) -> None:
        if self._ice is None or self._dtls is None:
            return
        self._ice.handle_timeout(now)
        due = self._dtls.next_timeout()
        if due is not None and now >= due:
            self._dtls.handle_timeout(now)
        if self._channels is not None:
            due = self._channels.next_timeout()
            if due is not None and now >= due:
                self._channels.handle_timeout(now)
        self._follow(now)

    def next_timeout(self) -> float:
        """When to call `handle_timeout`; infinite before `connect`."""
        if self._ice is None or self._dtls is None:
            return inf
        parts = [self._dtls.next_timeout()]
        if self._channels is not None:
            parts.append(self._channels.next_timeout())
        return min([self._ice.next_timeout(), *(due for due in parts if due is not None)])

    def take_datagrams(self) -> list[bytes]:
        if self._ice is None or self._dtls is None:
            return []
        taken = self._ice.datagrams + self._dtls.datagrams
        self._ice.datagrams.clear()
        self._dtls.datagrams.clear()
        return taken

    def send(self, label: str, payload: bytes, now: float) -> bool:
        """A message on a channel of ours. False: it is not open, or full."""
        is_sent = self._channels is not None and self._channels.send(label, payload, now)
        self._follow(now)
        return is_sent

    def close(self) -> None:
        if self._dtls is not None:
            self._dtls.close()

    def _follow(self, now: float) -> None:
        assert self._dtls is not None
        if self._dtls.state is DtlsState.CLOSED:
            self.failure = self._dtls.reason
            return
        if self._dtls.protection is not None and self._channels is None and self._has_data:
            self._channels = self._make_channels(now)
        if self._channels is None:
            return
        for packet in self._dtls.received:
            self._channels.receive(packet, now)
        self._dtls.received.clear()
        events, self._channels.events = self._channels.events, []
        for event in events:
            self._hear(event)
        for packet in self._channels.packets:
            self._dtls.send(packet)
        self._channels.packets.clear()

    @property
    def _has_data(self) -> bool:
        return self.remote is not None and self.remote.has_data

    def _make_channels(self, now: float) -> Channels:
        assert self.remote is not None
        first = 0 if self.remote.setup is Setup.ACTIVE else 1
        association = Association(SCTP_PORT, self._randbytes, self._dropped)
        channels = Channels(association, first_stream=first, largest=LARGEST, dropped=self._dropped)
        for channel in self._opens:
            channels.open(channel)
        channels.start(now)
        return channels
