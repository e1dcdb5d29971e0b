import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback import reception
from sfu.feedback.clock import SenderClock
from sfu.feedback.reception import START
from sfu.feedback.reports import Due
from sfu.loops.take import measure
from sfu.rtcp.reports import ReportBlock
from sfu.tables import NEVER, Clients, Streams, Subscriptions

Packet = tuple[int, int, int, float]  # row, number, timestamp, seconds


def stream(rate: int = 90_000, table: Streams | None = None) -> Streams:
    table = table or Streams()
    row = table.add()
    table.highest[row] = NEVER
    table.ssrc[row] = 9
    SenderClock(table, row, rate)
    return table


def receive(table: Streams, sequence: int, timestamp: int, arrival: float, row: int = 0) -> None:
    """As the sequencer does it."""
    extended = START + sequence
    if table.highest[row] == NEVER:
        reception.begin(table, row, extended)
    reception.receive(table, row, extended, timestamp, arrival)
    table.highest[row] = max(table.highest[row], extended)


def heard(*sequences: int) -> Streams:
    table = stream()
    for sequence in sequences:
        receive(table, sequence, sequence * 3000, sequence / 30)
    return table


def block(table: Streams, now: float = 0.0) -> ReportBlock:
    clients = Clients()
    clients.report_at[clients.add()] = now + 1
    due = Due(clients, table, Subscriptions())
    due.take(now, 1.0, 1.0)
    return ReportBlock.parse(due.reception(now)[0], 0)


def test_nothing_is_lost_before_the_first_packet() -> None:
    assert (reception.expected(stream(), 0), reception.lost(stream(), 0)) == (0, 0)


def test_loss_since_the_start_and_since_the_last_report() -> None:
    table = heard(65534, 65535, 65536, 65539)
    first = block(table)
    receive(table, 65540, 1, 1.0)
    second = block(table)

    assert (first.ssrc, first.lost, first.fraction_lost, first.highest) == (9, 2, 85, 65539)
    assert (second.lost, second.fraction_lost) == (2, 0)


def test_late_packets_and_retransmissions_repair_a_loss() -> None:
    table = heard(1, 4, 2)
    assert reception.lost(table, 0) == 1

    reception.repair(table, 0)
    assert (block(table).lost, block(table).fraction_lost) == (0, 0)


def test_more_packets_than_numbers_are_a_negative_loss() -> None:
    table = heard(5, 6, 4, 3)

    assert (block(table).lost, block(table).fraction_lost) == (-2, 0)


def test_another_numbering_counts_anew() -> None:
    table = heard(1, 2, 9)
    reception.begin(table, 0, START + 500)
    receive(table, 501, 0, 9.0)

    assert block(table).lost == 1


def test_even_arrivals_have_no_jitter() -> None:
    assert heard(*range(100)).jitter[0] == pytest.approx(0, abs=0.01)


def test_jitter_follows_the_difference_of_transit_times() -> None:
    table = stream(1000)
    for index in range(400):
        receive(table, index, index * 20, index * 0.020 + 0.008 * (index % 2))

    assert reception.jitter_seconds(table, 0) == pytest.approx(0.008, rel=0.01)


def test_packets_of_one_frame_and_a_wrap_add_no_jitter() -> None:
    table = stream()
    for index in range(10):
        receive(table, index, 0xFFFFFFF0 + index // 2 * 3000 & 0xFFFFFFFF, index // 2 / 30)

    assert table.jitter[0] == pytest.approx(0, abs=0.01)


def test_a_block_names_the_last_sender_report() -> None:
    table = heard(1)
    table.clock_ntp[0], table.clock_arrival[0] = 0x1111_2222_3333_4444, 7.0

    found = block(table, now=7.5)
    assert (found.last_report, found.delay) == (0x2222_3333, 32768)


def test_without_a_sender_report_a_block_names_none() -> None:
    found = block(heard(1), now=7.5)

    assert (found.last_report, found.delay) == (0, 0)


packets = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(1, 40),
        st.sampled_from([0, 3000, 6000, 0xFFFF_F000]),
        st.floats(0, 100),
    ),
    max_size=60,
)


@given(packets, packets)
def test_regular_packets_count_as_all_others(first: list[Packet], second: list[Packet]) -> None:
    one, many = Streams(), Streams()
    numbers = [0, 0, 0]
    for _ in numbers:
        stream(table=one)
        stream(table=many)
    for part in (first, second):
        ordered = []
        for row, step, timestamp, arrival in sorted(part, key=lambda packet: packet[0]):
            numbers[row] += step
            ordered.append((row, numbers[row], timestamp, arrival))
            receive(one, numbers[row], timestamp, arrival, row)
        receive_regular(many, ordered)

    for name in ("base", "received", "sampled", "jitter", "transit"):
        assert one.array(name)[:3] == pytest.approx(many.array(name)[:3])


def receive_regular(table: Streams, part: list[Packet]) -> None:
    """As the loops do; the first of a stream alone."""
    for row, sequence, timestamp, arrival in part:
        if table.highest[row] == NEVER:
            receive(table, sequence, timestamp, arrival, row)
        else:
            table.highest[row] = START + sequence
            measure(table.rows[row], timestamp, arrival)
