"""A client's DTLS: its own OpenSSL connection, its own retransmission of flights after 50 ms."""

from collections.abc import Iterator

from OpenSSL import SSL

from sfu.media import Setup
from sfu.transport.certificate import Certificate
from sfu.transport.protection import Protection, material_length, split_keys
from sfu.transport.records import pack, split

RESEND_SECONDS = 0.05
CERTIFICATE = Certificate()  # one for all clients: making one costs more than a test


class Handshake:
    """Take its transmits after each call; `protection` is there once it is done."""

    def __init__(self, setup: Setup, profiles: tuple[bytes, ...]) -> None:
        self.protection: Protection | None = None
        self.is_closed = False
        self.resend_at: float | None = None
        self._setup = setup
        self._profiles = profiles
        self._ssl: SSL.Connection | None = None
        self._transmits: list[bytes] = []
        self._flight: list[bytes] = []
        self._interval = RESEND_SECONDS

    @property
    def is_begun(self) -> bool:
        return self._ssl is not None

    def take_transmits(self) -> list[bytes]:
        taken, self._transmits = self._transmits, []
        return taken

    def start(self, now: float) -> None:
        self._ssl = SSL.Connection(CERTIFICATE.context(self._profiles), None)
        self._ssl.set_ciphertext_mtu(1200)
        if self._setup is Setup.ACTIVE:
            self._ssl.set_connect_state()
        else:
            self._ssl.set_accept_state()
        self._advance(self._ssl, now)

    def receive(self, data: bytes, now: float) -> None:
        if self._ssl is None:
            self.start(now)
        if self._ssl is not None:
            self._ssl.bio_write(data)
            if self.protection is None:
                self._advance(self._ssl, now)

    def handle_timeout(self, now: float) -> None:
        if self.resend_at is not None and now >= self.resend_at:
            self._transmits += self._flight
            self._interval *= 2
            self.resend_at = now + self._interval

    def read(self) -> Iterator[bytes]:
        """Application data that has come."""
        assert self._ssl is not None
        while True:
            try:
                yield self._ssl.recv(2048)
            except SSL.WantReadError:
                break
            except SSL.ZeroReturnError:
                self.is_closed = True
                break
        self._transmits += split(drain(self._ssl))

    def send(self, data: bytes) -> None:
        assert self._ssl is not None
        self._ssl.send(data)
        self._transmits += split(drain(self._ssl))

    def close(self) -> None:
        assert self._ssl is not None
        self._ssl.shutdown()
        self._transmits += split(drain(self._ssl))

    def _advance(self, ssl: SSL.Connection, now: float) -> None:
        try:
            ssl.do_handshake()
        except SSL.WantReadError:
            self._send_flight(ssl, now)
        except SSL.Error:
            self._transmits += pack(split(drain(ssl)))
            self._ssl = None  # a new ClientHello finds a new server
            self.resend_at = None
        else:
            self._finish(ssl)

    def _send_flight(self, ssl: SSL.Connection, now: float) -> None:
        if output := drain(ssl):
            self._flight = pack(split(output))
            self._transmits += self._flight
            self._interval = RESEND_SECONDS
            self.resend_at = now + self._interval

    def _finish(self, ssl: SSL.Connection) -> None:
        self.resend_at = None
        self._transmits += pack(split(drain(ssl)))
        profile = ssl.get_selected_srtp_profile()
        if not profile:
            self._ssl = None  # nothing to speak with: wait for another handshake
            return
        material = ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", material_length(profile))
        client, server = split_keys(profile, material)
        ours, theirs = (client, server) if self._setup is Setup.ACTIVE else (server, client)
        self.protection = Protection(profile, send_key=ours, receive_key=theirs)


def drain(ssl: SSL.Connection) -> bytes:
    try:
        return ssl.bio_read(65536)
    except SSL.WantReadError:
        return b""
