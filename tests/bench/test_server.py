"""How many rooms a server carries is told by loss and latency, not by what it was given."""

from bench.loads import Load
from bench.server import Carried, capacity, fan, rooms


def run(loss: float, p99: float | None) -> Load:
    return Load({"loss": loss, "latency": {"p99": p99}})


def test_the_most_rooms_that_were_carried_well() -> None:
    good, lossy, late = run(0.0, 0.002), run(0.001, 0.002), run(0.0, 0.009)
    carried: Carried = {
        ("ours", rooms(8)): [good, good],
        ("ours", rooms(16)): [good, late, good],
        ("ours", rooms(24)): [late, good, late],
        ("ours", fan(500)): [good],
        ("livekit", rooms(4)): [good],
        ("livekit", rooms(8)): [lossy],
    }

    assert capacity(carried, "ours") == 16
    assert capacity(carried, "livekit") == 4


def test_what_the_load_test_would_not_report_was_not_carried() -> None:
    good = run(0.0, 0.002)

    assert capacity({("ours", rooms(8)): [None, good]}, "ours") == 0
    assert capacity({("ours", rooms(8)): [None, good, good]}, "ours") == 8
    assert capacity({("ours", rooms(8)): [run(0.0, None)]}, "ours") == 0


def test_without_a_report_nothing_is_said() -> None:
    assert capacity({("ours", rooms(8)): [None, None]}, "ours") is None
    assert capacity({}, "ours") is None
