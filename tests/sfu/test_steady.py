"""What is kept so that it need not be looked up for every packet is still true at every packet."""

from dataclasses import replace

import pytest

from sfu.commands import MutePublication
from sfu.intake import Intake
from sfu.media import Kind
from sfu.plane import Plane
from sfu.ring import Batch
from sfu.tables import NEVER
from tests.sfu.test_equivalence import EVERYTHING
from tests.sim.acts import Act
from tests.sim.director import Director
from tests.sim.media import UP, Call, Person
from tests.sim.sources import VP8_CODEC, Vp8Layer, camera
from tests.sim.stage import Stage


class Watched(Stage):
    """Looks after each act whether what is noted of streams is still so."""

    steady = 0  # how often one was
    passing = 0  # how often nobody waited for one's next key frame

    def do(self, act: Act) -> None:
        super().do(act)
        self._check(self.call.plane)

    def _check(self, plane: Plane) -> None:
        state = plane._state
        for stream in filter(None, state.streams):
            if state.stream_table.is_steady[stream.row]:
                self.steady += 1
                assert stream.is_steady
            if state.stream_table.passes_starts[stream.row]:
                self.passing += 1
                assert not stream.waiting
                assert stream.keys.next_timeout() is None
                assert not state.nacks.outstanding(stream.row)
            self._check_lists(plane, stream.row, stream.rows)

    def _check_lists(self, plane: Plane, row: int, rows: list[int]) -> None:
        state = plane._state
        count, first = state.stream_table.fan_count[row], state.stream_table.fan_at[row]
        if count != NEVER:
            usual = state.fanout.listed.array("row")[first : first + count].tolist()
            assert state.stream_table.fan_odd[row] == len(state.fanout.odd(row))
            assert sorted([*usual, *state.fanout.odd(row)]) == sorted(rows)


@pytest.mark.parametrize("size", [1, 64])
def test_what_is_noted_of_streams_is_so(size: int) -> None:
    plan = replace(EVERYTHING, seed=5)
    acts = Director(plan, Stage(1)).write()
    stage = Watched(size)
    stage.play(acts)
    assert stage.steady > 1000
    assert stage.passing > 1000


class Cast:
    """A publisher of one layer, whom somebody watches; its stream is steady."""

    def __init__(self) -> None:
        self.call = Call()
        self.alice = self.call.join("alice")
        self.layer = Vp8Layer(10, 0, seed=3)
        self.publish()
        self.bob = self.call.join("bob")
        self.call.subscribe(self.bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
        for frame in range(10):
            self.call.send(self.alice, self.layer.make(self.call.now, key=frame == 0))
            self.call.run(1 / 30)
        assert self.is_noted

    def publish(self) -> None:
        self.call.publish(self.alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(self.layer))

    def key_frame(self, person: Person, ssrc: int) -> int:
        """How many of its packets somebody gets."""
        before = len(person.got.get(ssrc, []))
        self.call.send(self.alice, self.layer.make(self.call.now, key=True))
        self.call.run(1 / 30)
        return len(person.got.get(ssrc, [])) - before

    @property
    def is_noted(self) -> bool:
        return self.call.plane._state.stream_table.is_steady[0] != 0


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Packets that were looked at one by one."""
    found: list[int] = []
    take = Intake._take_alone

    def note(self: Intake, batch: Batch, positions: list[int], now: float) -> None:
        found.extend(positions)
        take(self, batch, positions, now)

    monkeypatch.setattr(Intake, "_take_alone", note)
    return found


def test_a_key_frame_that_nobody_waits_for_is_taken_with_the_others(alone: list[int]) -> None:
    cast = Cast()
    alone.clear()
    assert cast.key_frame(cast.bob, 80) == cast.layer.packets
    assert alone == []


def test_a_key_frame_that_somebody_waits_for_is_looked_at(alone: list[int]) -> None:
    cast = Cast()
    carol = cast.call.join("carol")
    cast.call.subscribe(carol, "TR_v", 90, [VP8_CODEC], rtx_ssrc=91)
    alone.clear()
    assert cast.key_frame(carol, 90) == cast.layer.packets
    assert alone != []
    alone.clear()
    assert cast.key_frame(carol, 90) == cast.layer.packets
    assert alone == []


def test_a_key_frame_is_looked_at_when_something_is_missing_before_it(alone: list[int]) -> None:
    cast = Cast()
    frame = cast.layer.make(cast.call.now)
    cast.call.send(cast.alice, frame[1:])
    alone.clear()
    assert cast.key_frame(cast.bob, 80) == cast.layer.packets
    assert alone != []
    assert not cast.call.plane._state.nacks.outstanding(0)


def test_a_layer_that_stands_still_is_not_steady() -> None:
    cast = Cast()
    cast.call.run(3.0)
    assert not cast.is_noted


def test_a_muted_stream_is_not_steady() -> None:
    cast = Cast()
    cast.call.plane.mute_publication(MutePublication("TR_v", True), cast.call.now)
    assert not cast.is_noted


def test_with_other_header_extensions_a_stream_is_learnt_again() -> None:
    cast = Cast()
    cast.call.plane.set_extensions("alice/0", UP)
    assert not cast.is_noted


def test_with_another_ssrc_a_stream_begins_again() -> None:
    cast = Cast()
    cast.layer = Vp8Layer(77, 0, seed=4)
    cast.publish()
    assert not cast.is_noted
