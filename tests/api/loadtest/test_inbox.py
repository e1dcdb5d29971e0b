"""Many sockets, read into one block."""

import socket

from api.loadtest.inbox import Inbox
from api.loadtest.loops import EACH
from turn.aio.mmsg import Calls

Pairs = list[tuple[socket.socket, socket.socket]]


def test_datagrams_of_all_sockets_come_into_one_block(calls: Calls, pairs: Pairs) -> None:
    inbox = Inbox(calls)
    pairs[0][0].send(b"one")
    pairs[1][0].send(b"two")
    pairs[1][0].send(b"three")

    received = inbox.read([(7, pairs[0][1].fileno()), (9, pairs[1][1].fileno())])

    assert received.links.tolist() == [7, 9, 9]
    found = [inbox.slots.content(row, inbox.lengths[row]) for row in received.rows.tolist()]
    assert found == [b"one", b"two", b"three"]
    assert inbox.has_stamps(received)
    assert received.arrivals[0] <= received.arrivals[2]
    assert received.more == []


def test_nothing_comes_of_a_socket_without_anything(calls: Calls, pairs: Pairs) -> None:
    inbox = Inbox(calls)
    pairs[1][0].send(b"x")

    received = inbox.read([(0, pairs[0][1].fileno()), (1, pairs[1][1].fileno())])

    assert (received.links.tolist(), inbox.read([]).rows.tolist()) == ([1], [])


def test_a_busy_socket_says_that_there_may_be_more(calls: Calls, pairs: Pairs) -> None:
    inbox = Inbox(calls)
    place = (0, pairs[0][1].fileno())
    for _ in range(EACH):
        pairs[0][0].send(b"x")

    first, then = inbox.read([place]), inbox.read([place])

    assert (len(first.rows), first.more) == (EACH, [place])
    assert (len(then.rows), then.more) == (0, [])
