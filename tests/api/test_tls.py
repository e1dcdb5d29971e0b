"""Our own certificate, and the operator's while it is being replaced."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.datafolder import DataFolder
from api.tls import LIFETIME, Reloading, TlsError, fingerprint, make_certificate, self_signed

NOW = datetime.now(UTC)


def write_pair(folder: Path, host: str) -> tuple[Path, Path]:
    certificate, key = make_certificate([host], NOW)
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate)
    paths[1].write_bytes(key)
    return paths


def presented(context: ssl.SSLContext) -> str:
    """The certificate that a new connection gets to see, in a handshake in memory."""
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    server = context.wrap_bio(ours, theirs, server_side=True)
    client = client_context.wrap_bio(theirs, ours)
    for _ in range(3):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    der = client.getpeercert(binary_form=True)
    assert der is not None
    return ssl.DER_cert_to_PEM_cert(der)


def test_our_own_certificate_is_made_once(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    certificate, key = self_signed(folder, ["localhost", "192.0.2.1", "::1"], NOW)
    again = self_signed(folder, ["localhost"], NOW)

    assert again == (certificate, key)
    assert len(fingerprint(certificate)) == 32 * 3 - 1
    assert key.stat().st_mode & 0o777 == 0o600


def test_our_own_certificate_is_made_again_before_it_ends(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    before = fingerprint(self_signed(folder, ["localhost"], NOW)[0])
    after = fingerprint(self_signed(folder, ["localhost"], NOW + LIFETIME - timedelta(days=1))[0])

    assert before != after


def test_a_replaced_certificate_is_used_for_new_connections(tmp_path: Path) -> None:
    paths = write_pair(tmp_path, "a.example")
    tls = Reloading(*paths)
    assert not tls.refresh()
    before = presented(tls.context)
    write_pair(tmp_path, "b.example")

    assert tls.refresh()
    assert presented(tls.context) == paths[0].read_text() != before


def test_half_a_replacement_changes_nothing_until_the_rest_is_there(tmp_path: Path) -> None:
    paths = write_pair(tmp_path, "a.example")
    old = paths[0].read_text()
    tls = Reloading(*paths)
    certificate, key = make_certificate(["b.example"], NOW)
    paths[0].write_bytes(certificate)

    assert not tls.refresh()
    assert presented(tls.context) == old
    paths[1].write_bytes(key)
    assert tls.refresh()
    assert presented(tls.context) == certificate.decode()


def test_files_that_are_no_certificate_are_told(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path, "a.example")
    key.write_text("nothing")

    with pytest.raises(TlsError, match="cannot be used"):
        Reloading(certificate, key)
    with pytest.raises(TlsError, match="cannot be used"):
        Reloading(tmp_path / "none.pem", key)
