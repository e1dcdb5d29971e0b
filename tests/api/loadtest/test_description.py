"""What a client offers, answers and reads, against our own server's side of it."""

import os

from api.loadtest.description import (
    Down,
    Offers,
    make_answer,
    read_candidates,
    read_down,
    read_remote,
)
from api.loadtest.link import Link
from sfu.media import Kind, Setup
from sfu.transport.certificate import Certificate
from signaling.negotiation.sdp import Description

CERTIFICATE = Certificate()

OFFER = """v=0
o=- 1 2 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=ice-lite
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
a=mid:0
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdefghijkl
a=fingerprint:sha-256 {print}
a=setup:actpass
a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host
a=candidate:2 1 tcp 1 192.0.2.1 7881 typ host tcptype passive
a=candidate:3 1 udp 1 198.51.100.1 7882 typ srflx
m=video 9 UDP/TLS/RTP/SAVPF 96 97
a=mid:1
a=sendonly
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=extmap:3/sendonly http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=msid:PA_x|TR_v TR_v
a=ssrc-group:FID 5 6
a=ssrc:5 cname:x
a=ssrc:6 cname:x
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:2
a=sendonly
a=rtpmap:111 opus/48000/2
a=msid:PA_x|TR_a TR_a
a=ssrc:9 cname:x
""".replace("\n", "\r\n").format(print=CERTIFICATE.fingerprint.value)


def new_link() -> Link:
    return Link(CERTIFICATE, os.urandom)


def test_an_offer_sends_three_layers() -> None:
    offers = Offers(new_link())
    offers.add("application")
    offers.add("video", "camera")

    video = Description.parse(offers.make()).sections[1]

    assert video.value("msid") == "- camera"
    assert video.value("simulcast") == "send q;h;f"
    assert video.values("rid") == ["q send", "h send", "f send"]
    assert video.direction == "sendonly"


def test_sound_is_announced_with_its_ssrc() -> None:
    offers = Offers(new_link())
    offers.add("audio", "microphone", 77)

    audio = Description.parse(offers.make()).sections[0]

    assert audio.values("ssrc") == ["77 cname:load", "77 msid:- microphone"]


def test_each_offer_has_the_sections_of_the_one_before() -> None:
    offers = Offers(new_link())
    offers.add("application")
    first = Description.parse(offers.make())
    offers.add("audio")
    second = Description.parse(offers.make())

    assert [section.mid for section in first.sections] == ["0"]
    assert [section.mid for section in second.sections] == ["0", "1"]
    assert offers.version == 2
    assert second.sections[1].direction == "recvonly"


def test_an_answer_takes_what_is_offered() -> None:
    answer = Description.parse(make_answer(Description.parse(OFFER), new_link()))

    assert answer.bundle == ["0", "1", "2"]
    assert [section.direction for section in answer.sections[1:]] == ["recvonly", "recvonly"]
    assert answer.sections[1].formats == ["96", "97"]
    assert {section.value("setup") for section in answer.sections} == {"active"}


def test_the_servers_end_is_read() -> None:
    remote = read_remote(Description.parse(OFFER))

    assert (remote.ice.ufrag, remote.setup, remote.is_lite) == ("abcd", Setup.ACTIVE, True)
    assert [(each.ip, each.port) for each in remote.candidates] == [("192.0.2.1", 7882)]
    assert remote.has_data


def test_tracks_are_read_with_their_streams() -> None:
    assert read_down(Description.parse(OFFER)) == [
        Down("TR_v", Kind.VIDEO, 5, 6, 3),
        Down("TR_a", Kind.AUDIO, 9, 0, 0),
    ]


def test_candidates_that_are_unreadable_are_passed_over() -> None:
    assert read_candidates(["", "candidate:", "candidate:1 1 udp"]) == []
