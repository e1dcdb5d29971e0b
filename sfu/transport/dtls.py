"""DTLS over memory: a handshake that forged datagrams cannot end, then application data.

OpenSSL does the cryptography. Ours is what it lacks here: a retransmission after 100 ms (its own
timer starts at 1 s and cannot be set from Python), a filter in front of it, and a new handshake
when one ends badly.
"""

from collections import Counter
from enum import Enum, auto

from OpenSSL import SSL

from sfu.media import Fingerprint, Setup
from sfu.transport.certificate import CM80, GCM, Certificate
from sfu.transport.protection import Protection, material_length, split_keys
from sfu.transport.records import CHANGE, MTU, Phase, admit, cut_at_changes, pack, split
from sfu.transport.reject import Reject

RESEND_SECONDS = 0.1  # doubled each time
RESEND_MOST_SECONDS = 3.2
HANDSHAKE_SECONDS = 30.0
# A handshake that ended badly may have been ended by a stranger: others are begun for this long.
SECOND_CHANCES_SECONDS = 5.0
# A fatal alert before the keys may be forged, too: it counts when nothing better came by then.
REFUSAL_SECONDS = 1.0
LARGEST_RECORD = 2048  # bytes; a datagram has 1500 at most
BEFORE_CHANGE = (b"SSLv3/TLS write finished", b"SSLv3/TLS read certificate verify")  # OpenSSL's
DIGESTS = {"sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}


class DtlsState(Enum):
    IDLE = auto()
    HANDSHAKING = auto()
    CONNECTED = auto()
    CLOSED = auto()  # `reason` says why


class Dtls:
    """One association. Feed it datagrams and time; take `datagrams` and `received`."""

    def __init__(
        self,
        certificate: Certificate,
        setup: Setup,
        fingerprint: Fingerprint,
        dropped: Counter[Reject],
        *,
        profiles: tuple[bytes, ...] = (),
    ) -> None:
        """`profiles`: of SRTP, the preferred one first; usually what gets GCM out of a browser."""
        self.state = DtlsState.IDLE
        self.reason = ""  # once CLOSED: "fingerprint", "srtp_profile", "dtls", "closed"
        self.setup = setup
        self.fingerprint = fingerprint  # the client's, as signaling told it
        self.protection: Protection | None = None
        self.datagrams: list[bytes] = []
        self.received: list[bytes] = []
        self._certificate = certificate
        self._dropped = dropped
        is_active = setup is Setup.ACTIVE
        self._phase = Phase.FROM_SERVER if is_active else Phase.FROM_CLIENT
        # The server chooses, and browsers take CM80 when it is there: alone, GCM is what we get.
        self._profiles = profiles or ((GCM,) if is_active else (GCM, CM80))
        self._flight: list[bytes] = []  # the last one, while the handshake lasts
        self._interval = RESEND_SECONDS
        self._resend_at: float | None = None
        self._library_at: float | None = None  # OpenSSL's own timer
        self._again_at: float | None = None  # a new handshake begins
        self._refused_at: float | None = None  # a fatal alert came
        self._deadline = 0.0

    def start(self, now: float) -> None:
        """Begin the handshake: our ClientHello, or readiness for the client's."""
        self._deadline = now + HANDSHAKE_SECONDS
        self._begin(now)

    def receive(self, datagram: bytes, now: float) -> None:
        if self.state in (DtlsState.IDLE, DtlsState.CLOSED) or self._again_at is not None:
            self._dropped[Reject.NO_HANDSHAKE] += 1
            return
        admitted = admit(datagram, self._phase)
        if admitted.forged:
            self._dropped[Reject.FORGED_RECORD] += admitted.forged
        if admitted.refusal and self._refused_at is None:
            self._refused_at = now + REFUSAL_SECONDS
        if not admitted.data:
            return
        first, *changes = cut_at_changes(admitted.data)
        self._feed(first, now)
        for piece in changes:
            if self.state is DtlsState.HANDSHAKING and not self._expects_change():
                self._dropped[Reject.FORGED_RECORD] += 1
                piece = piece[CHANGE:]
            self._feed(piece, now)

    def send(self, data: bytes) -> None:
        """One record, in a datagram of its own. At most 1163 bytes: OpenSSL would not split it."""
        if self.state is not DtlsState.CONNECTED:
            return
        try:
            self._ssl.send(data)
        except SSL.Error:
            self._close("dtls")
            return
        self.datagrams += split(self._drain())

    def close(self) -> None:
        """Tell the client (close_notify), if there is a connection to close."""
        if self.state is DtlsState.CONNECTED:
            try:
                self._ssl.shutdown()
            except SSL.Error:
                return
            self.datagrams += split(self._drain())
        self._close("closed")

    def next_timeout(self) -> float | None:
        if self.state is not DtlsState.HANDSHAKING:
            return None
        timers = (self._resend_at, self._library_at, self._again_at, self._refused_at)
        return min([self._deadline, *(at for at in timers if at is not None)])

    def handle_timeout(self, now: float) -> None:
        if self.state is not DtlsState.HANDSHAKING:
            return
        if now >= self._deadline:
            self._close(self.reason or "dtls")
        elif is_due(self._again_at, now):
            self._begin(now)
        elif is_due(self._refused_at, now):
            self._fall_back("dtls", now)
        else:
            self._repeat(now)

    def _begin(self, now: float) -> None:
        self.state = DtlsState.HANDSHAKING
        self._again_at = self._refused_at = None
        self._ssl = SSL.Connection(self._certificate.context(self._profiles), None)
        self._ssl.set_ciphertext_mtu(MTU)
        if self.setup is Setup.ACTIVE:
            self._ssl.set_connect_state()
        else:
            self._ssl.set_accept_state()
        self._advance(now)

    def _feed(self, records: bytes, now: float) -> None:
        if not records or self._again_at is not None or self.state is DtlsState.CLOSED:
            return
        self._ssl.bio_write(records)
        if self.state is DtlsState.HANDSHAKING:
            self._advance(now)
        if self.state is DtlsState.CONNECTED:
            self._read()

    def _expects_change(self) -> bool:
        """Is it the time for ChangeCipherSpec? Anybody can write one, and OpenSSL gives up when it
        comes too early. In its time a forged one is as good as the true one."""
        return self._ssl.get_state_string() in BEFORE_CHANGE

    def _advance(self, now: float) -> None:
        """As far as the peer's bytes go."""
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._send_flight(now)
        except SSL.Error:
            self._fail("dtls", now)
        else:
            self._finish(now)

    def _send_flight(self, now: float) -> None:
        if output := self._drain():
            self._flight = pack(split(output))
            self.datagrams += self._flight
            self._interval = RESEND_SECONDS
            self._resend_at = now + self._interval
            self._refused_at = None  # this answers something better than an alert
        self._arm_library(now)

    def _finish(self, now: float) -> None:
        """The peer has proved to hold a key: is it the one that signaling named?"""
        output = self._drain()
        if not self._is_expected():
            self._fail("fingerprint", now)
            return
        profile = self._ssl.get_selected_srtp_profile()
        if not profile:
            self._fall_back("srtp_profile", now)
            return
        self.state = DtlsState.CONNECTED
        self.reason = ""
        self._phase = Phase.FINISHED
        self._flight = []
        self.datagrams += pack(split(output))
        self.protection = self._make_protection(profile)

    def _is_expected(self) -> bool:
        certificate = self._ssl.get_peer_certificate()
        digest = DIGESTS.get(self.fingerprint.algorithm.lower())
        if certificate is None or digest is None:
            return False
        return certificate.digest(digest).decode() == self.fingerprint.value.upper()

    def _make_protection(self, profile: bytes) -> Protection:
        material = self._ssl.export_keying_material(
            b"EXTRACTOR-dtls_srtp", material_length(profile)
        )
        client, server = split_keys(profile, material)
        if self.setup is Setup.ACTIVE:
            return Protection(profile, send_key=client, receive_key=server)
        return Protection(profile, send_key=server, receive_key=client)

    def _fail(self, reason: str, now: float) -> None:
        """This handshake is lost, another may not be: the first failure limits how long we try."""
        if not self.reason:
            self._deadline = min(self._deadline, now + SECOND_CHANCES_SECONDS)
        self.reason = reason
        self._drain()  # its alert would only hurt the honest peer
        self._flight = []
        self._resend_at = self._library_at = self._refused_at = None
        self._again_at = now + self._interval
        self._interval = min(self._interval * 2, RESEND_MOST_SECONDS)

    def _fall_back(self, reason: str, now: float) -> None:
        """The client does not take GCM: ask for the profile that every client has (RFC 8827)."""
        if self._profiles != (GCM,):
            self._fail(reason, now)
            return
        self._profiles = (CM80,)
        self._begin(now)

    def _repeat(self, now: float) -> None:
        if is_due(self._library_at, now):
            try:
                self._ssl.DTLSv1_handle_timeout()
            except SSL.Error:
                self._fail("dtls", now)
                return
            if output := self._drain():
                self._flight = pack(split(output))
                self.datagrams += self._flight
            self._arm_library(now)
        if is_due(self._resend_at, now):
            self.datagrams += self._flight
            self._interval = min(self._interval * 2, RESEND_MOST_SECONDS)
            self._resend_at = now + self._interval

    def _arm_library(self, now: float) -> None:
        left = self._ssl.DTLSv1_get_timeout()
        self._library_at = None if left is None else now + left

    def _read(self) -> None:
        while True:
            try:
                self.received.append(self._ssl.recv(LARGEST_RECORD))
            except SSL.WantReadError:
                break
            except SSL.ZeroReturnError:
                self._close("closed")
                return
            except SSL.Error:
                self._dropped[Reject.MALFORMED_RECORD] += 1
                if self._ssl.get_shutdown() & SSL.RECEIVED_SHUTDOWN:
                    self._close("closed")
                return
        self.datagrams += split(self._drain())  # our last flight again, if the client lost it

    def _drain(self) -> bytes:
        """All that OpenSSL wants to send. A short read would cut a record in two."""
        parts = []
        while True:
            try:
                parts.append(self._ssl.bio_read(65536))
            except SSL.WantReadError:
                return b"".join(parts)

    def _close(self, reason: str) -> None:
        self.state = DtlsState.CLOSED
        self.reason = reason


def is_due(at: float | None, now: float) -> bool:
    return at is not None and now >= at
