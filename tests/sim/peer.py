"""A WebRTC client in simulated time: full ICE, DTLS in either role, SRTP and data channels.

It stands in for a browser against `Transport` (or a whole node): checks as Chromium sends them,
its own OpenSSL connection, its own retransmission of DTLS flights after 50 ms. SCTP is ours at
both ends, since aiortc's is the only one there is in Python.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from OpenSSL import SSL

from sfu.commands import ConnectTransport
from sfu.media import Fingerprint, IceCredentials, Setup
from sfu.mux import Mux, PacketClass, classify
from sfu.path import Path, Transmit
from sfu.transport.certificate import CM80, GCM, Certificate
from sfu.transport.channels import Channels
from sfu.transport.connection import (
    DataReceived,
    PathForgotten,
    PathValidated,
    Transport,
    TransportEvent,
    UfragRetired,
)
from sfu.transport.dcep import ChannelOpen
from sfu.transport.protection import Protection, material_length, split_keys
from sfu.transport.records import pack, split
from sfu.transport.reject import Reject
from sfu.transport.sctp import Association
from turn.stun import Attribute, Class, Message, Method

CHECK_SECONDS = 0.05  # between checks until connected
CONSENT_SECONDS = 2.5  # afterwards, as Chromium
RESEND_SECONDS = 0.05
CERTIFICATE = Certificate()  # one for all clients: making one costs more than a test
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
        self.protection: Protection | None = None
        self.channels: Channels | None = None
        self.opened: list[str] = []
        self.data: list[tuple[str, bytes]] = []
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.answers: list[Message] = []
        self.is_closed = False
        self.dropped: Counter[Reject] = Counter()
        self._random = Random(seed)
        self._transmits: list[bytes] = []
        self._checks = 0
        self._check_at: float | None = 0.0
        self._ssl: SSL.Connection | None = None
        self._flight: list[bytes] = []
        self._resend_at: float | None = None
        self._interval = RESEND_SECONDS

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
        assert self._ssl is not None
        self._ssl.send(data)
        self._transmits += split(drain(self._ssl))

    def close(self) -> None:
        assert self._ssl is not None
        self._ssl.shutdown()
        self._transmits += split(drain(self._ssl))

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
        timers = (self._check_at, self._resend_at, channels)
        return min((at for at in timers if at is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        if self._check_at is not None and now >= self._check_at:
            self._check_again(now)
        if self._resend_at is not None and now >= self._resend_at:
            self._transmits += self._flight
            self._interval *= 2
            self._resend_at = now + self._interval
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
        if message.kind is Class.SUCCESS and is_authentic and self._ssl is None:
            self._start_dtls(now)
        if message.kind is Class.ERROR or is_authentic:
            self.answers.append(message)

    def _start_dtls(self, now: float) -> None:
        self._ssl = SSL.Connection(CERTIFICATE.context(self.settings.profiles), None)
        self._ssl.set_ciphertext_mtu(1200)
        if self.settings.setup is Setup.ACTIVE:
            self._ssl.set_connect_state()
        else:
            self._ssl.set_accept_state()
        self._advance(now)

    def _receive_dtls(self, data: bytes, now: float) -> None:
        if self._ssl is None:
            self._start_dtls(now)
        assert self._ssl is not None
        self._ssl.bio_write(data)
        if not self.is_connected:
            self._advance(now)
        if self.is_connected:
            self._read(now)

    def _advance(self, now: float) -> None:
        assert self._ssl is not None
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._send_flight(now)
        except SSL.Error:
            self._transmits += pack(split(drain(self._ssl)))
            self._ssl = None  # a new ClientHello finds a new server
            self._resend_at = None
        else:
            self._finish(now)

    def _send_flight(self, now: float) -> None:
        assert self._ssl is not None
        if output := drain(self._ssl):
            self._flight = pack(split(output))
            self._transmits += self._flight
            self._interval = RESEND_SECONDS
            self._resend_at = now + self._interval

    def _finish(self, now: float) -> None:
        ssl = self._ssl
        assert ssl is not None
        self._resend_at = None
        self._transmits += pack(split(drain(ssl)))
        profile = ssl.get_selected_srtp_profile()
        if not profile:
            self._ssl = None  # nothing to speak with: wait for another handshake
            return
        material = ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", material_length(profile))
        client, server = split_keys(profile, material)
        is_active = self.settings.setup is Setup.ACTIVE
        ours, theirs = (client, server) if is_active else (server, client)
        self.protection = Protection(profile, send_key=ours, receive_key=theirs)
        self._start_channels(now)

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
        assert self._ssl is not None
        assert self.channels is not None
        while True:
            try:
                self.channels.receive(self._ssl.recv(2048), now)
            except SSL.WantReadError:
                break
            except SSL.ZeroReturnError:
                self.is_closed = True
                break
        self._transmits += split(drain(self._ssl))
        self._send_packets()

    def _send_packets(self) -> None:
        assert self._ssl is not None
        assert self.channels is not None
        for packet in self.channels.packets:
            self._ssl.send(packet)
            self._transmits += split(drain(self._ssl))
        self.channels.packets.clear()
        for event in self.channels.events:
            if isinstance(event, DataReceived):
                self.data.append((event.label, event.payload))
            else:
                self.opened.append(event.label)
        self.channels.events.clear()


class Door:
    """The least of a node: a mux and transports behind one port. A `Server` for the wire."""

    def __init__(self) -> None:
        self.mux: Mux[Transport] = Mux()
        self.events: list[TransportEvent] = []
        self.rtp: list[bytes] = []
        self.strangers = 0  # datagrams that belong to nobody
        self._transports: list[Transport] = []

    def add(self, transport: Transport, *ufrags: str) -> None:
        self._transports.append(transport)
        for ufrag in ufrags:
            self.mux.register(ufrag, transport)

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        kind = classify(data)
        if kind is PacketClass.STUN:
            self._receive_stun(data, path, now)
        elif (transport := self.mux.by_path(path)) is None or kind is PacketClass.OTHER:
            self.strangers += 1
        elif kind is PacketClass.DTLS:
            transport.receive_dtls(data, path, now)
        elif transport.protection is not None:
            packet = transport.protection.unprotect(data)
            if packet is not None:
                self.rtp.append(packet)
        self._take_events(now)

    def take_transmits(self) -> list[Transmit]:
        return [t for transport in self._transports for t in transport.take_transmits()]

    def next_timeout(self) -> float | None:
        timers = [transport.next_timeout() for transport in self._transports]
        return min((at for at in timers if at is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        for transport in self._transports:
            transport.handle_timeout(now)
        self._take_events(now)

    def _receive_stun(self, data: bytes, path: Path, now: float) -> None:
        if (found := self.mux.route(data)) is None:
            self.strangers += 1
        else:
            found[1].receive_stun(found[0], data, path, now)

    def _take_events(self, now: float) -> None:
        for transport in self._transports:
            for event in transport.take_events():
                self._follow(transport, event, now)
                self.events.append(event)

    def _follow(self, transport: Transport, event: TransportEvent, now: float) -> None:
        if isinstance(event, PathValidated):
            if not self.mux.bind(event.path, transport, now):
                transport.forget(event.path, now)
        elif isinstance(event, PathForgotten):
            self.mux.unbind(event.path, transport)
        elif isinstance(event, UfragRetired):
            self.mux.retire(event.ufrag)


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


def drain(ssl: SSL.Connection) -> bytes:
    try:
        return ssl.bio_read(65536)
    except SSL.WantReadError:
        return b""


def make_transport(
    certificate: Certificate,
    local: IceCredentials,
    randbytes: Callable[[int], bytes],
    *,
    opens_channels: bool = False,
) -> Transport:
    return Transport(
        "PA_test/0", local, certificate, opens_channels=opens_channels, randbytes=randbytes
    )
