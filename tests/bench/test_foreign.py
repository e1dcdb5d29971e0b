"""What lk prints in the end is understood."""

from bench.foreign import TOTAL, Load

PRINTED = """
Subscriber summaries:
│ Tester │ Tracks │ Bitrate                │ Total Pkt. Loss │ Error │
├────────┼────────┼────────────────────────┼─────────────────┼───────┤
│ Sub 0  │ 12/16  │ 4.4mbps                │ 0 (0%)          │ -     │
│ Total  │ 96/128 │ 33.8mbps (4.2mbps avg) │ 7 (0.011%)      │ 0     │
└────────┴────────┴────────────────────────┴─────────────────┴───────┘
"""


def test_the_total_of_a_run_is_found() -> None:
    assert TOTAL.findall(PRINTED) == [("96", "128", "7 (0.011%)")]


def test_the_totals_of_all_processes_are_found() -> None:
    assert len(TOTAL.findall(PRINTED * 3)) == 3


def test_the_measurement_waits_until_all_have_joined() -> None:
    assert Load(rooms=10).ramp > 16 / 5
    assert Load(rooms=1, publishers=1, subscribers=60).ramp > 61 / 5
