"""Rows that leave by many sockets."""

import errno
import socket

import numpy as np

from api.loadtest.memory import Arena
from api.loadtest.outbox import Outbox, Posts
from turn.aio.mmsg import Calls

Pairs = list[tuple[socket.socket, socket.socket]]


def fill(arena: Arena, rows: list[tuple[int, bytes]]) -> None:
    arena.count = len(rows)
    for row, (link, packet) in enumerate(rows):
        arena.link[row], arena.start[row], arena.length[row] = link, 40, len(packet)
        arena.rows[row, 40 : 40 + len(packet)] = np.frombuffer(packet, np.uint8)


def plan(
    calls: Calls, pairs: Pairs, rows: list[tuple[int, int, bytes]]
) -> tuple[Outbox, list[Posts]]:
    """Of (tick, link, packet)."""
    arena = Arena()
    outbox = Outbox(arena, calls, 2)
    outbox.files[:] = [near.fileno() for _, near in pairs]
    fill(arena, [(link, packet) for _, link, packet in rows])
    return outbox, outbox.plan(arena, np.array([tick for tick, _, _ in rows]))


def test_each_socket_sends_what_is_its_own(calls: Calls, pairs: Pairs) -> None:
    rows = [(0, 0, b"a" * 100), (0, 0, b"b" * 100), (0, 0, b"c" * 70), (0, 1, b"d" * 100)]
    outbox, (posts,) = plan(calls, pairs, rows)

    outbox.send(posts)

    first, second = (far for far, _ in pairs)
    assert [first.recv(2000) for _ in range(3)] == [b"a" * 100, b"b" * 100, b"c" * 70]
    assert second.recv(2000) == b"d" * 100
    assert posts.counts == [1, 1]
    assert outbox.unsent == 0


def test_what_is_due_later_is_another_message(calls: Calls, pairs: Pairs) -> None:
    outbox, posts = plan(calls, pairs, [(0, 0, b"now" * 30), (3, 0, b"yet" * 30)])

    assert [one.tick for one in posts] == [0, 3]
    outbox.send(posts[1])
    assert pairs[0][0].recv(2000) == b"yet" * 30


def test_what_the_system_takes_in_parts_is_sent_whole(calls: Calls, pairs: Pairs) -> None:
    answers = [1, -errno.ECONNREFUSED]

    def send(file: int, message: int, count: int) -> int:
        return answers.pop(0) if answers else calls.send(file, message, count)

    hesitant = Calls(calls.receive, send, calls.make_timer, calls.set_timer)
    rows = [(0, 0, b"short" * 9), (0, 0, b"longer" * 9), (0, 0, b"longest" * 9)]
    outbox, (posts,) = plan(hesitant, pairs, rows)

    outbox.send(posts)  # the system says that it took the first, and was then told of an error

    assert [pairs[0][0].recv(2000) for _ in range(2)] == [b"longer" * 9, b"longest" * 9]
    assert outbox.unsent == 0


def test_what_the_system_does_not_take_is_counted(calls: Calls, pairs: Pairs) -> None:
    full = Calls(calls.receive, lambda *_: -errno.EAGAIN, calls.make_timer, calls.set_timer)
    outbox, (posts,) = plan(full, pairs, [(0, 0, b"a" * 90), (0, 0, b"b" * 90), (0, 1, b"c" * 90)])

    outbox.send(posts)

    assert outbox.unsent == 3
