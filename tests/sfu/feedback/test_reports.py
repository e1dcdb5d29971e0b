import math

from hypothesis import given
from hypothesis import strategies as st

from sfu import rtcp
from sfu.feedback.clock import SenderClock, ntp_from_seconds
from sfu.feedback.reports import DATAGRAM, Due, join, receiver_reports
from sfu.tables import NEVER, Clients, Streams, Subscriptions


def made(*due_at: float) -> Due:
    """Of clients whose reports are due then."""
    table = Clients()
    for at in due_at:
        table.report_at[table.add()] = at
    return Due(table, Streams(), Subscriptions())


def test_a_report_comes_at_its_interval_whenever_it_is_looked_for() -> None:
    due = made(0.0, 0.0, 0.0, 10.0)

    assert (due.take(9.9, 1.0, 0.05), due.next) == ([], 10.0)
    assert (due.take(10.03, 1.0, 0.05), due.next) == ([3], 11.0)


def test_a_long_stall_is_not_made_up_for() -> None:
    due = made(10.0)

    assert (due.take(100.0, 1.0, 0.05), due.next) == ([0], 100.5)


def test_without_clients_nothing_is_due() -> None:
    due = made()

    due.look()
    assert (due.next, due.take(1.0, 1.0, 0.05), due.next) == (math.inf, [], math.inf)


def test_the_next_report_is_known_when_somebody_has_left() -> None:
    due = made(0.0, 12.0, 11.5)

    due.look()
    assert due.next == 11.5


def test_who_cannot_be_reached_is_told_nothing() -> None:
    due, *_ = in_a_call()
    assert due.take(5.0, 1.0, 0.05) == [0, 1]

    due.leave_out(0)
    due.leave_out(1)
    assert (due.reception(5.0), due.sending(5.0)) == ({}, [])


def test_reports_about_what_a_client_gets_are_in_the_publishers_clock() -> None:
    due, streams, subscriptions = in_a_call()
    streams.clock_ntp[0] = ntp = ntp_from_seconds(3_900_000_000.75)  # beyond 63 bits
    streams.clock_rtp[0], streams.clock_arrival[0] = 0xFFFFFF00, 4.5
    subscriptions.timestamp_offset[1] = 1000
    subscriptions.packets[1], subscriptions.octets[1] = 7, (1 << 32) + 9
    due.take(5.0, 1.0, 0.05)

    ((row, data),) = due.sending(5.0)
    (report,) = rtcp.parse(data)
    later = ntp + (1 << 31)
    rtp = 0xFFFFFF00 + 45_000 + 1000 & 0xFFFFFFFF
    assert (row, report) == (1, rtcp.SenderReport(80, later, rtp, 7, 9))
    assert subscriptions.report[1] == later >> 16 & 0xFFFFFFFF
    assert subscriptions.report_time[1] == 5.0


def test_nothing_is_said_of_what_is_paused_or_has_no_clock() -> None:
    due, streams, subscriptions = in_a_call()
    due.take(5.0, 1.0, 0.05)
    assert due.sending(5.0) == []

    streams.clock_ntp[0] = 1 << 40
    subscriptions.stream[1] = NEVER
    assert due.sending(5.0) == []


def in_a_call() -> tuple[Due, Streams, Subscriptions]:
    """Client 0 sends stream 0, client 1 gets it as subscription 1; both are due at second 5."""
    clients, streams, subscriptions = Clients(), Streams(), Subscriptions()
    for _ in range(2):
        clients.report_at[clients.add()] = 5.0
    stream = streams.add()
    streams.base[stream] = streams.highest[stream] = 0x10000 + 1
    SenderClock(streams, stream, 90_000)
    subscriptions.stream[subscriptions.add()] = NEVER
    row = subscriptions.add()
    subscriptions.client[row], subscriptions.stream[row] = 1, stream
    subscriptions.ssrc[row] = 80
    return Due(clients, streams, subscriptions), streams, subscriptions


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
