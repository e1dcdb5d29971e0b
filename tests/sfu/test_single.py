"""A packet that Python has looked at is written by the loop, with the same outcome."""

from collections.abc import Sequence

import pytest

from sfu.rewrite.plain import PlainRewriter
from sfu.single import Single
from tests.sim.retold import play
from tests.sim.ways import FIRST, VP8, VP8_LONG, Scene


def count_plain(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many subscriptions each packet is written for by Python."""
    counted: list[int] = []
    forward = PlainRewriter.forward

    def note(self: PlainRewriter, slot: int, rows: Sequence[int], now: float) -> None:
        counted.append(len(rows))
        forward(self, slot, rows, now)

    monkeypatch.setattr(PlainRewriter, "forward", note)
    return counted


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 4])
def test_python_writes_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a room with losses, layers, caps, mutes and comings (`tests/sim/retold.py`)."""
    counted = count_plain(monkeypatch)
    by_loop, rows = play(seed), sum(counted)
    counted.clear()
    monkeypatch.setattr(Single, "_is_usual", lambda *_: False)

    assert play(seed) == by_loop
    assert sum(counted) > rows + 200


def test_a_key_frame_for_many_is_no_work_for_python(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene("wide", VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 10)
    counted = count_plain(monkeypatch)
    scene.send(FIRST[VP8.mime])

    assert sum(counted) == 0
    assert len(scene.bob.got[80]) == 12
    assert scene.bob.got[80][-1].payload[4:] == FIRST[VP8.mime][4:]
