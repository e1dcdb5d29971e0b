from hypothesis import given
from hypothesis import strategies as st

from sfu import rtcp
from sfu.feedback.reports import DATAGRAM, join, next_due, receiver_reports, take_due
from sfu.tables import Clients


def test_a_report_comes_at_its_interval_whenever_it_is_looked_for() -> None:
    table = Clients()
    table.report_at[3] = 10.0
    assert next_due(table) == 10.0

    assert not take_due(table, 9.9, 1.0, 0.05).any()
    assert take_due(table, 10.03, 1.0, 0.05).nonzero()[0].tolist() == [3]
    assert next_due(table) == 11.0


def test_a_long_stall_is_not_made_up_for() -> None:
    table = Clients()
    table.report_at[0] = 10.0
    take_due(table, 100.0, 1.0, 0.05)

    assert next_due(table) == 100.5


def test_without_clients_nothing_is_due() -> None:
    assert next_due(Clients()) is None


def test_blocks_fill_packets_of_thirty_one() -> None:
    blocks = [rtcp.ReportBlock(n, 1, -2, 3, 4, 5, 6) for n in range(70)]

    packets = rtcp.parse(b"".join(receiver_reports(9, b"".join(map(bytes, blocks)))))
    assert packets == [
        rtcp.ReceiverReport(9, blocks[:31]),
        rtcp.ReceiverReport(9, blocks[31:62]),
        rtcp.ReceiverReport(9, blocks[62:]),
    ]


def test_without_blocks_there_is_an_empty_report() -> None:
    assert receiver_reports(9, b"") == [bytes(rtcp.ReceiverReport(9))]


@given(st.lists(st.binary(min_size=1, max_size=600), max_size=20))
def test_parts_are_joined_into_datagrams_of_bounded_size(parts: list[bytes]) -> None:
    datagrams = join(parts)

    assert b"".join(datagrams) == b"".join(parts)
    assert all(0 < len(datagram) <= DATAGRAM for datagram in datagrams)
    assert len(datagrams) <= sum(map(len, parts)) * 2 // DATAGRAM + 1
