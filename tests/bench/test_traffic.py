"""The calls of the engine's measurement are the calls that they claim to be."""

import pytest

from bench import traffic
from bench.engine import SHAPES, Shape, prepared
from sfu.drop import Drop
from tests.sim.media import Call

SECONDS = 1.0


def forwarded(shape: Shape) -> tuple[Call, int]:
    """Packets out of one second behind the warm-up."""
    call, publishers = shape.build(1)
    begin = call.now
    for seconds in (traffic.WARM_UP, SECONDS):
        before = call.plane.stats.packets_out
        traffic.play(call, prepared(call, publishers, begin, seconds, shape.rate), shape.batch)
        begin += seconds
    return call, call.plane.stats.packets_out - before


@pytest.mark.parametrize("shape", [SHAPES[1], SHAPES[6]], ids=lambda shape: shape.name)
def test_everybody_gets_what_the_shape_says(shape: Shape) -> None:
    call, packets = forwarded(shape)
    subscribers = len(call.people) - (len(call.people) > 8)

    assert packets == pytest.approx(shape.rate * subscribers * SECONDS, rel=0.01)
    stats = call.plane.stats
    assert stats.control_in == pytest.approx(len(call.people) * 20, rel=0.05)
    assert not stats.dropped[Drop.UNAUTHENTIC] + stats.dropped[Drop.MALFORMED]
    assert stats.resent == 0
