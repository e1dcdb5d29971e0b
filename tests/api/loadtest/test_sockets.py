"""Batches through many sockets."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from api.loadtest import sockets
from api.loadtest.sockets import Inbox, Outbox
from sfu.arena import Arena
from sfu.ring import BLOCK, START, Ring
from turn.aio.mmsg import Calls
from turn.aio.probe import probe


@pytest.fixture(scope="module")
def calls() -> Calls:
    return probe()[0]


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """(a server's end, ours) of two connections."""
    made = []
    for _ in range(2):
        far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        far.bind(("127.0.0.1", 0))
        far.settimeout(5)
        near = sockets.connect("127.0.0.1", far.getsockname()[1])
        far.connect(near.getsockname())
        made.append((far, near))
    yield made
    for far, near in made:
        far.close()
        near.close()


Pairs = list[tuple[socket.socket, socket.socket]]


def fill(arena: Arena, rows: list[tuple[int, bytes]]) -> None:
    arena.count = len(rows)
    for row, (link, packet) in enumerate(rows):
        arena.client[row], arena.start[row], arena.length[row] = link, 40, len(packet)
        arena.rows[row, 40 : 40 + len(packet)] = np.frombuffer(packet, np.uint8)


def test_each_socket_sends_what_is_its_own(calls: Calls, pairs: Pairs) -> None:
    arena = Arena()
    outbox = Outbox(arena, calls)
    outbox.files = {link: near.fileno() for link, (_, near) in enumerate(pairs)}
    fill(arena, [(0, b"a" * 100), (0, b"b" * 100), (0, b"c" * 70), (1, b"d" * 100)])

    posts = outbox.plan(arena, np.zeros(4, np.int64))
    for post in posts:
        outbox.send(post)

    first, second = (far for far, _ in pairs)
    assert [first.recv(2000) for _ in range(3)] == [b"a" * 100, b"b" * 100, b"c" * 70]
    assert second.recv(2000) == b"d" * 100
    assert len(posts) == 2


def test_what_is_due_later_is_another_message(calls: Calls, pairs: Pairs) -> None:
    arena = Arena()
    outbox = Outbox(arena, calls)
    outbox.files = {0: pairs[0][1].fileno()}
    fill(arena, [(0, b"now" * 30), (0, b"yet" * 30)])

    posts = outbox.plan(arena, np.array([0, 3]))

    assert [post.tick for post in posts] == [0, 3]


def test_datagrams_of_all_sockets_come_into_one_block(calls: Calls, pairs: Pairs) -> None:
    ring = Ring(blocks=1)
    ring.run()
    inbox = Inbox(ring, calls)
    pairs[0][0].send(b"one")
    pairs[1][0].send(b"two")
    pairs[1][0].send(b"three")

    is_empty = inbox.fill(iter([(7, pairs[0][1].fileno()), (9, pairs[1][1].fileno())]))

    assert is_empty
    assert inbox.batch.lengths[:3].tolist() == [3, 3, 5]
    assert inbox.links[:3].tolist() == [7, 9, 9]
    assert ring.rows[2, START : START + 5].tobytes() == b"three"
    assert inbox.has_stamps()
    assert inbox.arrivals[0] <= inbox.arrivals[2]


def test_a_full_block_says_that_there_may_be_more(calls: Calls, pairs: Pairs) -> None:
    ring = Ring(blocks=1)
    ring.run()
    inbox = Inbox(ring, calls)
    places = [(0, pairs[0][1].fileno())] * 5
    for _ in range(BLOCK):
        pairs[0][0].send(b"x")

    assert not inbox.fill(iter(places))
    inbox.clear()
    assert inbox.fill(iter(places))
    assert inbox.batch.count == 0


def test_what_a_full_socket_loses_is_seen(calls: Calls, pairs: Pairs) -> None:
    far, near = pairs[0]
    port = near.getsockname()[1]
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    assert sockets.dropped([port]) == 0

    for _ in range(100):
        far.send(bytes(1000))

    assert sockets.dropped([port]) > 50


def test_drops_are_those_of_our_ports(tmp_path: Path) -> None:
    line = "1: 0100007F:{:04X} 0100007F:1ECA 01 0:0 00:0 0 0 0 99 2 0 {}\n"
    text = "head\n" + line.format(4000, 5) + line.format(4001, 70) + line.format(4002, 900)
    (tmp_path / "udp").write_text(text)

    assert sockets.dropped([4000, 4002], tmp_path) == 905
