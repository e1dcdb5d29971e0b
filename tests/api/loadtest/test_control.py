"""RTCP of a participant."""

from dataclasses import dataclass

import pytest

from api.loadtest.control import (
    UNIX,
    Asked,
    Control,
    Got,
    Sent,
    feedback,
    is_only_feedback,
)
from api.loadtest.headers import template
from sfu import rtcp
from sfu.extensions import locate
from sfu.feedback.clock import ntp_from_seconds
from sfu.rtp import Header
from sfu.transport.protection import KEY_LENGTHS, Protection
from tests.api.loadtest.receiving import Desk, packet
from tests.api.loadtest.test_outgoing import Studio

SSRC = 1000
SHORT = template(96, SSRC, [])
RTX = template(97, 5555, [(11, b"q")])


@dataclass
class Case:
    """One participant with a camera, and one stream that it gets."""

    studio: Studio
    desk: Desk
    control: Control
    row: int


@pytest.fixture
def case() -> Case:
    studio, desk = Studio(), Desk()
    control = Control(0, studio.outgoing, desk.incoming, Asked())
    row = studio.camera(0, 1.0)
    control.sent[SSRC] = Sent(row, SHORT, RTX)
    control.got[11] = Got(desk.video())
    studio.plan(1.0)
    return Case(studio, desk, control, row)


def test_a_request_for_a_key_frame_is_counted_and_passed_on(case: Case) -> None:
    case.control.receive(bytes(rtcp.Pli(1, SSRC)) + bytes(rtcp.Fir(1, [(SSRC, 1)])), 2.0)
    case.control.receive(bytes(rtcp.Pli(1, 4711)), 2.0)

    assert case.control.asked.key_frames == 2
    assert len(case.studio.plan(1.032)) == 3  # not the two packets of another frame


def test_what_the_server_lost_is_sent_again(case: Case) -> None:
    again, never, stranger = (
        case.control.repeat(wanted, 1.1)
        for wanted in [
            *case.control.receive(bytes(rtcp.Nack(1, SSRC, [101, 9999])), 1.1),
            *case.control.receive(bytes(rtcp.Nack(1, 4711, [101])), 1.1),
        ]
    )

    assert again is not None
    assert never is stranger is None
    header = Header()
    assert header.read(again, len(again))
    places = locate(again, header.profile, header.extension, header.extension_end)
    at, size = places[11]
    assert (header.ssrc, header.payload_type, header.timestamp) == (5555, 97, 8000)
    assert again[at : at + size] == b"q"
    assert again[header.payload : header.payload + 2] == (101).to_bytes(2, "big")
    assert case.control.asked.retransmissions == 1


def test_retransmissions_have_numbers_of_their_own(case: Case) -> None:
    wanted = case.control.receive(bytes(rtcp.Nack(1, SSRC, [100, 101])), 1.1)

    sent = [case.control.repeat(each, 1.1) for each in wanted]
    sequences = [int.from_bytes(each[2:4], "big") for each in sent if each is not None]
    assert sequences[1] == sequences[0] + 1


def test_headers_are_short_once_the_server_has_the_stream(case: Case) -> None:
    block = rtcp.ReportBlock(SSRC, 0, 0, 102, 0, 0, 0)
    case.control.receive(bytes(rtcp.ReceiverReport(1, [block])), 1.1)

    case.studio.plan(1.032)

    assert bytes(case.studio.arena.packet(0))[:2] == SHORT.data[:2]
    assert len(SHORT.data) == case.studio.arena.length[0] - 4 - 1100


def test_reports_tell_what_was_sent(case: Case) -> None:
    (report, _) = [rtcp.parse(data)[0] for data in case.control.reports(1.0, 1000.5)]

    assert isinstance(report, rtcp.SenderReport)
    assert (report.ssrc, report.packets, report.rtp) == (SSRC, 3, 8000)
    assert report.ntp == ntp_from_seconds(UNIX + 1000.5)


def test_reports_tell_what_came_and_answer_the_servers(case: Case) -> None:
    case.desk.receive([packet(1), packet(2), packet(4)])
    case.control.receive(bytes(rtcp.SenderReport(11, 0x1_2345_6789, 0, 0, 0)), 5.0)

    (_, report) = [rtcp.parse(data)[0] for data in case.control.reports(5.5, 0.0)]

    assert isinstance(report, rtcp.ReceiverReport)
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.highest & 0xFFFF) == (11, 1, 4)
    assert (block.last_report, block.delay) == (0x1_2345_6789 >> 16, 32768)
    assert block.fraction_lost == 64


def test_what_is_missing_is_asked_for(case: Case) -> None:
    case.desk.receive([packet(65_534), packet(1)], now=1.0)

    assert case.control.nacks(1.0) == []
    (nack,) = case.control.nacks(1.02)

    assert isinstance(nack, rtcp.Nack)
    assert (nack.media, nack.sequences) == (11, [65_535, 0])


def test_a_key_frame_is_asked_for_when_something_is_given_up(case: Case) -> None:
    case.desk.receive([packet(1), packet(3)], now=1.0)

    (pli,) = case.control.nacks(3.0)

    assert isinstance(pli, rtcp.Pli)
    assert pli.media == 11


def test_feedback_is_about_what_came(case: Case) -> None:
    case.desk.receive([packet(1, number=7)])

    body = case.desk.report()

    assert body is not None
    (parsed,) = rtcp.parse(feedback(body))
    assert isinstance(parsed, rtcp.Twcc)


@pytest.mark.parametrize("profile", KEY_LENGTHS)
def test_feedback_alone_is_known_by_its_header(profile: bytes) -> None:
    key = bytes(sum(KEY_LENGTHS[profile]))
    twcc, nack = rtcp.Twcc(1, 0, bytes(12)), rtcp.Nack(1, SSRC, [1])

    def looks_so(*packets: rtcp.Packet) -> bool:
        sealed = Protection(profile, key, key).protect_rtcp(rtcp.compound(packets))
        assert sealed is not None
        return is_only_feedback(sealed)

    assert looks_so(twcc)
    assert not looks_so(twcc, nack)
    assert not looks_so(nack)
    assert not looks_so(rtcp.ReceiverReport(1, []), twcc)
