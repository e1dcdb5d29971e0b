"""Our DTLS identity: one certificate per process, told to clients by its fingerprint."""

import datetime
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from sfu.media import Fingerprint

GCM = b"SRTP_AEAD_AES_128_GCM"
CM80 = b"SRTP_AES128_CM_SHA1_80"

# What every WebRTC client has (RFC 8827, section 6.5), with RSA for those with an old certificate.
CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE+AESGCM:ECDHE+CHACHA20"
DTLS_1_2 = 0xFEFD
OPTIONS = SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET

# A client looks at the fingerprint and not at the dates, so they need no clock.
NOT_BEFORE = datetime.datetime(2024, 1, 1)
NOT_AFTER = datetime.datetime(9999, 12, 31, 23, 59, 59)  # "no expiry" (RFC 5280, 4.1.2.5)


class Certificate:
    """A new P-256 key and a self-signed certificate for it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "WebRTC")])
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOT_BEFORE)
            .not_valid_after(NOT_AFTER)
            .sign(self._key, hashes.SHA256())
        )
        self.fingerprint = Fingerprint(
            "sha-256", colons(self._certificate.fingerprint(hashes.SHA256()))
        )
        self._contexts: dict[tuple[bytes, ...], SSL.Context] = {}

    def context(self, profiles: Sequence[bytes]) -> SSL.Context:
        """The one OpenSSL context that offers these SRTP profiles, the preferred one first."""
        key = tuple(profiles)
        if key not in self._contexts:
            self._contexts[key] = self._make_context(key)
        return self._contexts[key]

    def _make_context(self, profiles: tuple[bytes, ...]) -> SSL.Context:
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(DTLS_1_2)
        context.set_options(OPTIONS)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # about 30 kB less for each idle connection
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_cipher_list(CIPHERS)
        context.set_tlsext_use_srtp(b":".join(profiles))
        context.use_certificate(self._certificate)
        context.use_privatekey(self._key)
        # Any certificate will do here: the fingerprint is compared once the handshake is over.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, accept)
        return context


def accept(*_: object) -> bool:
    return True


def colons(digest: bytes) -> str:
    """A digest as SDP writes it: "0A:1B:…"."""
    return digest.hex(":").upper()
