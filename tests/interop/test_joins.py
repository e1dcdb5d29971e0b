"""What joins cost those who are already there: media waits while a handshake is worked on."""

import json
import os
from collections.abc import Sequence

import pytest

from sfu.stats import PAUSES
from tests.api.metrics.reading import Reading
from tests.conftest import Start
from tests.harness.server import OURS, Server
from tests.interop.sink import sink
from tests.interop.test_soak import long_pauses

pytestmark = pytest.mark.skipif(not OURS, reason="of our own counters")

ENDS_WITHIN = 120.0
LIMIT = 0.002  # seconds between two drains, a bound of the histogram
SPEAKERS = 4
QUANTILES = 0.5, 0.99, 1.0


# A virtual machine that is held up has its processor time counted on. Among the few drains of
# sixteen joins two such would be over a hundredth.
@pytest.mark.parametrize(
    ("people", "share"),
    [
        pytest.param(16, 0.95, id="16 joins"),
        pytest.param(100, 0.99, id="100 joins", marks=pytest.mark.long),
    ],
)
def test_joins_leave_time_for_media(start_server: Start, people: int, share: float) -> None:
    server = start_server()
    first = read(server)
    with sink(server, 1, 3.0, parties=people, publishers=SPEAKERS, audio_only=True) as load:
        said, _ = load.communicate(timeout=ENDS_WITHIN)
    last = read(server)
    assert load.returncode == 0, "the load test failed, see its own output"

    spent = [bucket(last, bound) - bucket(first, bound) for bound in [*map(str, PAUSES), "+Inf"]]
    figures = {
        "people": people,
        "drains": spent[-1],
        "milliseconds": {f"p{q * 100:g}": quantile(spent, q) for q in QUANTILES},
        "long_gc_pauses": long_pauses(last) - long_pauses(first),
        "load": round(os.getloadavg()[0], 2),
    }
    print(json.dumps({"joins": figures}))  # for the record, with -s
    assert json.loads(said)["silent"] == 0
    assert spent[-1] > people  # what has been measured was there
    assert spent[PAUSES.index(LIMIT)] >= share * spent[-1]
    assert long_pauses(last) == long_pauses(first)


def read(server: Server) -> Reading:
    return Reading(server.get("/metrics")[1])


def bucket(reading: Reading, bound: str) -> float:
    return reading("housecall_slow_path_seconds_bucket", le=bound)


def quantile(cumulative: Sequence[float], share: float) -> str:
    """Milliseconds that it is at most: the bucket's bound."""
    for bound, count in zip(PAUSES, cumulative, strict=False):
        if count >= share * cumulative[-1]:
            return f"{bound * 1e3:g}"
    return f"over {PAUSES[-1] * 1e3:g}"
