import re

from sfu.transport.certificate import CM80, GCM, Certificate

CERTIFICATE = Certificate()


def test_the_fingerprint_is_written_as_in_sdp() -> None:
    assert CERTIFICATE.fingerprint.algorithm == "sha-256"
    assert re.fullmatch("([0-9A-F]{2}:){31}[0-9A-F]{2}", CERTIFICATE.fingerprint.value)


def test_every_certificate_is_another() -> None:
    assert Certificate().fingerprint != CERTIFICATE.fingerprint


def test_transports_share_a_context_for_each_list_of_profiles() -> None:
    assert CERTIFICATE.context([GCM]) is CERTIFICATE.context((GCM,))
    assert CERTIFICATE.context([GCM]) is not CERTIFICATE.context([GCM, CM80])
