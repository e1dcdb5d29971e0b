from livekit.protocol import models, rtc

from sfu.events import PeerQuality, QualityChanged, Speaker, SpeakersChanged
from tests.signaling.stage import Client, Stage


def call() -> tuple[Stage, Client, Client, Client]:
    """Bob hears Ann; Eve hears nobody."""
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    eve = stage.join("eve", can_subscribe=False)
    for client in (ann, bob, eve):
        client.connect()
    ann.publish("mic", "audio")
    bob.settle()
    return stage, ann, bob, eve


def speak(stage: Stage, client: Client, level: float) -> None:
    room = client.last("join").room.sid
    stage.tell(SpeakersChanged(room, [Speaker(client.sid, level, level > 0)]))


def heard(client: Client) -> list[tuple[str, float, bool]]:
    return [
        (s.sid, s.level, s.active) for m in client.heard("speakers_changed") for s in m.speakers
    ]


def test_speakers_are_told_to_themselves_and_to_who_hears_them() -> None:
    stage, ann, bob, eve = call()
    speak(stage, ann, 0.5)
    speak(stage, ann, 0)
    assert heard(ann) == heard(bob) == [(ann.sid, 0.5, True), (ann.sid, 0.0, False)]
    assert heard(eve) == []


def test_who_begins_to_hear_a_speaker_is_told_at_once() -> None:
    stage, ann, _, _ = call()
    speak(stage, ann, 0.5)
    joe = stage.join("joe")
    assert heard(joe) == [(ann.sid, 0.5, True)]


def test_who_hears_a_speaker_no_more_is_told_silence() -> None:
    stage, ann, bob, _ = call()
    speak(stage, ann, 0.5)
    track = bob.participants()["ann"].tracks[0].sid
    bob.say(subscription=rtc.UpdateSubscription(track_sids=[track], subscribe=False))
    assert heard(bob)[-1] == (ann.sid, 0.0, False)
    speak(stage, ann, 0.25)
    assert heard(bob)[-1] == (ann.sid, 0.0, False)


def test_quality_is_told_of_oneself_and_of_those_whom_one_gets() -> None:
    stage, ann, bob, eve = call()
    room = ann.last("join").room.sid
    peers = [PeerQuality(c.sid, 2, 4.5) for c in (ann, bob, eve)]
    stage.tell(QualityChanged(room, [*peers, PeerQuality("PA_gone", 2, 4.5)]))

    def told(client: Client) -> set[str]:
        return {u.participant_sid for u in client.last("connection_quality").updates}

    assert told(ann) == {ann.sid}
    assert told(bob) == {ann.sid, bob.sid}
    assert told(eve) == {eve.sid}


def test_who_begins_to_get_somebody_is_told_how_well_that_one_is_connected() -> None:
    stage, ann, _, _ = call()
    quality = PeerQuality(ann.sid, models.ConnectionQuality.GOOD, 3.5)
    stage.tell(QualityChanged(ann.last("join").room.sid, [quality]))

    joe = stage.join("joe")
    ann.publish("cam")
    joe.settle()

    (update,) = joe.heard("connection_quality")
    assert [(u.participant_sid, u.quality) for u in update.updates] == [(ann.sid, 1)]


def test_older_clients_do_not_know_a_lost_connection() -> None:
    stage = Stage()
    old = stage.join("old", single=False, query={"protocol": "10"})
    old.connect()
    lost = PeerQuality(old.sid, models.ConnectionQuality.LOST, 1.0)
    stage.tell(QualityChanged(old.last("join").room.sid, [lost]))
    (update,) = old.last("connection_quality").updates
    assert update.quality == models.ConnectionQuality.POOR


def test_speakers_are_told_before_a_client_is_connected_and_quality_after() -> None:
    """A client that thinks itself connected may be a moment ahead of us."""
    stage = Stage()
    ann = stage.join("ann")
    speak(stage, ann, 0.5)
    assert heard(ann) == [(ann.sid, 0.5, True)]
    quality = PeerQuality(ann.sid, models.ConnectionQuality.GOOD, 3.5)
    stage.tell(QualityChanged(ann.last("join").room.sid, [quality]))
    assert ann.heard("connection_quality") == []
