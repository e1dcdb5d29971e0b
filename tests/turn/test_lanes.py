"""What the loops pass on is what the core would have passed on, and nothing else."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.turn.office import CLIENT, PEER, Client, make_config
from tests.turn.passage import Passage, converse, digest
from turn.addresses import socket_name
from turn.drop import Drop
from turn.kept import HERE
from turn.lanes import SMALLEST, Lanes, key_of, lane_of, words
from turn.passing import may_send
from turn.quota import ROWS, Limits, Meters
from turn.relaying import Lesson, Transmit
from turn.stun import Class, Message, Method

HELLO = b"\x40\x01\x00\x05hello"


def bound(passage: Passage) -> int:
    """The relay of a client with a channel to PEER that has carried a packet."""
    client = Client(passage)
    client.allocate((0x000D, (3600).to_bytes(4, "big")))
    client.bind(0x4001, PEER)
    passage.come(1, [(HELLO, CLIENT)])
    assert passage.asked == 1
    return client.relay()


@pytest.mark.parametrize("seed", range(8))
def test_a_conversation_by_loops_has_the_same_bytes(seed: int) -> None:
    by_core, core_dropped, core_asked = converse(seed, by_loops=False)
    by_loops, dropped, asked = converse(seed, by_loops=True)

    assert by_loops == by_core
    assert dropped == core_dropped
    assert asked < 0.9 * core_asked


@pytest.mark.parametrize("how", ["DISABLE_JIT", "BOUNDSCHECK"])
def test_loops_say_the_same_however_they_are_run_and_stay_within_their_arrays(how: str) -> None:
    line = [sys.executable, "-m", "tests.turn.passage", "1"]
    environment = {**os.environ, f"NUMBA_{how}": "1"}
    found = subprocess.run(line, cwd=HERE, env=environment, capture_output=True, text=True)

    assert found.stdout.strip() == digest(1, by_loops=False), found.stderr


def test_only_the_first_packet_is_asked_about() -> None:
    passage = Passage()
    relay = bound(passage)

    assert passage.come(1, 3 * [(HELLO, CLIENT)]) == 3 * [Transmit(relay, PEER, b"hello")]
    assert passage.come(relay, [(b"hi", PEER)]) == [Transmit(1, CLIENT, b"\x40\x01\x00\x02hi")]
    assert passage.asked == 1


def test_packets_of_a_channel_keep_their_order() -> None:
    passage = Passage()
    relay = bound(passage)
    sent = [bytes([number]) * (1 + number) for number in range(8)]
    other = b"\x40\x01\x00\x09short"

    found = passage.come(relay, [(data, PEER) for data in sent])
    assert [one.data[4:] for one in found] == sent
    found = passage.come(1, [(HELLO, CLIENT), (other, CLIENT), (b"\x40\x01\0\0", CLIENT)])
    assert [one.data for one in found] == [b"hello", b""]
    assert passage.server.dropped == {Drop.MALFORMED: 1}


def test_when_a_permission_has_ended_the_core_is_asked() -> None:
    passage = Passage()
    bound(passage)
    passage.wait(299)
    assert len(passage.come(1, [(HELLO, CLIENT)])) == 1
    assert passage.asked == 1
    passage.wait(2)

    assert passage.come(1, [(HELLO, CLIENT)]) == []
    assert passage.server.dropped == {Drop.NO_PERMISSION: 1}


def test_a_permission_that_lasts_longer_is_learnt() -> None:
    passage = Passage()
    client = Client(passage)
    client.allocate((0x000D, (3600).to_bytes(4, "big")))
    client.bind(0x4001, PEER)
    passage.come(1, [(HELLO, CLIENT)])
    passage.wait(200)
    client.permit(PEER)
    passage.wait(200)

    for _ in range(3):
        assert len(passage.come(1, [(HELLO, CLIENT)])) == 1
    assert passage.asked == 2


def test_with_its_allocation_a_lane_ends_at_once() -> None:
    passage = Passage()
    client = Client(passage)
    client.allocate()
    client.bind(0x4001, PEER)
    relay = client.relay()
    passage.come(1, [(HELLO, CLIENT)])
    client.refresh(0)

    assert len(passage.lanes) == 0
    assert passage.come(1, [(HELLO, CLIENT)]) == []
    assert passage.come(relay, [(b"hi", PEER)]) == []
    assert passage.server.dropped == {Drop.NO_ALLOCATION: 2}


def test_a_channel_of_another_peer_is_another_lane() -> None:
    passage = Passage()
    relay = bound(passage)
    client = Client(passage)
    client.learn(client.tell(challenge(client)))
    passage.wait(601)
    other = PEER[0], 6000
    assert client.bind(0x4001, other).code == 0

    for _ in range(2):
        assert passage.come(1, [(HELLO, CLIENT)]) == [Transmit(relay, other, b"hello")]
        # There is a permission, so the core makes an indication of it.
        (told,) = passage.come(relay, [(b"hi", PEER)])
        assert told.data[:2] == b"\x00\x17"


def challenge(client: Client) -> Message:
    return Message(Method.REFRESH, Class.REQUEST, client.transaction(), [])


def test_who_has_sent_all_that_is_allowed_is_refused_by_the_core() -> None:
    passage = Passage(make_config(limits=Limits(bandwidth=1000)))
    relay = bound(passage)
    packet = b"\x40\x01\x01\x90" + bytes(400)

    assert len(passage.come(1, [(packet, CLIENT)])) == 1
    assert len(passage.come(relay, [(bytes(500), PEER)])) == 1
    assert passage.asked == 1
    assert passage.come(relay, [(bytes(500), PEER)]) == []
    assert passage.server.dropped == {Drop.BANDWIDTH: 1}
    assert passage.asked == 2


@given(st.lists(st.tuples(st.integers(0, 70_000), st.floats(0, 2)), max_size=30))
def test_loops_count_bytes_as_the_core_does(packets: list[tuple[int, float]]) -> None:
    by_core, by_loops, now = Meters(), Meters(), 5.0
    row = by_core.take()
    assert by_loops.take() == row
    for size, later in packets:
        now += later
        for rate in (0.0, 100_000.0):
            told = by_core.may_send(row, size, rate, now)
            assert may_send(by_loops.rows, row, size, rate, now) == told
    assert (by_core.rows == by_loops.rows).all()


def test_meters_begin_anew_and_become_more() -> None:
    meters = Meters()
    rows = [meters.take() for _ in range(3 * ROWS)]
    assert len(set(rows)) == 3 * ROWS
    assert meters.may_send(rows[0], 100, 100, 1)
    assert not meters.may_send(rows[0], 1, 100, 1)
    meters.release(rows[0])
    assert meters.take() == rows[0]
    assert meters.may_send(rows[0], 100, 100, 1)


def lesson(number: int, until: float = 10.0) -> Lesson:
    peer = PEER[0], 1 + number
    return Lesson(1, CLIENT, False, 0x4000 + number % 0x1000, 2, peer, 0, until)


def found(lanes: Lanes, number: int) -> int:
    key = key_of(socket_name((PEER[0], 1 + number)), 0, 2)
    return int(lane_of(lanes.entries, words(key)))


def test_lanes_become_more_and_are_all_found() -> None:
    lanes = Lanes({1: 0, 2: 1}, {})
    for number in range(5 * SMALLEST):
        lanes.teach(lesson(number), now=1)

    rows = [found(lanes, number) for number in range(5 * SMALLEST)]
    assert len(set(rows)) == 5 * SMALLEST
    assert min(rows) >= 0
    assert found(lanes, 5 * SMALLEST) < 0
    assert lanes.growths > 0
    lanes.forget(2)
    assert len(lanes) == 0
    assert max(found(lanes, number) for number in range(5 * SMALLEST)) < 0


def test_lanes_that_have_ended_make_room() -> None:
    """An allocation that lasts a day binds many channels, never many at a time."""
    lanes = Lanes({1: 0, 2: 1}, {})
    for number in range(50 * SMALLEST):
        lanes.teach(lesson(number, until=number), now=number - 5)

    assert len(lanes.rows) == SMALLEST
    assert len(lanes.entries) <= 8 * SMALLEST


def test_one_does_not_look_for_ended_lanes_at_each_new_one() -> None:
    lanes = Lanes({1: 0, 2: 1}, {})
    for number in range(SMALLEST):
        lanes.teach(lesson(number, until=2 if number == 0 else 10), now=1)
    lanes.teach(lesson(SMALLEST), now=3)

    assert len(lanes.rows) == 2 * SMALLEST
    assert len(lanes) == SMALLEST


def test_a_lane_that_has_ended_takes_nothing_from_the_one_in_its_place() -> None:
    """The channel had another peer before."""
    lanes = Lanes({1: 0, 2: 1}, {})
    lanes.teach(lesson(1, until=2), now=1)
    lanes.teach(lesson(1)._replace(peer=(PEER[0], 999)), now=3)
    for number in range(2, SMALLEST + 2):
        lanes.teach(lesson(number), now=3)

    assert found(lanes, 1) < 0
    outward = key_of(socket_name(CLIENT), 0x4001, 1)
    assert lane_of(lanes.entries, words(outward)) == found(lanes, 998)


def test_what_is_good_on_one_link_only_has_no_lane() -> None:
    lanes = Lanes({1: 0, 2: 1}, {})
    lanes.teach(lesson(1)._replace(client=("fe80::1%eth0", 5)), now=1)

    assert len(lanes) == 0


def test_a_peer_behind_the_same_nat_has_its_near_address() -> None:
    lanes = Lanes({1: 0, 2: 1}, {PEER[0]: "10.0.0.5"})
    lanes.teach(lesson(6), now=1)

    key = key_of(socket_name(("10.0.0.5", 7)), 0, 2)
    row = int(lane_of(lanes.entries, words(key)))
    assert np.array_equal(lanes.names[2 * row], list(socket_name(("10.0.0.5", 7))))
    assert found(lanes, 6) < 0
