"""What holds for every answer to every real offer."""

import pytest

from signaling.negotiation.outcome import ClientRules
from signaling.negotiation.sdp import Description, Section
from tests.signaling.negotiation.negotiating import (
    answerer,
    audio,
    hear,
    offer_names,
    see,
    text,
    video,
)

PENDING = [audio(), video()]
WISHES = [hear("TR_x"), hear("TR_y"), see("TR_z"), see("TR_h", "video/h264")]

everywhere = pytest.mark.parametrize("name", offer_names())


def exchange(name: str, rules: ClientRules | None = None) -> tuple[Description, Description]:
    outcome = answerer(rules).receive_offer(text(name), PENDING, WISHES)
    return Description.parse(text(name)), Description.parse(outcome.sdp)


def pairs(name: str) -> list[tuple[Section, Section]]:
    offer, answer = exchange(name)
    return list(zip(offer.sections, answer.sections, strict=True))


@everywhere
def test_sections_keep_their_order_kind_and_mid(name: str) -> None:
    for offered, answered in pairs(name):
        assert (answered.mid, answered.kind, answered.proto) == (
            offered.mid,
            offered.kind,
            offered.proto,
        )


@everywhere
def test_every_section_of_a_real_client_is_accepted_into_the_bundle(name: str) -> None:
    offer, answer = exchange(name)
    assert answer.bundle == offer.bundle
    assert all(section.port == 9 for section in answer.sections)


@everywhere
def test_only_payload_types_and_extensions_of_the_offer_are_answered(name: str) -> None:
    for offered, answered in pairs(name):
        assert set(answered.formats) <= set(offered.formats)
        for line in answered.values("rtpmap"):
            assert line.lower() in [
                each.lower().removesuffix("/1") for each in offered.values("rtpmap")
            ]
        offered_ids = {line.partition(" ")[2]: line for line in offered.values("extmap")}
        for line in answered.values("extmap"):
            identity, _, uri = line.partition(" ")
            assert (
                identity.partition("/")[0] == offered_ids[uri].partition(" ")[0].partition("/")[0]
            )


@everywhere
def test_transport_cc_is_answered_with_its_extension_or_not_at_all(name: str) -> None:
    for _, answered in pairs(name):
        feedback = " ".join(answered.values("rtcp-fb"))
        extension = " ".join(answered.values("extmap"))
        if answered.kind == "video":
            assert ("transport-cc" in feedback) == ("transport-wide-cc" in extension)
            assert ("goog-remb" in feedback) != ("transport-cc" in feedback)
        else:
            assert "transport-cc" not in feedback


@everywhere
def test_directions_fit_the_offer(name: str) -> None:
    fitting = {
        "sendrecv": ("sendrecv", "sendonly", "recvonly", "inactive"),
        "sendonly": ("recvonly", "inactive"),
        "recvonly": ("sendonly", "inactive"),
        "inactive": ("inactive",),
    }
    for offered, answered in pairs(name):
        assert answered.direction in fitting[offered.direction]


@everywhere
def test_the_connection_is_described_once_for_all(name: str) -> None:
    _, answer = exchange(name)
    assert "ice-lite" in answer.attributes
    assert len(answer.sections[0].values("candidate")) == 2
    assert not any(section.values("candidate") for section in answer.sections[1:])
    assert {section.value("setup") for section in answer.sections} == {"active"}
    assert len({section.value("ice-ufrag") for section in answer.sections}) == 1


@everywhere
def test_rtx_is_answered_for_its_format(name: str) -> None:
    for _, answered in pairs(name):
        repaired = {line.partition("apt=")[2] for line in answered.values("fmtp") if "apt=" in line}
        assert repaired <= set(answered.formats)


@everywhere
def test_mixed_header_extensions_are_allowed_where_they_were_offered(name: str) -> None:
    offer, answer = exchange(name)
    allow = "extmap-allow-mixed"
    assert (allow in answer.attributes) == (allow in offer.attributes)
    for offered, answered in pairs(name):
        if answered.kind != "application":
            assert (allow in answered.attributes) == (allow in offered.attributes)


def test_simulcast_is_answered_rid_by_rid() -> None:
    for name, order in (("chromium_publishing", "q;h;f"), ("pypi_publishing", "f;h;q")):
        _, answered = pairs(name)[8]
        assert answered.values("rid") == [f"{rid} recv" for rid in order.split(";")]
        assert answered.value("simulcast") == f"recv {order}"
        assert answered.direction == "recvonly"


def test_firefox_reads_the_direction_of_its_rid_extension_mirrored() -> None:
    _, answered = pairs("firefox_publishing")[8]
    assert "9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in answered.values("extmap")


def test_a_track_of_ours_is_named_by_msid_and_ssrcs() -> None:
    _, answered = pairs("chromium_join")[3]
    media, repair = answered.values("ssrc-group")[0].removeprefix("FID ").split()
    assert answered.direction == "sendonly"
    assert answered.value("msid") == "PA_you|TR_z TR_z"
    assert answered.values("ssrc") == [
        f"{media} cname:PA_you|TR_z",
        f"{media} msid:PA_you|TR_z TR_z",
        f"{repair} cname:PA_you|TR_z",
        f"{repair} msid:PA_you|TR_z TR_z",
    ]


def test_an_idle_section_keeps_all_that_it_may_need() -> None:
    _, answered = pairs("chromium_join")[5]
    assert answered.direction == "inactive"
    assert answered.formats[:3] == ["96", "97", "108"]
    assert len(answered.values("extmap")) == 6


def test_what_pypi_tries_out_is_not_repeated() -> None:
    answer = answerer().receive_offer(text("pypi_join"), [], []).sdp
    assert "sctp-init" not in answer
    assert "goog-sped" not in answer


def test_the_data_section_is_answered() -> None:
    _, answered = pairs("chromium_join")[6]
    assert answered.formats == ["webrtc-datachannel"]
    assert answered.value("sctp-port") == "5000"
    assert answered.value("max-message-size") == "65536"


def test_a_section_of_codecs_that_we_lack_is_inactive_and_stays_in_the_bundle() -> None:
    offer = (
        text("chromium_publishing")
        .replace("VP8/90000", "XX/90000")
        .replace("H264/90000", "YY/90000")
        .replace("VP9/90000", "ZZ/90000")
        .replace("AV1/90000", "WW/90000")
    )
    outcome = answerer().receive_offer(offer, PENDING, WISHES)
    answer = Description.parse(outcome.sdp)
    assert answer.sections[8].direction == "inactive"
    assert answer.sections[8].port == 9
    assert answer.sections[8].values("rtpmap") == ["96 XX/90000"]
    assert [published.track for published in outcome.published] == ["TR_a"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 0 UDP/TLS/RTP/SAVPF"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF", "m=text 9 UDP/TLS/RTP/SAVPF"),
        ("a=rtcp-mux\r\n", ""),
        ("BUNDLE 0 ", "BUNDLE "),
    ],
)
def test_what_cannot_share_the_transport_is_refused_alone(old: str, new: str) -> None:
    offer = text("chromium_join").replace(old, new, 1)
    answer = Description.parse(answerer().receive_offer(offer, [], WISHES).sdp)
    assert answer.sections[0].is_refused
    assert answer.bundle == ["1", "2", "3", "4", "5", "6"]
    assert answer.sections[1].values("candidate")


def test_without_a_group_only_the_first_section_is_taken() -> None:
    offer = text("chromium_join").replace("a=group:BUNDLE 0 1 2 3 4 5 6\r\n", "")
    answer = Description.parse(answerer().receive_offer(offer, [], []).sdp)
    assert [section.is_refused for section in answer.sections] == [False] + [True] * 6
    assert answer.bundle == []


def test_the_legacy_form_of_a_data_section_is_refused() -> None:
    offer = text("chromium_join").replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000")
    answer = Description.parse(answerer().receive_offer(offer, [], []).sdp)
    assert answer.sections[6].is_refused
