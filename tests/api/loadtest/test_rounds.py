"""Which sockets are looked into in which tick."""

from api.loadtest.inbox import Place
from api.loadtest.loops import SOCKETS
from api.loadtest.rounds import ROUND, Rounds


def places(count: int) -> list[Place]:
    return [(number, 100 + number) for number in range(count)]


def test_each_socket_is_looked_into_once_in_a_round() -> None:
    rounds, all_of_them = Rounds(), places(5 * SOCKETS + 1)

    groups = [group for tick in range(ROUND) for group in rounds.take(tick, all_of_them)]

    assert [place for group in groups for place in group] == all_of_them
    assert max(map(len, groups)) == SOCKETS


def test_another_round_begins_when_its_time_has_come() -> None:
    rounds = Rounds()

    ticks = [tick for tick in range(3 * ROUND) if rounds.take(tick, places(3))]

    assert ticks == [0, ROUND, 2 * ROUND]


def test_many_sockets_are_spread_over_the_ticks() -> None:
    rounds, many = Rounds(), places(2 * ROUND * SOCKETS)

    assert [len(rounds.take(tick, many)) for tick in range(ROUND)] == [2] * ROUND


def test_a_busy_socket_has_another_turn_in_its_round() -> None:
    rounds = Rounds()
    (group,) = rounds.take(0, places(2))

    rounds.again(group[:1])

    assert rounds.take(1, places(2)) == [group[:1]]
    assert rounds.take(2, places(2)) == []


def test_who_is_late_reads_what_waits() -> None:
    rounds, many = Rounds(), places(6 * SOCKETS)
    rounds.take(0, many)

    assert len(rounds.take(ROUND + 7, many)) == 5
