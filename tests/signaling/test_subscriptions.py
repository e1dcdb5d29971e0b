import pytest
from livekit.protocol import models, rtc

from sfu.media import Kind
from signaling.config import Limits
from signaling.publications import Publication
from signaling.subscriptions import Settings, Subscription, Subscriptions, apply_settings

LOW, MEDIUM, HIGH, OFF = 0, 1, 2, 3


def publication(track: str = "TR_1", **fields: object) -> Publication:
    info = models.TrackInfo(sid=track, type="VIDEO", **fields)  # type: ignore[arg-type]
    return Publication("PA_1", "cam", info, Kind.VIDEO, ["video/vp8"])


def subscriptions(*, auto: bool = True, adaptive: bool = False, most: int = 10) -> Subscriptions:
    settings = rtc.ConnectionSettings(auto_subscribe=auto, adaptive_stream=adaptive)
    return Subscriptions(settings, Limits(subscriptions=most))


def test_an_explicit_word_counts_before_auto_subscribe() -> None:
    for auto in (True, False):
        wishes = subscriptions(auto=auto)
        assert wishes.wants("TR_1") is auto
        wishes.ask("TR_1", not auto)
        assert wishes.wants("TR_1") is not auto


def test_wishes_are_in_the_order_of_the_tracks_and_few_enough() -> None:
    wishes = subscriptions(most=2)
    tracks = [publication(f"TR_{n}") for n in range(3)]
    assert wishes.replace(tracks) == []
    assert [wish.track for wish in wishes.wishes()] == ["TR_0", "TR_1"]
    (ended,) = wishes.replace(tracks[1:])
    assert ended.publication.info.sid == "TR_0"
    assert [wish.track for wish in wishes.wishes()] == ["TR_1", "TR_2"]


def test_words_about_tracks_have_an_end() -> None:
    wishes = subscriptions(most=1)
    assert [wishes.ask(f"TR_{n}", True) for n in range(3)] == [True, True, False]
    assert wishes.ask("TR_0", False)


def test_who_adapts_begins_with_the_smallest_picture() -> None:
    for adaptive, quality in ((True, LOW), (False, HIGH)):
        wishes = subscriptions(adaptive=adaptive)
        wishes.replace([publication()])
        assert wishes.wishes()[0].quality == quality


def test_a_wish_carries_the_settings_and_the_stream() -> None:
    wishes = subscriptions()
    apply_settings(wishes.settings("TR_1"), rtc.UpdateTrackSettings(disabled=True, fps=15))
    wishes.replace([publication()])
    (wish,) = wishes.wishes()
    assert (wish.disabled, wish.fps, wish.stream) == (True, 15, "PA_1|TR_1")
    assert not wish.has_trailers


def test_a_wish_tells_of_metadata_behind_frames() -> None:
    wishes = subscriptions()
    feature = models.PacketTrailerFeature.PTF_FRAME_ID
    wishes.replace([publication(packet_trailer_features=[feature])])
    assert wishes.wishes()[0].has_trailers


def test_settings_of_unknown_tracks_have_an_end() -> None:
    wishes = subscriptions(most=1)
    for number in range(1000):
        wishes.settings(f"TR_{number}").disabled = True
    assert not wishes.settings("TR_999").disabled


@pytest.mark.parametrize(
    ("request_", "disabled", "quality"),
    [
        (rtc.UpdateTrackSettings(quality="LOW"), False, LOW),
        (rtc.UpdateTrackSettings(quality="HIGH"), False, HIGH),
        (rtc.UpdateTrackSettings(quality="OFF"), True, HIGH),
        (rtc.UpdateTrackSettings(quality=77), False, HIGH),  # type: ignore[arg-type]
        (rtc.UpdateTrackSettings(quality=-1), False, LOW),  # type: ignore[arg-type]
        (rtc.UpdateTrackSettings(width=300, height=150), False, LOW),
        (rtc.UpdateTrackSettings(width=600, height=300), False, MEDIUM),
        (rtc.UpdateTrackSettings(width=4000, height=3000), False, HIGH),
    ],
)
def test_settings_choose_the_highest_layer(
    request_: rtc.UpdateTrackSettings, disabled: bool, quality: int
) -> None:
    settings = Settings()
    apply_settings(settings, request_)
    assert settings.disabled is disabled
    assert Subscription(publication(), settings).quality == quality


def test_announced_sizes_count_before_the_usual_ones() -> None:
    layers = [
        models.VideoLayer(quality="LOW", width=640, height=360),
        models.VideoLayer(quality="MEDIUM", width=1920, height=1080),
    ]
    settings = Settings()
    apply_settings(settings, rtc.UpdateTrackSettings(width=600, height=300))
    assert Subscription(publication(layers=layers), settings).quality == LOW
    apply_settings(settings, rtc.UpdateTrackSettings(width=800, height=450))
    assert Subscription(publication(layers=layers), settings).quality == MEDIUM
