"""Will browsers take a certificate? Its dates and names tell, and who vouches for it."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from api.doctor.findings import Findings, bad, good

SOON = timedelta(days=14)  # renewals should have come by then


def check_file(file: Path, name: str, now: datetime) -> Findings:
    """`name`: the host name that it has to be for; empty: any."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        yield bad(f"the certificate {file} cannot be read: {error}")
        return
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < begins:
        yield bad(f"the certificate {file} begins on {begins:%Y-%m-%d}: set the clock right")
    elif now >= ends:
        yield bad(f"the certificate {file} ended on {ends:%Y-%m-%d}: renew it")
    elif now >= ends - SOON:
        yield bad(f"the certificate {file} ends on {ends:%Y-%m-%d}: renew it")
    elif name and not is_for(certificate, name):
        yield bad(f"the certificate {file} is not for {name}: get one for that name")
    else:
        yield good(f"the certificate {file} is good until {ends:%Y-%m-%d}")


def is_for(certificate: x509.Certificate, name: str) -> bool:
    try:
        kind = x509.SubjectAlternativeName
        names = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return False
    wanted, known = name.lower(), {n.lower() for n in names.get_values_for_type(x509.DNSName)}
    return wanted in known or "*." + wanted.partition(".")[2] in known


def utc_now() -> datetime:
    return datetime.now(UTC)


def explain(error: ssl.SSLError, place: str) -> str:
    reason = getattr(error, "verify_message", "") or error.reason or "the handshake failed"
    return (
        f"browsers refuse the certificate of {place} ({reason}): get one from an authority that "
        "they know, and let the file hold the whole chain"
    )
