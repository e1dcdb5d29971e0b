import pytest
from livekit.protocol.models import TrackInfo, VideoLayer, VideoQuality

from sfu.media import Encoding, Kind
from signaling.negotiation import encodings
from signaling.negotiation.sdp import Section
from tests.signaling.negotiation.negotiating import LAYERS, sections, text

HIGH, LOW = VideoQuality.HIGH, VideoQuality.LOW
INFO = TrackInfo(width=1280, height=720, layers=LAYERS)


def section(**attributes: list[str]) -> Section:
    made = Section("video", "UDP/TLS/RTP/SAVPF", ["96"])
    made.attributes |= {name.replace("_", "-"): values for name, values in attributes.items()}
    return made


def simulcast(*rids: str) -> Section:
    return section(rid=[f"{rid} send" for rid in rids], simulcast=[f"send {';'.join(rids)}"])


@pytest.mark.parametrize(
    ("name", "mid"),
    [("chromium_publishing", "8"), ("firefox_publishing", "8"), ("pypi_publishing", "8")],
)
def test_real_clients_name_three_layers_in_any_order(name: str, mid: str) -> None:
    found = encodings.read(sections(text(name))[mid], INFO, Kind.VIDEO)
    assert found == [
        Encoding(0, "q", width=320, height=180),
        Encoding(1, "h", width=640, height=360),
        Encoding(2, "f", width=1280, height=720),
    ]


def test_the_numeric_ladder_counts_downwards() -> None:
    found = encodings.read(simulcast("0", "1", "2"), INFO, Kind.VIDEO)
    assert [(each.rid, each.quality) for each in found] == [("2", 0), ("1", 1), ("0", 2)]


def test_names_of_the_client_s_own_follow_its_announced_layers() -> None:
    layers = [VideoLayer(quality=HIGH, rid="big"), VideoLayer(quality=LOW, rid="small")]
    found = encodings.read(simulcast("big", "small"), TrackInfo(layers=layers), Kind.VIDEO)
    assert [(each.rid, each.quality) for each in found] == [("small", 0), ("big", 2)]


def test_unknown_names_count_from_the_lowest_in_their_order() -> None:
    found = encodings.read(simulcast("x", "y"), TrackInfo(), Kind.VIDEO)
    assert [(each.rid, each.quality) for each in found] == [("x", 0), ("y", 1)]


def test_two_layers_take_the_two_declared_qualities() -> None:
    info = TrackInfo(layers=[LAYERS[0], LAYERS[2]])
    found = encodings.read(simulcast("h", "q"), info, Kind.VIDEO)
    assert [(each.rid, each.quality, each.width) for each in found] == [
        ("q", 0, 320),
        ("h", 2, 1280),
    ]


def test_paused_layers_count_and_of_alternatives_the_first() -> None:
    lines = section(rid=["q send", "h send", "x send", "f recv"], simulcast=["recv f send ~q;h,x"])
    assert encodings.rids(lines) == ["q", "h"]


def test_rids_may_come_without_a_simulcast_line() -> None:
    assert encodings.rids(section(rid=["a send pt=96"])) == ["a"]


def test_no_more_than_three_layers_are_taken() -> None:
    assert encodings.rids(simulcast("a", "b", "c", "d")) == ["a", "b", "c"]


def test_a_single_stream_is_high() -> None:
    [screen] = encodings.read(
        sections(text("pypi_publishing"))["9"], TrackInfo(width=640), Kind.VIDEO
    )
    assert screen == Encoding(2, ssrc=38849669, width=640)


def test_a_single_stream_has_its_rtx() -> None:
    lines = section(ssrc=["7 cname:x", "8 cname:x"], ssrc_group=["FID 7 8"])
    assert encodings.read(lines, TrackInfo(), Kind.VIDEO) == [Encoding(2, ssrc=7, rtx_ssrc=8)]


def test_the_older_ssrc_group_makes_layers() -> None:
    group = ["FID 1 11", "FID 2 12", "FID 3 13", "SIM 1 2 3"]
    found = encodings.read(section(ssrc_group=group), TrackInfo(), Kind.VIDEO)
    assert [(each.quality, each.ssrc, each.rtx_ssrc) for each in found] == [
        (0, 1, 11),
        (1, 2, 12),
        (2, 3, 13),
    ]


def test_a_stream_whose_ssrc_is_not_given_is_learnt_later() -> None:
    assert encodings.read(section(), TrackInfo(), Kind.AUDIO) == [Encoding(2)]
