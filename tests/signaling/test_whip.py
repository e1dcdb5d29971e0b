"""A WHIP publisher's offer as a session."""

from dataclasses import replace
from typing import Any

import pytest
from livekit.protocol import models, rtc

from sfu.commands import AddPublication, AddSubscription, ConnectTransport
from sfu.events import TransportState
from signaling import whip
from signaling.admission import Refused
from signaling.whip import Ingest
from tests.signaling.browser import Offers
from tests.signaling.stage import Client, Stage


def offer(*, names: bool = True, rids: str = "qhf") -> str:
    offers = Offers(0, 0)
    offers.lines.clear()
    offers.send("video", "cam", rids)
    offers.send("audio", "mic")
    sdp = offers.sdp()
    if not names:
        sdp = "".join(line for line in sdp.splitlines(True) if not line.startswith("a=msid:"))
    return sdp


def begin(
    stage: Stage, sdp: str = "", wanted: dict[str, list[str]] | None = None, **grant: Any
) -> Ingest:
    visit = stage.visit("camera", **grant)
    ingest = whip.begin(stage.conference, visit, sdp or offer(), stage.now, wanted or {})
    stage.drain()
    return ingest


def connect(stage: Stage, ingest: Ingest) -> Client:
    client = Client(stage, ingest.session, Offers(), single=True)
    client.sid = ingest.participant
    client.media(TransportState.CONNECTED)
    return client


@pytest.mark.parametrize("names", [True, False])
def test_its_tracks_are_published(names: bool) -> None:
    stage = Stage()
    ann = stage.join("ann")
    ingest = begin(stage, offer(names=names))
    connect(stage, ingest)

    seen = ann.participants()["camera"]
    assert seen.state == models.ParticipantInfo.State.ACTIVE
    assert {track.source for track in seen.tracks} == {
        models.TrackSource.CAMERA,
        models.TrackSource.MICROPHONE,
    }
    assert {c.kind.value for c in stage.sent(AddPublication)} == {"audio", "video"}


def test_its_layers_are_known() -> None:
    stage = Stage()
    begin(stage)
    video = next(c for c in stage.sent(AddPublication) if c.kind.value == "video")

    assert [(e.rid, e.quality) for e in video.encodings] == [("q", 0), ("h", 1), ("f", 2)]


def test_obs_is_known_by_its_user_agent() -> None:
    stage = Stage()
    ann = stage.join("ann")
    obs = "Mozilla/5.0 (OBS-Studio/31.0.2; Linux x86_64; en-US)"
    visit = replace(stage.visit("camera"), user_agent=obs)
    whip.begin(stage.conference, visit, offer(), stage.now)
    stage.drain()

    tracks = ann.participants()["camera"].tracks
    video = next(track for track in tracks if track.type == models.TrackType.VIDEO)
    mode = models.VideoLayer.Mode.ONE_SPATIAL_LAYER_PER_STREAM_INCOMPLETE_RTCP_SR
    assert video.codecs[0].video_layer_mode == mode


def test_the_answer_is_whole() -> None:
    stage = Stage()
    ingest = begin(stage)

    assert f"a=ice-ufrag:{ingest.etag}\r\n" in ingest.answer
    assert "a=candidate:" in ingest.answer
    assert ingest.answer.count("a=recvonly") == 2


def test_each_section_has_the_candidates() -> None:
    _, *sections = begin(Stage()).answer.split("\r\nm=")
    assert len(sections) == 2
    assert all(section.count("a=candidate:") == 2 for section in sections)
    assert all(section.count("a=end-of-candidates") == 1 for section in sections)


def test_a_restart_gives_new_credentials() -> None:
    stage = Stage()
    ingest = begin(stage)
    before = ingest.etag
    fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    told = whip.restart(ingest, fragment, stage.now)
    stage.drain()

    assert ingest.etag != before
    assert ingest.etag in told
    command = stage.sent(ConnectTransport)[-1]
    assert (command.remote.ufrag, command.remote.password) == ("abcd", "abcdefghijklmnopqrstuvwx")


def test_it_leaves() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ingest = begin(stage)
    connect(stage, ingest)
    whip.end(ingest, stage.now)

    assert ingest.session.is_over
    assert ann.participants()["camera"].state == models.ParticipantInfo.State.DISCONNECTED


def test_who_may_not_publish_publishes_nothing() -> None:
    stage = Stage()
    begin(stage, can_publish=False)

    assert not stage.sent(AddPublication)


@pytest.mark.parametrize(
    ("sdp", "status"), [("nonsense", 400), ("v=0\r\n", 400), ("v=0\r\nm=audio\r\n", 400)]
)
def test_an_offer_that_is_none(sdp: str, status: int) -> None:
    stage = Stage()
    with pytest.raises(Refused, match="malformed SDP offer") as refused:
        begin(stage, sdp)

    assert refused.value.status == status
    assert not stage.conference.rooms


def both_ways() -> str:
    """A microphone, and one section to hear by."""
    offers = Offers(1, 0)
    offers.send("audio", "mic")
    return offers.sdp()


def heard(stage: Stage, ingest: Ingest) -> set[str]:
    added = [c for c in stage.sent(AddSubscription) if c.peer == ingest.participant]
    return {command.track for command in added}


def test_who_offers_to_hear_is_answered_with_what_is_there() -> None:
    stage = Stage()
    ann = stage.join("ann")
    voice = ann.publish("voice", "audio")
    ingest = begin(stage, both_ways())
    assert heard(stage, ingest) == {voice}
    assert ingest.answer.count(f"{ann.sid}|{voice}") >= 1


def test_a_track_that_is_named_comes_before_others() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.publish("other", "audio", name="other")
    voice = ann.publish("voice", "audio", name="voice")
    ingest = begin(stage, both_ways(), {"ann": ["voice"]})

    assert heard(stage, ingest) == {voice}


def test_a_track_that_is_named_is_waited_for() -> None:
    stage = Stage()
    ingest = begin(stage, both_ways(), {"ann": ["voice"]})
    ann = stage.join("ann")
    ingest.hear(ingest.session.take_messages())
    assert (ingest.is_ready, ingest.answer) == (False, "")
    assert "camera" in ann.participants()  # it has joined: an agent may be on its way

    voice = ann.publish("voice", "audio", name="voice")
    ingest.hear(ingest.session.take_messages())
    assert ingest.is_ready
    whip.answer(ingest, stage.now)
    stage.drain()
    assert heard(stage, ingest) == {voice}
    assert ingest.answer.count("a=sendrecv") + ingest.answer.count("a=sendonly") == 1


def test_a_track_that_has_gone_again_is_waited_for_too() -> None:
    stage = Stage()
    ingest = begin(stage, both_ways(), {"ann": ["voice"], "ben": ["voice"]})
    ann, ben = stage.join("ann"), stage.join("ben")
    ann.publish("voice", "audio", name="voice")
    ingest.hear(ingest.session.take_messages())
    ann.say(leave=rtc.LeaveRequest())
    ben.publish("voice", "audio", name="voice")
    ingest.hear(ingest.session.take_messages())

    assert not ingest.is_ready
