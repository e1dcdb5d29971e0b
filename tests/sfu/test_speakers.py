import pytest

from sfu.events import Speaker
from sfu.levels import AudioLevel
from sfu.loops.voices import Voices
from sfu.speakers import DEFAULT, SpeakerList, SpeakerRules

PACKET = 960  # 20 ms


def listen(track: AudioLevel, levels: list[int], start: float = 0.0, first: int = 0) -> float:
    """Feed packets of 20 ms; return the time behind the last."""
    for index, level in enumerate(levels):
        track.receive(level, (first + index) * PACKET & 0xFFFFFFFF, start + index * 0.02)
    return start + len(levels) * 0.02


def test_loud_audio_comes_up_over_a_few_intervals() -> None:
    track = AudioLevel(Voices())
    now = listen(track, [127] + [20] * 20)
    assert track.level(now) == pytest.approx(0.1 * 2 / 3)

    now = listen(track, [20] * 20, now, first=21)
    assert track.level(now) == pytest.approx(0.1 * 8 / 9)


def test_the_loudest_counts_less_when_only_a_part_is_speech() -> None:
    track = AudioLevel(Voices())
    now = listen(track, [127] + [20] * 10 + [50] * 10)

    assert track.level(now) == pytest.approx(0.1 * 0.5 * 2 / 3)


def test_two_fifths_of_an_interval_are_enough() -> None:
    track = AudioLevel(Voices())
    now = listen(track, [127] + [20] * 8 + [50] * 12)

    assert track.level(now) > DEFAULT.active


def test_the_end_of_an_interval_can_be_foreseen() -> None:
    track = AudioLevel(Voices())
    now = listen(track, [127] * 5)

    assert track.closes_at() == pytest.approx(now - 0.02 + 0.4 - 0.08)


def test_an_interval_with_little_speech_is_silence() -> None:
    track = AudioLevel(Voices())
    now = listen(track, [127] + [20] * 20)
    now = listen(track, [20] * 7 + [50] * 13, now, first=21)

    assert track.level(now) == 0.0


def test_a_level_is_stale_after_two_intervals_without_audio() -> None:
    track = AudioLevel(Voices())
    now = listen(track, [127] + [20] * 20)

    assert track.level(now + 0.7) > 0
    assert track.level(now + 0.9) == 0.0


def test_time_is_counted_over_the_wrap_and_once() -> None:
    track = AudioLevel(Voices())
    first = (1 << 32) // PACKET - 10
    now = listen(track, [127] + [20] * 20, first=first)
    heard = track.level(now)
    track.receive(0, first * PACKET, now)  # late

    assert heard > DEFAULT.active
    assert track.level(now) == heard


def test_a_muted_track_is_silent() -> None:
    track = AudioLevel(Voices())
    now = listen(track, [127] + [20] * 20)
    track.reset()

    assert track.level(now) == 0.0


def test_the_time_of_audio_is_counted_by_its_own_clock() -> None:
    track = AudioLevel(Voices(), rate=8000)
    for number in range(21):
        track.receive(20, 160 * number, 0.02 * number)

    assert track.level(0.42) == pytest.approx(0.1 * 2 / 3)


def test_who_ends_leaves_nothing_to_who_comes_after() -> None:
    voices = Voices()
    first = AudioLevel(voices)
    listen(first, [20] * 40)
    first.close()
    second = AudioLevel(voices)

    assert second.row == first.row
    assert second.level(0.8) == 0.0
    listen(second, [20] * 21)
    assert second.level(0.42) == pytest.approx(0.1 * 2 / 3)


def test_levels_are_told_in_eighths_the_loudest_first() -> None:
    speakers = SpeakerList()

    assert speakers.update({"a": 0.02, "b": 0.3, "c": 0.001, "d": 1.7}) == [
        Speaker("d", 1.0, True),
        Speaker("b", 0.375, True),
        Speaker("a", 0.125, True),
    ]
    assert speakers.level("b") == 0.375
    assert speakers.level("c") == 0.0


def test_only_changes_are_told() -> None:
    speakers = SpeakerList()
    speakers.update({"a": 0.02, "b": 0.3, "c": 0.5})

    assert speakers.update({"a": 0.03, "b": 0.4}) == [
        Speaker("b", 0.5, True),
        Speaker("c", 0.0, False),
    ]
    assert speakers.update({"a": 0.03, "b": 0.4}) == []


def test_the_operator_says_what_counts_as_speech() -> None:
    strict = SpeakerRules(interval=0.2, active_level=20, least_active=0.9, smooth_intervals=0)
    whisper, voice = AudioLevel(Voices(), strict), AudioLevel(Voices(), strict)
    for number in range(12):
        whisper.receive(30, 960 * number, 0.02 * number)
        voice.receive(10, 960 * number, 0.02 * number)

    assert whisper.level(0.22) == 0.0
    assert voice.level(0.22) == pytest.approx(10 ** (-10 / 20), rel=0.15)
    assert SpeakerList(strict).update({"PA_a": 0.05}) == []  # 26 dB below: no speaker
