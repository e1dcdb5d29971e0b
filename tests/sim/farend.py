"""The far end of a DTLS association: OpenSSL itself, and how to join it to ours."""

from collections import Counter
from collections.abc import Callable

from OpenSSL import SSL

from sfu.media import Fingerprint, Setup
from sfu.transport.certificate import CM80, GCM, Certificate
from sfu.transport.dtls import Dtls, DtlsState
from sfu.transport.protection import Protection, material_length, split_keys
from sfu.transport.records import pack, split

OURS = Certificate()
THEIRS = Certificate()
ROLES = [Setup.ACTIVE, Setup.PASSIVE]


class FarEnd:
    """A client: OpenSSL itself, without anything of ours."""

    def __init__(
        self,
        setup: Setup,
        profiles: tuple[bytes, ...] = (CM80, GCM),
        certificate: Certificate = THEIRS,
    ) -> None:
        self.setup = setup
        self.ssl = SSL.Connection(certificate.context(profiles), None)
        self.ssl.set_ciphertext_mtu(1200)
        self.is_finished = False
        self.has_failed = False
        self.received: list[bytes] = []
        if setup is Setup.ACTIVE:
            self.ssl.set_connect_state()
        else:
            self.ssl.set_accept_state()

    def receive(self, *datagrams: bytes) -> list[bytes]:
        """Its answer, in datagrams."""
        for datagram in datagrams:
            self.ssl.bio_write(datagram)
            self._advance()
        return self.output()

    def start(self) -> list[bytes]:
        self._advance()
        return self.output()

    def output(self) -> list[bytes]:
        try:
            return pack(split(self.ssl.bio_read(65536)))
        except SSL.WantReadError:
            return []

    def protection(self) -> Protection:
        profile = self.ssl.get_selected_srtp_profile()
        length = material_length(profile)
        client, server = split_keys(
            profile, self.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", length)
        )
        if self.setup is Setup.ACTIVE:
            return Protection(profile, client, server)
        return Protection(profile, server, client)

    def _advance(self) -> None:
        try:
            if not self.is_finished:
                self.ssl.do_handshake()
                self.is_finished = True
            while True:
                self.received.append(self.ssl.recv(2048))
        except (SSL.WantReadError, SSL.ZeroReturnError):
            return
        except SSL.Error:
            self.has_failed = True


def opposite(setup: Setup) -> Setup:
    return Setup.PASSIVE if setup is Setup.ACTIVE else Setup.ACTIVE


def make(setup: Setup, fingerprint: Fingerprint | None = None) -> Dtls:
    dtls = Dtls(OURS, setup, fingerprint or THEIRS.fingerprint, Counter())
    dtls.start(0.0)
    return dtls


def take(dtls: Dtls) -> list[bytes]:
    taken = dtls.datagrams[:]
    dtls.datagrams.clear()
    return taken


def exchange(
    dtls: Dtls, far: FarEnd, now: float = 0.0, before: Callable[[], None] = lambda: None
) -> None:
    """Carry datagrams to and fro until nobody has more to say."""
    inwards = far.start() if far.setup is Setup.ACTIVE else []
    while True:
        outwards = take(dtls)
        if not (inwards or outwards):
            return
        inwards += far.receive(*outwards)
        before()
        for datagram in inwards:
            dtls.receive(datagram, now)
        inwards = []


def connected(setup: Setup) -> tuple[Dtls, FarEnd]:
    dtls, far = make(setup), FarEnd(opposite(setup))
    exchange(dtls, far)
    assert dtls.state is DtlsState.CONNECTED
    return dtls, far
