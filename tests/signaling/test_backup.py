"""Two codecs of one track: those who lack the first one get the second."""

from typing import Any

import pytest
from livekit.protocol import models, rtc

from sfu import events
from sfu.commands import (
    AddPublication,
    AddSubscription,
    MutePublication,
    RemoveSubscription,
    UpdateSubscription,
)
from signaling.config import RoomDefaults, SignalingConfig
from tests.signaling.browser import answer
from tests.signaling.stage import Client, Stage

Policy = models.BackupCodecPolicy
FIRST, SECOND = "vp9-camera", "vp8-camera"


def codecs_of(client: Client) -> dict[str, list[bool]]:
    """Which layers of each codec the publisher was last told to send."""
    told = client.last("subscribed_quality_update").subscribed_codecs
    return {codec.codec: [quality.enabled for quality in codec.qualities] for codec in told}


ALL, NONE = [True] * 3, [False] * 3


class Scene:
    """Ann publishes VP9 and could send VP8 too; ben has VP8 alone, cat both."""

    def __init__(
        self,
        policy: models.BackupCodecPolicy = Policy.SIMULCAST,
        *,
        single: bool = True,
        threshold: int = 5,
    ) -> None:
        room = RoomDefaults(regression_threshold=threshold)
        self.stage = Stage(SignalingConfig(room=room))
        self.single = single
        self.ann = self.join("ann", has_vp9=True)
        self.ann.say(
            add_track=rtc.AddTrackRequest(
                cid=FIRST, type="VIDEO", source="CAMERA", backup_codec_policy=policy,
                simulcast_codecs=[
                    rtc.SimulcastCodec(codec="vp9", cid=FIRST),
                    rtc.SimulcastCodec(codec="vp8", cid=""),
                ],
            )
        )  # fmt: skip
        self.track = self.ann.last("track_published").track.sid
        self.second = f"{self.track}/vp8"
        self.ann.offers.send("video", FIRST)
        self.ann.offer()

    def join(self, name: str, *, has_vp9: bool) -> Client:
        client = self.stage.join(name, single=self.single, has_vp9=has_vp9)
        client.connect()
        if not self.single and client.heard("offer"):
            self.accept(client, has_vp9=has_vp9)
        return client

    def accept(self, client: Client, *, has_vp9: bool) -> None:
        """Answer the server's last offer (v0)."""
        offer = client.last("offer")
        sdp = offer.sdp if has_vp9 else offer.sdp.replace("VP9/90000", "XX/90000")
        client.say(answer=rtc.SessionDescription(type="answer", sdp=answer(sdp), id=offer.id))

    def send_second(self) -> None:
        """What livekit-client does when it is told that somebody needs the second codec."""
        self.ann.say(
            add_track=rtc.AddTrackRequest(
                cid=SECOND, type="VIDEO", source="CAMERA", sid=self.track,
                simulcast_codecs=[rtc.SimulcastCodec(codec="vp8", cid=SECOND)],
            )
        )  # fmt: skip
        self.ann.offers.send("video", SECOND, "qhf")
        self.ann.offer()

    def flows(self, client: Client) -> set[tuple[str, str]]:
        """Publication and first codec of what the media plane sends to a client."""
        found: dict[str, str] = {}
        for command in self.stage.commands:
            if isinstance(command, AddSubscription) and command.peer == client.sid:
                found[command.track] = command.codecs[0].mime
            elif isinstance(command, RemoveSubscription) and command.peer == client.sid:
                found.pop(command.track, None)
        return set(found.items())


def test_nothing_of_the_second_codec_is_wanted_at_first() -> None:
    scene = Scene()
    cat = scene.join("cat", has_vp9=True)
    cat.settle()

    assert scene.flows(cat) == {(scene.track, "video/vp9")}
    assert scene.ann.heard("subscribed_quality_update") == []  # it sends that already


def test_the_word_is_said_again_once_the_client_knows_the_track() -> None:
    scene = Scene()
    scene.join("ben", has_vp9=False)
    scene.stage.tell(events.TrackStarted(scene.ann.sid, scene.track, "video/vp9"))
    told = len(scene.ann.heard("subscribed_quality_update"))
    scene.stage.wait(2)
    assert len(scene.ann.heard("subscribed_quality_update")) == told + 1
    scene.stage.wait(20)

    assert codecs_of(scene.ann)["vp8"] == ALL


def test_who_lacks_the_first_codec_makes_the_publisher_send_the_second() -> None:
    scene = Scene()
    ben = scene.join("ben", has_vp9=False)

    assert codecs_of(scene.ann)["vp8"] == ALL
    assert ben.heard("subscription_response") == []
    scene.send_second()
    ben.settle()

    published = scene.ann.last("track_published")
    assert (published.cid, published.track.sid) == (SECOND, scene.track)
    assert [codec.cid for codec in published.track.codecs] == [FIRST, SECOND]
    added = scene.stage.sent(AddPublication)[-1]
    assert (added.track, added.codecs[0].mime) == (scene.second, "video/vp8")
    assert [each.rid for each in added.encodings] == ["q", "h", "f"]
    assert scene.flows(ben) == {(scene.second, "video/vp8")}
    (mine,) = ben.participants()["ann"].tracks
    assert mine.sid == scene.track


def test_a_second_codec_that_never_comes_is_missed_aloud() -> None:
    scene = Scene()
    ben = scene.join("ben", has_vp9=False)
    scene.stage.wait(14)
    assert ben.heard("subscription_response") == []
    scene.stage.wait(2)

    (answer,) = ben.heard("subscription_response")
    assert (answer.track_sid, answer.err) == (
        scene.track,
        models.SubscriptionError.SE_CODEC_UNSUPPORTED,
    )


def test_the_others_keep_the_first_codec_when_both_are_to_be_sent() -> None:
    scene = Scene()
    cat, ben = scene.join("cat", has_vp9=True), scene.join("ben", has_vp9=False)
    scene.send_second()
    for client in (cat, ben):
        client.settle()

    assert scene.flows(cat) == {(scene.track, "video/vp9")}
    assert scene.flows(ben) == {(scene.second, "video/vp8")}
    assert codecs_of(scene.ann) == {"vp9": ALL, "vp8": ALL}


def test_with_nobody_left_for_the_first_codec_it_is_not_wanted_any_more() -> None:
    scene = Scene()
    ben = scene.join("ben", has_vp9=False)
    scene.send_second()
    ben.settle()
    scene.stage.wait(6)

    assert codecs_of(scene.ann) == {"vp9": NONE, "vp8": ALL}


@pytest.mark.parametrize(
    ("policy", "threshold", "is_regressed"),
    [
        (Policy.PREFER_REGRESSION, 5, True),
        (Policy.PREFER_REGRESSION, 2, False),
        (Policy.PREFER_REGRESSION, 0, True),
        (Policy.REGRESSION, 2, True),
        (Policy.SIMULCAST, 5, False),
    ],
)
def test_by_its_policy_everybody_gets_the_second_codec(
    policy: models.BackupCodecPolicy, threshold: int, is_regressed: bool
) -> None:
    scene = Scene(policy, threshold=threshold)
    cat, ben = scene.join("cat", has_vp9=True), scene.join("ben", has_vp9=False)
    cat.settle()
    ssrc = scene.stage.sent(AddSubscription)[0].ssrc
    scene.send_second()
    for client in (cat, ben):
        client.settle()
        if client is cat and is_regressed:
            client.offer()
    scene.stage.wait(6)

    assert scene.flows(ben) == {(scene.second, "video/vp8")}
    if is_regressed:
        assert scene.flows(cat) == {(scene.second, "video/vp8")}
        assert codecs_of(scene.ann) == {"vp9": NONE, "vp8": ALL}
        mine = [c for c in scene.stage.sent(AddSubscription) if c.peer == cat.sid]
        assert {command.ssrc for command in mine} == {ssrc}  # the same stream goes on
    else:
        assert scene.flows(cat) == {(scene.track, "video/vp9")}


def test_on_two_connections_the_answer_tells_that_a_codec_is_lacking() -> None:
    scene = Scene(single=False)
    ben = scene.join("ben", has_vp9=False)
    assert codecs_of(scene.ann)["vp8"] == ALL
    scene.send_second()
    scene.stage.wait(1)
    scene.accept(ben, has_vp9=False)

    assert scene.flows(ben) == {(scene.second, "video/vp8")}


def test_settings_and_mutes_concern_what_is_sent() -> None:
    scene = Scene()
    ben = scene.join("ben", has_vp9=False)
    scene.send_second()
    ben.settle()
    ben.say(track_setting=rtc.UpdateTrackSettings(track_sids=[scene.track], quality="LOW"))
    scene.ann.say(mute=rtc.MuteTrackRequest(sid=scene.track, muted=True))

    assert scene.stage.sent(UpdateSubscription)[-1].track == scene.second
    muted = {command.track for command in scene.stage.sent(MutePublication)}
    assert muted == {scene.track, scene.second}


def test_when_the_second_codec_ends_it_can_be_asked_for_again() -> None:
    scene = Scene()
    ben = scene.join("ben", has_vp9=False)
    scene.send_second()
    ben.settle()
    scene.ann.offers.stop(SECOND)
    scene.ann.offer()

    assert codecs_of(scene.ann)["vp8"] == ALL
    ben.settle()
    assert scene.flows(ben) == set()
    scene.send_second()
    ben.settle()
    assert scene.flows(ben) == {(scene.second, "video/vp8")}


def test_the_track_ends_with_both_codecs() -> None:
    scene = Scene()
    ben = scene.join("ben", has_vp9=False)
    scene.send_second()
    ben.settle()
    scene.ann.offers.stop(FIRST)
    scene.ann.offers.stop(SECOND)
    scene.ann.offer()
    ben.settle()

    assert scene.flows(ben) == set()
    assert list(ben.participants()["ann"].tracks) == []


def test_a_second_codec_that_nobody_has_announced_is_only_noted() -> None:
    scene = Scene()
    fields: dict[str, Any] = {"cid": "x", "type": "VIDEO", "sid": scene.track}
    scene.ann.say(
        add_track=rtc.AddTrackRequest(
            simulcast_codecs=[rtc.SimulcastCodec(codec="h264", cid="x")], **fields
        )
    )

    assert scene.ann.last("track_published").cid == "x"


def test_sound_has_a_second_codec_too() -> None:
    stage = Stage()
    ann, ben = stage.join("ann"), stage.join("ben")
    for client in (ann, ben):
        client.connect()
    ann.say(
        add_track=rtc.AddTrackRequest(
            cid="mic", type="AUDIO", source="MICROPHONE",
            simulcast_codecs=[
                rtc.SimulcastCodec(codec="pcmu", cid="mic"),
                rtc.SimulcastCodec(codec="opus", cid=""),
            ],
        )
    )  # fmt: skip
    info = ann.last("track_published").track
    assert info.backup_codec_policy == Policy.SIMULCAST
    ann.offers.send("audio", "mic")
    sdp = ann.offers.sdp().replace("opus/48000/2", "PCMU/8000").replace("red/", "xx/")
    ann.say(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=7))
    ben.settle()

    told = ann.last("subscribed_audio_codec_update")
    assert told.track_sid == info.sid
    codecs = [(codec.codec, codec.enabled) for codec in told.subscribed_audio_codecs]
    assert codecs == [("pcmu", True), ("opus", True)]


@pytest.mark.parametrize("single", [True, False], ids=["single", "dual"])
def test_a_client_that_sends_another_codec_than_the_first_is_seen_all_the_same(
    single: bool,
) -> None:
    scene = Scene(single=single)
    ben, cat = scene.join("ben", has_vp9=False), scene.join("cat", has_vp9=True)
    cat.settle()
    scene.stage.tell(events.TrackStarted(scene.ann.sid, scene.track, "video/vp8"))
    scene.stage.wait(1)
    for client in (ben, cat):
        client.settle()

    assert cat.participants()["ann"].tracks[0].mime_type == "video/VP8"
    assert scene.flows(cat) == {(scene.track, "video/vp8")}
    assert scene.flows(ben) == {(scene.track, "video/vp8")}
