"""Results, and when there is none."""

import json
from dataclasses import replace

import pytest

from api.loadtest.errors import LoadTestError
from api.loadtest.report import Quantiles, Result, Server, lines, refuse, to_json

GOOD = Result(
    url="ws://server", connection="dual", rooms=2, parties=8, publishers=8, seconds=10.0,
    packets_in=50_000, packets_out=100_000, octets_out=50_000_000, streams=224, silent=0, lost=0,
    late=0, repaired=0, duplicates=0, picture_breaks=0, switch_breaks=0, switches=0, unauthentic=0,
    unknown=0, decrypted=100_000, key_requests=0, retransmissions=0, nacks=0,
    latency=Quantiles(0.0002, 0.001, 0.003), join=Quantiles(0.05, 0.08),
    server=Server(cpu=0.6, rss=160_000_000, pss=150_000_000), own_cpu=0.4, lag=0.0005, dropped=0,
    unsent=0, latencies=[(0.0002, 100_000)],
)  # fmt: skip


def test_a_good_result_is_not_refused() -> None:
    refuse(GOOD)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dropped": 3}, "dropped 3 packets"),
        ({"unsent": 2}, "not send 2"),
        ({"lag": 0.0021}, "late"),
    ],
)
def test_a_result_that_tells_more_of_us_is_refused(change: dict[str, int], words: str) -> None:
    with pytest.raises(LoadTestError, match=words) as refused:
        refuse(replace(GOOD, **change))  # type: ignore[arg-type]

    assert "fewer rooms" in str(refused.value)


def test_a_servers_cost_is_for_each_packet_that_goes_out_and_ours_for_all() -> None:
    assert GOOD.server_cost == pytest.approx(6e-6)
    assert GOOD.own_cost == pytest.approx(0.4 / 150_000)


def test_loss_is_a_share_of_what_should_have_come() -> None:
    assert replace(GOOD, packets_out=900, lost=100).loss == pytest.approx(0.1)


def test_the_text_has_the_figures() -> None:
    text = dict(lines(GOOD))

    assert text["packets out"] == "10,000/s, 40.0 Mbit/s"
    assert text["forwarding latency"] == "p50 0.20 ms, p99 1.00 ms, p99.9 3.00 ms"
    assert text["server"].startswith("6% of a core, 6.00 us per packet out, 160 MB (10.00 per")


def test_a_server_elsewhere_has_no_cost() -> None:
    far = replace(GOOD, server=None)

    assert far.server_cost is None
    assert "--server-pid" in dict(lines(far))["server"]


def test_json_has_what_is_derived() -> None:
    fields = json.loads(to_json(GOOD))

    assert fields["packets_out"] == 100_000
    assert fields["server_cost"] == pytest.approx(6e-6)
    assert fields["latency"]["p99"] == 0.001
