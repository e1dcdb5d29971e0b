"""What servers ask for again."""

from api.loadtest.control import Wanted
from api.loadtest.repeats import AT_ONCE, MOST, Repeats


class Sender:
    def __init__(self) -> None:
        self.sent: list[Wanted] = []

    def repeat(self, wanted: Wanted, now: float) -> None:
        self.sent.append(wanted)


def test_what_is_asked_for_is_sent_in_order() -> None:
    repeats, first, second = Repeats(), Sender(), Sender()
    repeats.add(first, [(11, 1), (11, 2)])
    repeats.add(second, [(22, 9)])

    repeats.send(1.0)

    assert (first.sent, second.sent) == ([(11, 1), (11, 2)], [(22, 9)])


def test_a_server_that_asks_for_everything_gets_little_at_a_time() -> None:
    repeats, sender = Repeats(), Sender()
    repeats.add(sender, [(11, number) for number in range(10_000)])

    repeats.send(1.0)
    assert len(sender.sent) == AT_ONCE

    for _ in range(1000):
        repeats.send(1.0)
    assert [number for _, number in sender.sent] == list(range(10_000 - MOST, 10_000))
