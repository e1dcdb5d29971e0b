"""Two people in a call: in Chromium, in Firefox, and one in each."""

import pytest

from tests.browser.conftest import Join
from tests.browser.seat import Seat

Pair = tuple[Seat, Seat]


def test_both_see_and_hear_each_other(pair: Pair, join: Join, single: bool) -> None:
    ann, ben = join(pair[0], "ann", single=single), join(pair[1], "ben", single=single)
    ann.call("publishVideo")
    ben.call("publishVideo")
    low, high = ann.plays(440), ben.plays(900)

    ann.sees(ben)
    ben.sees(ann)
    assert ann.hears(ben) == pytest.approx(high, abs=10)
    assert ben.hears(ann) == pytest.approx(low, abs=10)


def test_the_cameras_picture_moves_and_the_microphone_is_heard(pair: Pair, join: Join) -> None:
    ann, ben = join(pair[0], "ann"), join(pair[1], "ben")
    ann.call("publishVideo", {"device": True})
    ann.call("publishAudio")

    ben.call("waitMovement", "ann", "camera", 5)
    assert ben.hears(ann) > 0


def test_muted_sound_stops_and_comes_back(pair: Pair, join: Join) -> None:
    ann, ben = join(pair[0], "ann"), join(pair[1], "ben")
    tone = ann.plays(440)
    assert ben.hears(ann) == pytest.approx(tone, abs=10)

    ann.call("mute", "microphone", True)
    ben.call("waitMuted", "ann", "microphone", True)
    ben.call("waitSilence", "ann")

    ann.call("mute", "microphone", False)
    ben.call("waitMuted", "ann", "microphone", False)
    assert ben.hears(ann) == pytest.approx(tone, abs=10)


@pytest.mark.parametrize("device", [True, False], ids=["camera", "picture"])
def test_muted_video_stops_and_comes_back(pair: Pair, join: Join, device: bool) -> None:
    # Muting ends the capture of a camera, and a track that we made only sends black.
    ann, ben = join(pair[0], "ann"), join(pair[1], "ben")
    ann.call("publishVideo", {"device": device})
    ben.call("waitMovement", "ann", "camera")

    ann.call("mute", "camera", True)
    ben.call("waitMuted", "ann", "camera", True)
    ben.call("waitStandstill", "ann", "camera")

    ann.call("mute", "camera", False)
    ben.call("waitMuted", "ann", "camera", False)
    ben.call("waitMovement", "ann", "camera")


def test_what_is_unpublished_goes_and_what_is_published_again_comes(
    pair: Pair, join: Join, single: bool
) -> None:
    ann, ben = join(pair[0], "ann", single=single), join(pair[1], "ben", single=single)
    for _ in range(2):
        ann.call("publishVideo")
        tone = ann.plays(440)
        ben.sees(ann)
        assert ben.hears(ann) == pytest.approx(tone, abs=10)

        ann.call("unpublish", "camera")
        ann.call("unpublish", "microphone")
        ben.call("waitUnpublished", "ann", "camera")
        ben.call("waitUnpublished", "ann", "microphone")


def test_five_hundred_reliable_messages_keep_their_order(
    pair: Pair, join: Join, single: bool
) -> None:
    ann, ben = join(pair[0], "ann", single=single), join(pair[1], "ben", single=single)
    ann.call("sendNumbers", 500)

    heard = ben.call("waitHeard", 500)

    assert [message["number"] for message in heard] == list(range(500))
    assert {(message["from"], message["size"]) for message in heard} == {("ann", 100)}


def test_chat_goes_both_ways(pair: Pair, join: Join) -> None:
    ann, ben = join(pair[0], "ann"), join(pair[1], "ben")
    ann.call("waitParticipants", ["ben"])
    ann.call("sendText", "Grüß Gott")
    assert ben.call("waitTexts", 1) == [{"from": "ann", "text": "Grüß Gott"}]

    ben.call("sendText", "Hello\n" * 5000)
    assert ann.call("waitTexts", 1) == [{"from": "ben", "text": "Hello\n" * 5000}]


@pytest.mark.parametrize("pair", ["chromium", "mixed"], indirect=True)  # Firefox has no screen here
def test_a_shared_screen_is_seen_and_goes_again(pair: Pair, join: Join) -> None:
    ann, ben = join(pair[0], "ann"), join(pair[1], "ben")
    ann.call("publishVideo")
    ann.call("shareScreen", True, gesture=True)

    ben.call("waitFrames", "ann", "screen_share", 3)
    ben.sees(ann)

    ann.call("shareScreen", False)
    ben.call("waitUnpublished", "ann", "screen_share")
    ben.sees(ann)


def test_one_who_leaves_is_gone(pair: Pair, join: Join) -> None:
    ann, ben = join(pair[0], "ann"), join(pair[1], "ben")
    ann.call("waitParticipants", ["ben"])

    ben.call("leave")

    ann.call("waitParticipants", [])


@pytest.mark.parametrize("pair", ["firefox"], indirect=True)  # Chromium's: test_accidents.py
@pytest.mark.parametrize("scenario", ["signal-reconnect", "full-reconnect"])
def test_the_call_goes_on_after_a_reconnection(
    pair: Pair, join: Join, single: bool, scenario: str
) -> None:
    ann, ben = join(pair[0], "ann", single=single), join(pair[1], "ben", single=single)
    ann.call("publishVideo")
    ben.sees(ann)

    ann.call("simulate", scenario)

    back = "signalReconnecting" if scenario == "signal-reconnect" else "reconnected"
    ann.call("waitEvent", back, 1, 30_000)
    ann.call("waitState", "connected", 30_000)
    ben.sees(ann, timeout=30)


def test_a_picture_can_be_left_and_taken_again(pair: Pair, join: Join, single: bool) -> None:
    ann, ben = join(pair[0], "ann", single=single), join(pair[1], "ben", single=single)
    ann.call("publishVideo")
    for _ in range(3):
        ben.sees(ann)

        ben.call("setSubscribed", "ann", "camera", False)
        ben.call("waitHidden", "ann", "camera")
        ben.call("setSubscribed", "ann", "camera", True)
    ben.sees(ann)


def test_without_auto_subscription_only_what_is_asked_for_comes(
    pair: Pair, join: Join, single: bool
) -> None:
    ann = join(pair[0], "ann", single=single)
    ben = join(pair[1], "ben", single=single, autoSubscribe=False)
    ann.call("publishVideo")
    tone = ann.plays(440)
    ben.call("waitPublished", "ann", "microphone")

    ben.call("setSubscribed", "ann", "microphone", True)

    assert ben.hears(ann) == pytest.approx(tone, abs=10)
    assert ben.call("received", "ann", "camera") == []
