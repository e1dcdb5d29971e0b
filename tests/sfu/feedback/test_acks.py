"""What clients report of the packets that we sent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback import twcc
from sfu.feedback.acks import FEW, MANY, WAIT, Acked, Acks
from sfu.tables import LOG, Clients
from tests.sim.recorder import TwccRecorder

SIZE = 100  # bytes of a packet, and its number's last digit


class Sender:
    """Two clients that were sent packets."""

    def __init__(self, few: int = FEW) -> None:
        self.table = Clients()
        self.rows = [self.table.add() for _ in range(2)]
        self.acked: list[Acked] = []
        self.acks = Acks(self.table, self.acked.append, few)
        for row in self.rows:
            self.table.twcc[row] = 65500

    def send(self, row: int, count: int) -> None:
        for number in range(self.table.twcc[row], self.table.twcc[row] + count):
            entry = (number * 1000) << 16 | SIZE + number % 10
            self.table.log[row * LOG + (number & LOG - 1)] = entry
        self.table.twcc[row] += count

    def receive(self, row: int, *bodies: bytes) -> None:
        assert all([self.acks.receive(row, body, 0.0) for body in bodies])
        self.acks.process()

    def counts(self, row: int = 0) -> tuple[int, int]:
        """Packets that came, and that were lost."""
        return self.table.confirmed[row], self.table.lost[row]

    def packets(self) -> list[tuple[int, int, int, int]]:
        """What the estimator hears, in one order."""
        columns = (zip(*(column.tolist() for column in a), strict=True) for a in self.acked)
        return sorted(packet for found in columns for packet in found)


def report(arrivals: dict[int, float | None]) -> bytes:
    """Of consecutive numbers: seconds, or None for lost."""
    first, last = min(arrivals), max(arrivals)
    recorder = TwccRecorder()
    recorder.receive(first - 1 & 0xFFFF, 0.0, marker=False)
    recorder.take_bodies(1.0)
    for number in range(first, last + 1):
        if (at := arrivals.get(number)) is not None:
            recorder.receive(number & 0xFFFF, at, marker=False)
    (body,) = recorder.take_bodies(1e9)
    return body


few = pytest.mark.parametrize("few", [0, FEW])


@few
def test_packets_count_as_they_are_reported(few: int) -> None:
    sender = Sender(few)
    sender.send(0, 40)
    sender.receive(0, report({65500 + n: 5.0 + n / 1000 for n in range(40) if n not in (3, 4)}))

    assert sender.counts() == (38, 2)
    sizes = [SIZE + (65500 + n) % 10 for n in range(40) if n not in (3, 4)]
    assert sender.table.acked[0] == sum(sizes)
    ((rows, sent, arrived, found),) = sender.acked
    assert set(rows.tolist()) == {0}
    assert sent[:4].tolist() == [65500_000, 65501_000, 65502_000, 65505_000]
    assert np.diff(arrived[:4]).tolist() == [1000, 1000, 3000]
    assert found.tolist() == sizes


@few
def test_a_packet_counts_once_in_overlapping_reports(few: int) -> None:
    sender = Sender(few)
    sender.send(0, 10)
    body = report({65500 + n: 5.0 for n in range(10) if n != 3})
    sender.receive(0, body, body)
    sender.receive(0, body)

    assert sender.counts() == (9, 1)
    assert len(sender.packets()) == 9


@few
def test_a_packet_that_was_late_is_not_lost(few: int) -> None:
    sender = Sender(few)
    sender.send(0, 10)
    sender.receive(0, report({65500: 5.0, 65504: 5.0}))
    assert sender.counts() == (2, 3)

    sender.receive(0, report({65502: 5.1}), report({65503: 5.1, 65505: 5.1}))
    assert sender.counts() == (5, 1)


@few
def test_numbers_that_were_never_sent_or_are_long_gone_say_nothing(few: int) -> None:
    sender = Sender(few)
    sender.send(0, LOG + 100)
    newest = sender.table.twcc[0] - 1
    sender.receive(0, report({65550: 5.0, 65551: 5.0}), report({newest + 1: 5.0}))
    assert sender.counts() == (0, 0)

    sender.receive(0, report({newest: 5.0}))
    assert sender.counts() == (1, 0)


@few
def test_a_report_that_only_begins_with_a_run(few: int) -> None:
    sender = Sender(few)
    sender.send(0, 20)
    chunks = bytes([0x20, 10, 0x40, 5, 0, 5])  # small deltas, large ones, and nothing
    sender.receive(0, twcc.HEAD.pack(65500, 20, bytes(3), 0) + chunks + bytes(20))

    assert sender.counts() == (15, 5)


@few
def test_a_report_of_losses_alone(few: int) -> None:
    sender = Sender(few)
    sender.send(1, 5)
    sender.receive(1, twcc.HEAD.pack(65500, 5, bytes(3), 0) + bytes([0, 5]))

    assert sender.counts(1) == (0, 5)
    assert sender.packets() == []


def test_reports_wait_for_others_but_not_for_long() -> None:
    sender = Sender()
    sender.send(0, 1)
    body = report({65500: 5.0})
    assert sender.acks.due == float("inf")

    sender.acks.receive(0, body, 7.0)
    sender.acks.receive(0, body, 7.005)
    assert sender.acks.due == pytest.approx(7.0 + WAIT)
    for _ in range(MANY):
        sender.acks.receive(0, body, 7.006)
    assert sender.acks.due < 7.0

    sender.acks.process()
    assert sender.acks.due == float("inf")
    assert sender.counts() == (1, 0)


statuses = st.lists(
    st.one_of(st.none(), st.sampled_from([0.0, 0.001, 0.05, -0.02, 2.0])), min_size=1, max_size=70
)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(65490, 65700), statuses), max_size=8),
    st.integers(0, 300),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_many_reports_at_once_count_as_one_after_the_other(
    said: list[tuple[int, int, list[float | None]]], sent: int, pauses: list[bool]
) -> None:
    one, many = Sender(few=1 << 30), Sender(few=0)
    expected: list[dict[int, bool]] = [{}, {}]
    for sender in (one, many):
        for row in sender.rows:
            sender.send(row, sent)
    for (row, first, steps), pause in zip(said, pauses, strict=False):
        now, arrivals = 100.0, dict[int, float | None]()
        for number, step in enumerate(steps, first):
            now += step or 0.0
            arrivals[number] = None if step is None else now
            if 65500 <= number < 65500 + sent:
                expected[row][number] = expected[row].get(number, False) or step is not None
        if steps[-1] is None:
            arrivals[first + len(steps)] = now  # a report ends with what came
            if 65500 <= first + len(steps) < 65500 + sent:
                expected[row][first + len(steps)] = True
        body = report(arrivals)
        one.receive(row, body)
        assert many.acks.receive(row, body, 0.0)
        if pause:
            many.acks.process()
    many.acks.process()

    for row in one.rows:
        came = sum(expected[row].values())
        assert one.counts(row) == many.counts(row) == (came, len(expected[row]) - came)
        assert one.table.acked[row] == many.table.acked[row]
    assert one.packets() == many.packets()


@given(st.lists(st.binary(max_size=60), max_size=20), st.sampled_from([0, FEW]))
def test_any_bytes_are_a_report_or_refused(bodies: list[bytes], few: int) -> None:
    sender = Sender(few)
    sender.send(0, 2000)
    for body in bodies:
        assert sender.acks.receive(0, body, 0.0) == (twcc.parse(body) is not None)
    sender.acks.process()

    confirmed, lost = sender.counts()
    assert 0 <= confirmed + lost <= 2000


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(1, 200)), min_size=1, max_size=9))
def test_chunks_of_all_kinds_read_the_same_both_ways(parts: list[tuple[int, int]]) -> None:
    one, many = Sender(few=1 << 30), Sender(few=0)
    for sender in (one, many):
        sender.send(0, 2000)
        for chunk, count in parts:
            body = twcc.HEAD.pack(65500, count, bytes(3), 0) + chunk.to_bytes(2, "big") * 30
            sender.acks.receive(0, body + bytes(range(200)) * 2, 0.0)
            sender.acks.process()

    assert one.counts() == many.counts()
    assert one.packets() == many.packets()
