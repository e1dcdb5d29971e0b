import random

from livekit.protocol import models

from signaling.ids import ALPHABET, new_id, new_track_id

DICE = random.Random(1).randbytes


def test_an_id_has_twelve_letters_that_cannot_be_confused() -> None:
    name = new_id("PA_", DICE)
    assert name.startswith("PA_")
    assert len(name) == 15
    assert not set(name[3:]) & set("01IOl")


def test_all_letters_come_up() -> None:
    assert set("".join(new_id("", DICE) for _ in range(300))) == set(ALPHABET)


def test_a_track_id_tells_kind_and_source() -> None:
    sources, kinds = models.TrackSource, models.TrackType
    assert new_track_id(kinds.VIDEO, sources.CAMERA, DICE).startswith("TR_VC")
    assert new_track_id(kinds.AUDIO, sources.MICROPHONE, DICE).startswith("TR_AM")
    assert len(new_track_id(kinds.VIDEO, sources.UNKNOWN, DICE)) == len("TR_V") + 12
