"""What strangers and hostile clients send, while a real call begins or goes on."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.media import IceCredentials, Setup
from sfu.path import Path
from sfu.transport.connection import Transport
from sfu.transport.reject import Reject
from tests.sim.call import CERTIFICATE, ELSEWHERE, OURS, PATH, THEIRS, Call
from tests.sim.peer import Peer, Settings

GARBAGE = [
    b"",
    b"\x00",
    b"\x80",
    b"\xff" * 40,
    bytes.fromhex("16feff0000000000000000000c010000000000000000000000"),
    bytes.fromhex("15fefd000000000000000000020228"),
    bytes.fromhex("17fefd0000000000000000000178"),
    bytes.fromhex("80c80000"),
    bytes.fromhex("000100002112a442") + bytes(12),
]


@pytest.mark.parametrize("data", GARBAGE)
@pytest.mark.parametrize("path", [PATH, ELSEWHERE])
def test_garbage_changes_nothing_before_within_and_after_a_join(data: bytes, path: Path) -> None:
    call = Call().describe()
    call.door.receive_datagram(data, path, 0.0)
    while not call.is_up():
        call.wire.run(0.005)
        call.door.receive_datagram(data, path, call.wire.now)
        assert call.wire.now < 0.2
    call.wire.run(0.1)
    call.door.receive_datagram(data, path, call.wire.now)
    assert call.works()
    assert call.transport.paths == [PATH]


def test_dtls_from_an_unchecked_address_is_dropped() -> None:
    call = Call().join()
    call.transport.receive_dtls(b"\x16", ELSEWHERE, call.wire.now)
    assert call.transport.dropped == {Reject.UNKNOWN_ADDRESS: 1}


def test_hellos_sprayed_from_the_clients_own_address_stop_no_join() -> None:
    forger = Peer(PATH, THEIRS, OURS, Settings(setup=Setup.ACTIVE))
    forger.greet(0.0)
    (*hello,) = forger.take_transmits()
    for seed in range(20):
        call = Call().describe()
        pause = 0.001 + seed / 2000
        while not call.is_up():
            call.wire.run(pause)
            for datagram in hello:
                call.door.receive_datagram(datagram, PATH, call.wire.now)
            assert call.wire.now < 0.3
        call.wire.run(0.2)
        assert call.works()


def test_another_participant_cannot_take_the_address() -> None:
    """One with a password of its own, who sends a check that pretends to come from there."""
    call = Call().join()
    other_ours = IceCredentials("other", "other-password-0123456789")
    attacker = Peer(PATH, IceCredentials("evil", "p"), other_ours)
    its_transport = Transport(
        "PA_evil/0", other_ours, CERTIFICATE, opens_channels=False, randbytes=Random(9).randbytes
    )
    call.door.add(its_transport, other_ours.ufrag)
    attacker.check(is_nominating=True)
    for datagram in attacker.take_transmits():
        call.door.receive_datagram(datagram, PATH, call.wire.now)
    call.wire.run(0.1)

    assert call.door.mux.by_path(PATH) is call.transport
    assert its_transport.paths == []
    assert call.works()


ESTABLISHED = Call().join()
DATAGRAMS = st.lists(st.binary(max_size=80), max_size=6)


@given(DATAGRAMS)
@settings(max_examples=50, deadline=None)
def test_any_datagrams_leave_a_call_as_it_is(datagrams: list[bytes]) -> None:
    for datagram in datagrams:
        ESTABLISHED.door.receive_datagram(datagram, PATH, ESTABLISHED.wire.now)
        ESTABLISHED.door.receive_datagram(datagram, ELSEWHERE, ESTABLISHED.wire.now)
    assert ESTABLISHED.works()


@given(DATAGRAMS)
@settings(max_examples=50, deadline=None)
def test_any_encrypted_messages_raise_nothing(messages: list[bytes]) -> None:
    """What a hostile client with all its keys can put into its own connection."""
    for message in messages:
        if message:
            ESTABLISHED.peer.send_encrypted(message)
    assert ESTABLISHED.works()
