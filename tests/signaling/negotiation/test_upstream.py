from livekit.protocol.models import Encryption, SimulcastCodecInfo, TrackSource

from sfu.commands import AddPublication, RemovePublication
from signaling.negotiation.offer import Offer
from signaling.negotiation.outcome import ClientRules, Outcome, PendingTrack
from signaling.negotiation.upstream import Upstream, match
from tests.signaling.negotiation.negotiating import (
    CHROMIUM_CAMERA,
    CHROMIUM_H264_CAMERA,
    CHROMIUM_MICROPHONE,
    PYPI_CAMERA,
    PYPI_MICROPHONE,
    PYPI_SCREEN,
    audio,
    only,
    text,
    video,
    with_direction,
)


def matched(name: str, pending: list[PendingTrack]) -> dict[str, str]:
    sections = [each for each in Offer.parse(text(name)).media.values() if each.sends]
    return {section.mid: track.info.sid for section, track in match(sections, pending)}


class Client:
    def __init__(self) -> None:
        self.upstream = Upstream("PA_me/0", "PA_me", ClientRules())

    def offer(self, sdp: str, *pending: PendingTrack) -> Outcome:
        outcome = Outcome()
        self.upstream.receive_offer(Offer.parse(sdp).media, pending, outcome)
        return outcome

    def announce(self, *pending: PendingTrack) -> Outcome:
        outcome = Outcome()
        self.upstream.receive_pending(pending, outcome)
        return outcome


def test_tracks_are_matched_by_their_id_whatever_their_age() -> None:
    other = video("other", "TR_other")
    assert matched(
        "chromium_publishing",
        [other, video(CHROMIUM_CAMERA), audio(CHROMIUM_MICROPHONE)],
    ) == {"7": "TR_a", "8": "TR_v"}


def test_pypi_names_no_stream() -> None:
    pending = [video(PYPI_SCREEN, "TR_s"), audio(PYPI_MICROPHONE), video(PYPI_CAMERA)]
    assert matched("pypi_publishing", pending) == {"7": "TR_a", "8": "TR_v", "9": "TR_s"}


def test_a_codec_s_id_counts_as_the_track_s() -> None:
    track = video("x", codecs=[SimulcastCodecInfo(cid=CHROMIUM_CAMERA)])
    assert matched("chromium_publishing", [video("older", "TR_o"), track])["8"] == "TR_v"


def test_firefox_is_matched_by_kind_oldest_first() -> None:
    assert matched("firefox_publishing", [video("b", "TR_1"), video("c", "TR_2"), audio("a")]) == {
        "7": "TR_a",
        "8": "TR_1",
    }


def test_an_id_of_another_kind_does_not_count() -> None:
    assert matched("chromium_publishing", [audio(CHROMIUM_CAMERA)]) == {"7": "TR_a"}


def test_a_publication_tells_what_the_client_may_send() -> None:
    microphone = audio(CHROMIUM_MICROPHONE, muted=True)
    screen = video(CHROMIUM_CAMERA, source=TrackSource.SCREEN_SHARE, encryption=Encryption.GCM)
    outcome = Client().offer(text("chromium_publishing"), microphone, screen)

    first, second = only(outcome, AddPublication)
    assert (first.track, first.mid, first.muted) == ("TR_a", "7", True)
    assert [codec.payload_type for codec in first.codecs] == [63, 111]
    assert first.encodings[0].ssrc == 2298038913
    assert (second.is_screen, second.is_encrypted, second.muted) == (True, True, False)
    assert [encoding.rid for encoding in second.encodings] == ["q", "h", "f"]
    assert second.codecs[0].rtx == 97
    assert second.codecs[0].feedback == ["transport-cc", "ccm fir", "nack", "nack pli"]

    published = outcome.published[1]
    assert (published.cid, published.track, published.mid) == (CHROMIUM_CAMERA, "TR_v", "8")
    assert published.mimes == ["video/vp8"]
    assert outcome.published[0].mimes == ["audio/red", "audio/opus"]
    assert [encoding.rid for encoding in published.encodings] == ["q", "h", "f"]


def test_nothing_is_said_of_what_has_not_changed() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video())
    assert client.offer(text("chromium_publishing")) == Outcome()


def test_a_changed_description_is_told_again() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(CHROMIUM_MICROPHONE))
    outcome = client.offer(text("chromium_publishing").replace("2298038913", "5"))
    [command] = only(outcome, AddPublication)
    assert command.encodings[0].ssrc == 5
    assert outcome.published == []


def test_a_section_that_becomes_inactive_ends_its_publication() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video())
    outcome = client.offer(text("chromium_unpublished"))
    assert outcome.commands == [RemovePublication("TR_v")]
    assert outcome.unpublished == ["TR_v"]


def test_a_section_that_pypi_turns_to_receive_ends_its_publication() -> None:
    client = Client()
    pending = audio(PYPI_MICROPHONE), video(PYPI_CAMERA), video(PYPI_SCREEN, "TR_s", layers=[])
    client.offer(text("pypi_publishing"), *pending)
    assert client.offer(text("pypi_unpublished")).unpublished == ["TR_v"]


def test_a_section_that_loses_its_track_ends_its_publication() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video())
    sdp = text("chromium_publishing").replace("a=msid:5023a06c-3d77-4107-9db2-452603e4d967", "a=x:")
    assert client.offer(sdp).unpublished == ["TR_v"]


def test_a_section_that_the_client_stops_ends_its_publication() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video())
    head, _, tail = text("chromium_publishing").rpartition("m=video 9 ")
    assert client.offer(f"{head}m=video 0 {tail}").unpublished == ["TR_v"]


def test_the_client_publishes_again_on_the_same_section() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video())
    client.offer(text("chromium_unpublished"))
    outcome = client.offer(text("chromium_publishing"), video(CHROMIUM_CAMERA, "TR_again"))
    assert [(each.track, each.mid) for each in outcome.published] == [("TR_again", "8")]


def test_another_announced_track_on_the_section_takes_its_place() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video(CHROMIUM_CAMERA))
    sdp = text("chromium_publishing").replace(CHROMIUM_CAMERA, "another")
    outcome = client.offer(sdp, video("another", "TR_new"))
    assert outcome.unpublished == ["TR_v"]
    assert outcome.published[0].track == "TR_new"
    assert isinstance(outcome.commands[0], RemovePublication)


def test_a_new_id_that_nobody_announced_leaves_the_publication_alone() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video(CHROMIUM_CAMERA))
    sdp = text("chromium_publishing").replace(CHROMIUM_CAMERA, "another")
    assert client.offer(sdp, audio("x", "TR_x")) == Outcome()


def test_media_may_come_before_its_announcement() -> None:
    client = Client()
    assert client.offer(text("chromium_publishing")).published == []
    camera = video(CHROMIUM_CAMERA)
    assert [each.track for each in client.announce(camera).published] == ["TR_v"]
    assert client.announce(camera) == Outcome()


def test_what_the_server_ends_stays_ended_until_the_client_changes_the_section() -> None:
    client = Client()
    client.offer(text("chromium_publishing"), audio(), video())
    outcome = Outcome()
    client.upstream.remove("TR_v", outcome)
    assert outcome.unpublished == ["TR_v"]

    again = video("later", "TR_later")
    assert client.offer(text("chromium_publishing"), again) == Outcome()
    client.offer(text("chromium_unpublished"), again)
    assert client.offer(text("chromium_publishing"), again).published[0].track == "TR_later"


def test_an_h264_camera_is_taken_beside_an_inactive_section() -> None:
    client = Client()
    track = video(CHROMIUM_H264_CAMERA, codecs=[SimulcastCodecInfo(mime_type="video/h264")])
    outcome = client.offer(text("chromium_h264"), audio(CHROMIUM_MICROPHONE), track)
    camera = outcome.published[1]
    assert (camera.mid, camera.mimes[0]) == ("9", "video/h264")


def test_a_section_may_send_and_receive() -> None:
    client = Client()
    outcome = client.offer(with_direction(text("chromium_publishing"), {"7": "sendrecv"}), audio())
    assert outcome.published[0].mid == "7"
