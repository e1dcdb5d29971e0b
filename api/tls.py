"""Certificates for HTTPS: the operator's, read again when they change, or one of our own."""

import hashlib
import logging
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from api.datafolder import DataFolder

LIFETIME = timedelta(days=825)  # the longest that Apple's systems take
RENEWAL = timedelta(days=30)
CERTIFICATE, KEY = "tls-certificate.pem", "tls-key.pem"

logger = logging.getLogger(__name__)


class TlsError(Exception):
    """The certificate or its key cannot be used."""


class Reloading:
    """A server context that follows its files. Connections that stand keep what they have."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises `TlsError`."""
        self._files = (certificate, key)
        self._seen = self._stamps()
        self.context = _load(*self._files)

    def refresh(self) -> bool:
        """Look at the files; True when new ones were taken.

        Certificate and key are replaced one after the other: a pair that does not fit is left
        for the next look, and the old one stays in use.
        """
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        try:
            _load(*self._files)
            self.context.load_cert_chain(*self._files)
        except (TlsError, OSError) as error:
            logger.warning("the new certificate is not used: %s", error)
            self._seen = stamps
            return False
        self._seen = stamps
        return True

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(path) for path in self._files]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _load(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")  # never ask a terminal
    except OSError as error:  # SSLError is one
        raise TlsError(f"{certificate} and {key} cannot be used: {error}") from None
    return context


def by_name(page: Reloading | None, relay: Reloading | None, name: str) -> ssl.SSLContext | None:
    """On one port, with the relay's certificate for who asks for the relay's name (RFC 6066)."""
    if page is None or relay is None or page is relay:
        chosen = page or relay
        return chosen.context if chosen else None

    def choose(asking: ssl.SSLObject, asked: str | None, _: ssl.SSLContext) -> None:
        if (asked or "").lower() == name.lower():
            asking.context = relay.context

    page.context.sni_callback = choose
    return page.context


def self_signed(folder: DataFolder, hosts: list[str], now: datetime) -> tuple[Path, Path]:
    """Our own certificate and its key, made once in the data folder and again before it ends."""
    paths = (folder.path / CERTIFICATE, folder.path / KEY)
    pem = folder.read(CERTIFICATE)
    if pem is None or folder.read(KEY) is None or _expiry(pem) < now + RENEWAL:
        certificate, key = make_certificate(hosts, now)
        folder.write(KEY, key)
        folder.write(CERTIFICATE, certificate)
    return paths


def _expiry(pem: bytes) -> datetime:
    try:
        return x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def make_certificate(hosts: list[str], now: datetime) -> tuple[bytes, bytes]:
    """A self-signed P-256 certificate for these names and addresses, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Housecall")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general_name(h) for h in hosts]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def fingerprint(certificate: Path) -> str:
    """SHA-256 as browsers show it, so that a person can compare."""
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return hashlib.sha256(der).digest().hex(":").upper()
