"""A WHIP publisher's offer as a session."""

from dataclasses import replace
from typing import Any

import pytest
from livekit.protocol import models

from sfu.commands import AddPublication, ConnectTransport
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


def begin(stage: Stage, sdp: str = "", **grant: Any) -> Ingest:
    visit = stage.visit("camera", **grant)
    ingest = whip.begin(stage.conference, visit, sdp or offer(), stage.now)
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
