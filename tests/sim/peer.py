"""A WebRTC client in simulated time: full ICE, DTLS in either role, SRTP and data channels.

It stands in for a browser against `Transport` (or a whole node): checks as Chromium sends them,
its own OpenSSL connection, its own retransmission of DTLS flights after 50 ms. SCTP is ours at
both ends, since aiortc's is the only one there is in Python.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sfu.commands import ConnectTransport
from sfu.media import Fingerprint, IceCredentials, Setup
from sfu.mux import PacketClass, classify
from sfu.path import Path
from sfu.transport.certificate import CM80, GCM
from sfu.transport.channels import Channels
from sfu.transport.connection import (
    DataReceived,
)
from sfu.transport.dcep import ChannelOpen
from sfu.transport.protection import Protection
from sfu.transport.reject import Reject
from sfu.transport.sctp import Association
from tests.sim.handshake import CERTIFICATE, Handshake
from turn.stun import Attribute, Class, Message, Method

CHECK_SECONDS = 0.05  # between checks until connected
CONSENT_SECONDS = 2.5  # afterwards, as Chromium
CHANNELS = [
    ChannelOpen("_lossy", is_ordered=False, max_retransmits=0),
    ChannelOpen("_reliable"),
]


@dataclass
class Settings:
    """How a client differs from Chromium."""

    setup: Setup = Setup.PASSIVE  # its DTLS role
    profiles: tuple[bytes, ...] = (CM80, GCM)  # Chromium's order
    check_seconds: float = CONSENT_SECONDS
    nominates_later: bool = True  # the first check has no USE-CANDIDATE
    nominates: bool = True
    opens: list[ChannelOpen] = field(default_factory=lambda: list(CHANNELS))


class Peer:
    """One peer connection, as the client sees it. A `Station` for the wire."""

    def __init__(
        self,
        path: Path,
        local: IceCredentials,
        remote: IceCredentials,
        settings: Settings | None = None,
        seed: int = 1,
    ) -> None:
        self.path = path
        self.local = local
        self.remote = remote
        self.settings = settings or Settings()
        self.channels: Channels | None = None
        self.opened: list[str] = []
        self.data: list[tuple[str, bytes]] = []
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.answers: list[Message] = []
        self.dropped: Counter[Reject] = Counter()
        self._random = Random(seed)
        self._transmits: list[bytes] = []
        self._checks = 0
        self._check_at: float | None = 0.0
        self._dtls = Handshake(self.settings.setup, self.settings.profiles)

    @property
    def protection(self) -> Protection | None:
        return self._dtls.protection

    @property
    def is_closed(self) -> bool:
        """The server has said that it ends."""
        return self._dtls.is_closed

    @property
    def is_connected(self) -> bool:
        return self.protection is not None

    def check(self, *extra: tuple[int, bytes], is_nominating: bool = False) -> None:
        """Send one connectivity check now."""
        attributes = [
            (int(Attribute.USERNAME), f"{self.remote.ufrag}:{self.local.ufrag}".encode()),
            (0xC057, b"\0\0\0\1"),  # Chromium's network id
            (int(Attribute.ICE_CONTROLLING), self._random.randbytes(8)),
            (int(Attribute.PRIORITY), b"\x6e\0\x1e\xff"),
            *extra,
        ]
        if is_nominating:
            attributes.append((int(Attribute.USE_CANDIDATE), b""))
        request = Message(Method.BINDING, Class.REQUEST, self._random.randbytes(12), attributes)
        self._transmits.append(request.sealed(self.remote.password.encode()))

    def restart(self, local: IceCredentials, remote: IceCredentials, now: float) -> None:
        self.local, self.remote = local, remote
        self._checks = 0
        self._check_at = now

    def stop_checks(self) -> None:
        self._check_at = None

    def go_on_checking(self, now: float) -> None:
        self._check_at = now

    def send_rtp(self, packet: bytes) -> None:
        assert self.protection is not None
        protected = self.protection.protect(packet)
        assert protected is not None
        self._transmits.append(protected)

    def send_data(self, label: str, payload: bytes, now: float) -> bool:
        assert self.channels is not None
        is_taken = self.channels.send(label, payload, now)
        self._send_packets()
        return is_taken

    def send_raw(self, data: bytes) -> None:
        self._transmits.append(data)

    def send_encrypted(self, data: bytes) -> None:
        """Anything as DTLS application data: what only the real client can forge."""
        self._dtls.send(data)
        self._transmits += self._dtls.take_transmits()

    def close(self) -> None:
        self._dtls.close()
        self._transmits += self._dtls.take_transmits()

    def receive_datagram(self, data: bytes, now: float) -> None:
        kind = classify(data)
        if kind is PacketClass.STUN:
            self._receive_stun(data, now)
        elif kind is PacketClass.DTLS:
            self._receive_dtls(data, now)
        elif kind is PacketClass.MEDIA and self.protection is not None:
            self._receive_media(data)

    def _receive_media(self, data: bytes) -> None:
        assert self.protection is not None
        is_rtcp = 192 <= data[1] <= 223  # RFC 5761, section 4
        unprotect = self.protection.unprotect_rtcp if is_rtcp else self.protection.unprotect
        packet = unprotect(data)
        assert packet is not None
        (self.rtcp if is_rtcp else self.rtp).append(packet)

    def take_transmits(self) -> list[bytes]:
        taken, self._transmits = self._transmits, []
        return taken

    def next_timeout(self) -> float | None:
        channels = None if self.channels is None else self.channels.next_timeout()
        timers = (self._check_at, self._dtls.resend_at, channels)
        return min((at for at in timers if at is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        if self._check_at is not None and now >= self._check_at:
            self._check_again(now)
        self._dtls.handle_timeout(now)
        self._transmits += self._dtls.take_transmits()
        if self.channels is not None:
            self.channels.handle_timeout(now)
            self._send_packets()

    def _check_again(self, now: float) -> None:
        is_late = self._checks > 0 or not self.settings.nominates_later
        self.check(is_nominating=is_late and self.settings.nominates)
        self._checks += 1
        pause = self.settings.check_seconds if self.is_connected else CHECK_SECONDS
        self._check_at = now + pause

    def _receive_stun(self, data: bytes, now: float) -> None:
        message = Message.parse(data)
        is_authentic = message.is_authentic(data, self.remote.password.encode())
        if message.kind is Class.SUCCESS and is_authentic and not self._dtls.is_begun:
            self.greet(now)
        if message.kind is Class.ERROR or is_authentic:
            self.answers.append(message)

    def greet(self, now: float) -> None:
        """Begin the handshake."""
        self._dtls.start(now)
        self._transmits += self._dtls.take_transmits()

    def _receive_dtls(self, data: bytes, now: float) -> None:
        was_connected = self.is_connected
        self._dtls.receive(data, now)
        if self.is_connected and not was_connected:
            self._start_channels(now)
        if self.is_connected:
            self._read(now)
        self._transmits += self._dtls.take_transmits()

    def _start_channels(self, now: float) -> None:
        association = Association(5000, self._random.randbytes, self.dropped)
        self.channels = Channels(
            association,
            first_stream=0 if self.settings.setup is Setup.ACTIVE else 1,
            largest=65536,
            dropped=self.dropped,
        )
        for description in self.settings.opens:
            self.channels.open(description)
        self.channels.start(now)
        self._send_packets()

    def _read(self, now: float) -> None:
        assert self.channels is not None
        for packet in self._dtls.read():
            self.channels.receive(packet, now)
        self._send_packets()

    def _send_packets(self) -> None:
        assert self.channels is not None
        for packet in self.channels.packets:
            self._dtls.send(packet)
        self._transmits += self._dtls.take_transmits()
        self.channels.packets.clear()
        for event in self.channels.events:
            if isinstance(event, DataReceived):
                self.data.append((event.label, event.payload))
            else:
                self.opened.append(event.label)
        self.channels.events.clear()


def describe_to_server(
    peer: Peer,
    local: IceCredentials,
    setup: Setup = Setup.ACTIVE,
    fingerprint: Fingerprint | None = None,
    **changes: object,
) -> ConnectTransport:
    """The command that signaling would make of this client's description."""
    command = ConnectTransport(
        transport="PA_test/0",
        local=local,
        remote=peer.local,
        fingerprint=fingerprint or CERTIFICATE.fingerprint,
        setup=setup,
    )
    for name, value in changes.items():
        setattr(command, name, value)
    return command
