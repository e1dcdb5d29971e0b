"""What clients report of the packets that we sent."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sfu.feedback import twcc
from sfu.feedback.acks import Acks
from sfu.tables import LOG, Clients
from tests.sim.recorder import TwccRecorder

SIZE = 100  # bytes of a packet, and its number's last digit


class Sender:
    """Two clients that were sent packets."""

    def __init__(self) -> None:
        self.table = Clients()
        self.rows = [self.table.add() for _ in range(2)]
        self.acked: list[tuple[int, int, int, int]] = []  # what the estimator hears
        self.acks = Acks(self.table)
        for row in self.rows:
            self.table.twcc[row] = 65500

    def send(self, row: int, count: int) -> None:
        for number in range(self.table.twcc[row], self.table.twcc[row] + count):
            entry = (number * 1000) << 16 | SIZE + number % 10
            self.table.log[row * LOG + (number & LOG - 1)] = entry
        self.table.twcc[row] += count

    def receive(self, row: int, *bodies: bytes) -> None:
        for body in bodies:
            found = self.acks.receive(row, body)
            assert found >= 0
            self.acked += self.acks.acked[:found].tolist()

    def counts(self, row: int = 0) -> tuple[int, int]:
        """Packets that came, and that were lost."""
        return self.table.confirmed[row], self.table.lost[row]


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


def test_packets_count_as_they_are_reported() -> None:
    sender = Sender()
    sender.send(0, 40)
    sender.receive(0, report({65500 + n: 5.0 + n / 1000 for n in range(40) if n not in (3, 4)}))

    assert sender.counts() == (38, 2)
    sizes = [SIZE + (65500 + n) % 10 for n in range(40) if n not in (3, 4)]
    assert sender.table.acked[0] == sum(sizes)
    rows, sent, arrived, found = (list(column) for column in zip(*sender.acked, strict=True))
    assert set(rows) == {0}
    assert sent[:4] == [65500_000, 65501_000, 65502_000, 65505_000]
    assert np.diff(arrived[:4]).tolist() == [1000, 1000, 3000]
    assert found == sizes


def test_a_packet_counts_once_in_overlapping_reports() -> None:
    sender = Sender()
    sender.send(0, 10)
    body = report({65500 + n: 5.0 for n in range(10) if n != 3})
    sender.receive(0, body, body)
    sender.receive(0, body)

    assert sender.counts() == (9, 1)
    assert len(sender.acked) == 9


def test_a_packet_that_was_late_is_not_lost() -> None:
    sender = Sender()
    sender.send(0, 10)
    sender.receive(0, report({65500: 5.0, 65504: 5.0}))
    assert sender.counts() == (2, 3)

    sender.receive(0, report({65502: 5.1}), report({65503: 5.1, 65505: 5.1}))
    assert sender.counts() == (5, 1)


def test_numbers_that_were_never_sent_or_are_long_gone_say_nothing() -> None:
    sender = Sender()
    sender.send(0, LOG + 100)
    newest = sender.table.twcc[0] - 1
    sender.receive(0, report({65550: 5.0, 65551: 5.0}), report({newest + 1: 5.0}))
    assert sender.counts() == (0, 0)

    sender.receive(0, report({newest: 5.0}))
    assert sender.counts() == (1, 0)


def test_a_report_that_only_begins_with_a_run() -> None:
    sender = Sender()
    sender.send(0, 20)
    chunks = bytes([0x20, 10, 0x40, 5, 0, 5])  # small deltas, large ones, and nothing
    sender.receive(0, twcc.HEAD.pack(65500, 20, bytes(3), 0) + chunks + bytes(20))

    assert sender.counts() == (15, 5)


def test_a_report_of_losses_alone() -> None:
    sender = Sender()
    sender.send(1, 5)
    sender.receive(1, twcc.HEAD.pack(65500, 5, bytes(3), 0) + bytes([0, 5]))

    assert sender.counts(1) == (0, 5)
    assert sender.acked == []


statuses = st.lists(
    st.one_of(st.none(), st.sampled_from([0.0, 0.001, 0.05, -0.02, 2.0])), min_size=1, max_size=70
)


class Plain:
    """What shall be counted, written for clarity: `twcc.parse` and a dictionary."""

    def __init__(self, sent: int) -> None:
        self.sent = range(65500, 65500 + sent)
        self.came: dict[int, bool] = {}  # by number, for what was reported

    def receive(self, body: bytes) -> bool:
        """False: it is no report."""
        report = twcc.parse(body)
        if report is None:
            return False
        for number, arrival in report.arrivals:
            # The number of which these are the last 16 bits, at most LOG before the newest.
            full = self.sent.stop - 1 - (self.sent.stop - 1 - number & 0xFFFF)
            if full in self.sent and self.sent.stop - full <= LOG:
                self.came[full] = self.came.get(full, False) or arrival is not None
        return True

    def counts(self) -> tuple[int, int]:
        came = sum(self.came.values())
        return came, len(self.came) - came


chunks = st.integers(0, 0xFFFF).map(lambda chunk: chunk.to_bytes(2, "big"))
bodies = st.builds(
    lambda base, count, parts, rest: twcc.HEAD.pack(base, count, bytes(3), 0) + parts + rest,
    st.integers(65490, 0xFFFF),
    st.integers(0, 200),
    st.lists(chunks, max_size=30).map(b"".join),
    st.binary(max_size=300),
)


@given(st.lists(st.one_of(bodies, st.binary(max_size=60)), max_size=20), st.integers(0, 300))
def test_any_reports_count_as_they_are_read_plainly(said: list[bytes], sent: int) -> None:
    sender, plain = Sender(), Plain(sent)
    sender.send(0, sent)
    for body in said:
        assert (sender.acks.receive(0, body) >= 0) == plain.receive(body)

        assert sender.counts() == plain.counts()


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(65490, 65700), statuses), max_size=8),
    st.integers(0, 300),
)
def test_reports_of_two_clients_are_told_apart(
    said: list[tuple[int, int, list[float | None]]], sent: int
) -> None:
    sender, plain = Sender(), [Plain(sent), Plain(sent)]
    for row in sender.rows:
        sender.send(row, sent)
    for row, first, steps in said:
        now, arrivals = 100.0, dict[int, float | None]()
        for number, step in enumerate(steps, first):
            now += step or 0.0
            arrivals[number] = None if step is None else now
        arrivals[first + len(steps)] = now  # a report ends with what came
        body = report(arrivals)
        sender.receive(row, body)
        plain[row].receive(body)

    assert [sender.counts(row) for row in sender.rows] == [one.counts() for one in plain]
    acked = [packet[3] for packet in sender.acked]
    assert sum(sender.table.acked[row] for row in sender.rows) == sum(acked)
