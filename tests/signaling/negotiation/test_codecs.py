from sfu.media import Codec
from signaling.negotiation import codecs
from signaling.negotiation.sdp import Section
from tests.signaling.negotiation.negotiating import sections, text


def test_the_video_formats_of_chromium_are_read_with_their_rtx() -> None:
    found = codecs.read(sections(text("chromium_join"))["3"])

    assert dict.fromkeys(codec.mime for codec in found) == dict.fromkeys(
        ["video/vp8", "video/vp9", "video/h264", "video/av1"]
    )
    assert found[0] == Codec(
        "video/vp8",
        96,
        90000,
        rtx=97,
        feedback=["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"],
    )
    # Eight variants of H264; of VP9 and AV1 the main profile; FEC and video RED are left out.
    assert len(found) == 11


def test_the_audio_formats_of_chromium_are_read() -> None:
    found = codecs.read(sections(text("chromium_join"))["0"])
    assert [(codec.mime, codec.payload_type) for codec in found] == [
        ("audio/opus", 111),
        ("audio/red", 63),
        ("audio/pcmu", 0),
        ("audio/pcma", 8),
    ]
    assert found[0].channels == 2


def test_pypi_publishes_vp8_without_rtx() -> None:
    [vp8] = codecs.read(sections(text("pypi_publishing"))["8"])
    assert vp8.rtx is None


def test_red_without_the_opus_it_holds_is_left_out() -> None:
    section = Section("audio", "UDP/TLS/RTP/SAVPF", ["63", "111"])
    section.add("rtpmap", "63 red/48000/2")
    section.add("rtpmap", "111 opus/48000/2")
    section.add("fmtp", "63 0/0")
    assert [codec.payload_type for codec in codecs.read(section)] == [111]


def test_feedback_for_all_formats_counts_for_each() -> None:
    section = Section("video", "UDP/TLS/RTP/SAVPF", ["96"])
    section.add("rtpmap", "96 VP8/90000")
    section.add("rtcp-fb", "* nack pli")
    assert codecs.read(section)[0].feedback == ["nack pli"]


def test_lines_that_make_no_sense_are_passed_over() -> None:
    section = Section("video", "UDP/TLS/RTP/SAVPF", ["96", "200", "x", "97", "98"])
    for line in ("96", "96 VP8", "200 VP8/90000", "x VP8/90000", "97 VP8/0", "98 rtx/90000", ""):
        section.add("rtpmap", line)
    section.add("fmtp", "98 apt=no")
    assert codecs.read(section) == []


def test_codecs_are_written_as_they_are_read() -> None:
    offered = sections(text("chromium_join"))["3"]
    section = Section("video", offered.proto, [])
    codecs.write(section, codecs.read(offered))
    assert codecs.read(section) == codecs.read(offered)
