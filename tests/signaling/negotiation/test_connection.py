import pytest

from sfu.media import Candidate, Fingerprint, IceCredentials, Setup
from signaling.negotiation.connection import (
    ANY_SIZE,
    MAX_MESSAGE_SIZE,
    SCTP_PORT,
    Local,
    Remote,
    candidate_lines,
    new_credentials,
    read_sctp,
)
from signaling.negotiation.outcome import NegotiationError
from signaling.negotiation.sdp import Description, Section
from tests.signaling.negotiation.negotiating import NODE, text

PRINT = ":".join(["AB"] * 32)


def read(**attributes: str) -> Remote:
    section = Section("audio", "UDP/TLS/RTP/SAVPF", ["0"])
    given = {"ice-ufrag": "abcd", "ice-pwd": "p" * 22, "fingerprint": f"sha-256 {PRINT}"}
    for name, value in (
        given | {key.replace("_", "-"): each for key, each in attributes.items()}
    ).items():
        section.add(name, value)
    return Remote.read(Description(), section)


def test_the_client_s_end_is_read() -> None:
    assert read(setup="actpass") == Remote(
        IceCredentials("abcd", "p" * 22), Fingerprint("sha-256", PRINT), "actpass"
    )


def test_firefox_gives_its_fingerprint_for_the_session() -> None:
    description = Description.parse(text("firefox_join"))
    assert Remote.read(description, description.sections[0]).fingerprint.algorithm == "sha-256"


@pytest.mark.parametrize(
    "bad",
    [
        {"ice_ufrag": "abc"},
        {"ice_ufrag": "a b c d"},
        {"ice_pwd": "short"},
        {"ice_pwd": "p" * 257},
        {"setup": "holdconn"},
        {"fingerprint": f"md5 {PRINT}"},
        {"fingerprint": "sha-256 AB"},
        {"fingerprint": ""},
    ],
)
def test_an_end_that_cannot_be_trusted_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(NegotiationError):
        read(**bad)


def test_our_role_is_active_unless_the_client_says_otherwise() -> None:
    assert read(setup="actpass").role(None) is Setup.ACTIVE
    assert read(setup="passive").role(None) is Setup.ACTIVE
    assert read(setup="active").role(None) is Setup.PASSIVE


def test_our_role_stays_at_a_renegotiation() -> None:
    assert read(setup="actpass").role(Setup.PASSIVE) is Setup.PASSIVE


def test_udp_comes_before_passive_tcp() -> None:
    udp, tcp = candidate_lines([Candidate("udp", "192.0.2.1", 7882), Candidate("tcp", "::1", 7881)])
    assert udp == "1 1 udp 2130706431 192.0.2.1 7882 typ host"
    assert tcp == "2 1 tcp 1520434943 ::1 7881 typ host tcptype passive"


def test_credentials_are_of_ice_characters_and_long_enough() -> None:
    made = new_credentials(lambda length: bytes(range(200, 200 + length)))
    assert (len(made.ufrag), len(made.password)) == (12, 32)
    assert read(ice_ufrag=made.ufrag, ice_pwd=made.password).ice == made


def test_candidates_are_written_once() -> None:
    first, second = (Section("audio", "x", ["0"]) for _ in range(2))
    local = Local(NODE, IceCredentials("abcd", "p" * 22), Setup.ACTIVE)
    local.write(first, with_candidates=True)
    local.write(second, with_candidates=False)
    assert len(first.values("candidate")) == 2
    assert "candidate" not in second.attributes
    assert second.value("fingerprint") == f"sha-256 {NODE.fingerprint.value}"
    assert second.value("setup") == "active"


@pytest.mark.parametrize(
    ("port", "size", "expected"),
    [
        ("5000", "262144", (5000, 262144)),
        ("7", "0", (7, ANY_SIZE)),
        ("x", "x", (SCTP_PORT, MAX_MESSAGE_SIZE)),
        ("0", str(1 << 40), (SCTP_PORT, ANY_SIZE)),
    ],
)
def test_the_client_s_sctp_is_read(port: str, size: str, expected: tuple[int, int]) -> None:
    section = Section("application", "UDP/DTLS/SCTP", ["webrtc-datachannel"])
    section.add("sctp-port", port)
    section.add("max-message-size", size)
    assert read_sctp(section) == expected


def test_a_client_that_names_no_limit_takes_64_kilobytes() -> None:
    section = Section("application", "UDP/DTLS/SCTP", ["webrtc-datachannel"])
    assert read_sctp(section) == (SCTP_PORT, MAX_MESSAGE_SIZE)
