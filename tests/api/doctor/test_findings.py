"""Each thing that may be wrong is one sentence that says what to do."""

import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.doctor.addresses import check_addresses, check_name
from api.doctor.certificates import check_file, explain
from api.doctor.clock import check_clock, kernel_state
from api.doctor.findings import Finding, Findings, Mark
from api.doctor.relayed import RelayUrl
from api.doctor.visit import read
from api.tls import LIFETIME, make_certificate

NOW = datetime.now(UTC)


def only(findings: Findings) -> Finding:
    (found,) = findings
    return found


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "cert.pem"
    file.write_bytes(make_certificate(["relay.example"], NOW)[0])
    return file


@pytest.mark.parametrize(
    ("name", "after", "mark", "sentence"),
    [
        ("relay.example", timedelta(0), Mark.GOOD, "is good until"),
        ("RELAY.example", timedelta(0), Mark.GOOD, "is good until"),
        ("", timedelta(0), Mark.GOOD, "is good until"),
        ("other.example", timedelta(0), Mark.BAD, "is not for other.example: get one"),
        ("relay.example", LIFETIME - timedelta(days=13), Mark.BAD, "renew it"),
        ("relay.example", LIFETIME + timedelta(days=1), Mark.BAD, "ended on .*: renew it"),
        ("relay.example", -timedelta(days=2), Mark.BAD, "begins on .*: set the clock right"),
    ],
)
def test_a_certificate(
    certificate: Path, name: str, after: timedelta, mark: Mark, sentence: str
) -> None:
    found = only(check_file(certificate, name, NOW + after))

    assert found.mark is mark
    assert re.search(sentence, found.sentence)


def test_a_file_that_is_no_certificate(tmp_path: Path) -> None:
    assert only(check_file(tmp_path / "none.pem", "", NOW)).mark is Mark.BAD
    (tmp_path / "odd.pem").write_text("odd")
    assert "cannot be read" in only(check_file(tmp_path / "odd.pem", "", NOW)).sentence


def test_a_wildcard_is_for_one_label(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_bytes(make_certificate(["*.clinic.example"], NOW)[0])

    assert only(check_file(file, "relay.clinic.example", NOW)).mark is Mark.GOOD
    assert only(check_file(file, "a.relay.clinic.example", NOW)).mark is Mark.BAD


def test_addresses() -> None:
    inside = only(check_addresses(["10.0.0.5"], ["10.0.0.5"]))
    assert inside.mark is Mark.NOTE
    assert "rtc.node_ip or public.addresses" in inside.sentence
    assert only(check_addresses(["8.8.8.8"], ["8.8.8.8"])).sentence.endswith("told 8.8.8.8")
    assert "forward the ports" in only(check_addresses(["8.8.8.8"], ["10.0.0.5"])).sentence


def test_names() -> None:
    assert only(check_name("a.example", ["8.8.8.8"], ["8.8.8.8", "1.1.1.1"])).mark is Mark.GOOD
    assert "correct its DNS" in only(check_name("a.example", ["8.8.8.8"], ["1.1.1.1"])).sentence
    assert "make a DNS record" in only(check_name("a.example", ["8.8.8.8"], [])).sentence


@pytest.mark.parametrize(("state", "marks"), [(5, [Mark.NOTE]), (0, [Mark.GOOD]), (None, [])])
def test_the_clock(state: int | None, marks: list[Mark]) -> None:
    assert [found.mark for found in check_clock(lambda: state)] == marks


def test_the_kernel_tells_of_its_clock_or_nothing() -> None:
    assert kernel_state() in (None, 0, 1, 2, 3, 4, 5)


def test_why_a_certificate_is_refused() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "self-signed certificate"

    assert "(self-signed certificate): get one from an authority" in explain(error, "turns:a")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("turn:192.0.2.1:3478?transport=udp", ("192.0.2.1", 3478, "udp")),
        ("turn:[2001:db8::1]:3478?transport=tcp", ("2001:db8::1", 3478, "tcp")),
        ("turns:a.example:443?transport=tcp", ("a.example", 443, "tls")),
    ],
)
def test_addresses_of_relays(text: str, parts: tuple[str, int, str]) -> None:
    url = RelayUrl.parse(text)
    assert (url.host, url.port, url.transport) == parts


@pytest.mark.parametrize("text", ["", "stun:a:1", "turn:a:b?transport=udp", "turn:a:1"])
def test_what_is_no_address_of_a_relay(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no address of a relay|invalid literal"):
        RelayUrl.parse(text)


def test_what_a_client_is_told_is_read_from_the_answer() -> None:
    sdp = "\r\n".join(
        [
            "v=0", "a=ice-ufrag:abcd", "a=ice-pwd:secret",
            "a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host",
            "a=candidate:2 1 tcp 1518280447 2001:db8::1 443 typ host tcptype passive", "",
        ]
    )  # fmt: skip
    link = '<turn:192.0.2.1:3478?transport=udp>; rel="ice-server"'
    secret = '; username="a%3Ab"; credential="c%2Fd"; credential-type="password"'
    told = read(sdp, [link + secret, '<stun:a:1>; rel="ice-server"'])

    assert [(c.protocol, c.host, c.port) for c in told.candidates] == [
        ("udp", "192.0.2.1", 7882),
        ("tcp", "2001:db8::1", 443),
    ]
    assert [(s.username, s.password) for s in told.servers] == [("a:b", "c/d"), ("", "")]
    assert (told.ufrag, told.password) == ("abcd", "secret")
