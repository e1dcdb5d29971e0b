"""Who may end a handshake, and who may not."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.media import Setup
from sfu.transport.certificate import CM80, GCM, Certificate
from sfu.transport.dtls import Dtls, DtlsState
from sfu.transport.reject import Reject
from tests.sim.farend import (
    OURS,
    ROLES,
    THEIRS,
    FarEnd,
    connected,
    exchange,
    make,
    opposite,
    take,
)

ALERT = bytes.fromhex("15fefd0000000000000007000202 28")
JUNK = [
    ALERT,
    bytes.fromhex("15fefd00000000000000070002 0100"),  # a warning that closes
    bytes.fromhex("17fefd00000000000000080004 64617461"),  # application data without keys
    bytes.fromhex("16fefd00000000000000090004 deadbeef"),  # no handshake message
    bytes.fromhex("16fefd0000000000000009000c 000000000000000000000000"),  # HelloRequest
    bytes.fromhex("16fefd000000000000000a0020") + bytes(32),
    bytes.fromhex("16fefd000100000000000a0020") + bytes(32),  # of the next epoch
    bytes.fromhex("15fefd000100000000000b0012") + bytes(18),
    bytes.fromhex("17fefd000100000000000b0012") + bytes(18),
    bytes.fromhex("14fefd0000ffffffffffff0001 01"),  # all that comes later is older than this
    b"\x16",
    b"\x16\xfe\xfd",
]


def test_a_refusal_counts_after_a_second_without_anything_better() -> None:
    dtls = make(Setup.ACTIVE)
    take(dtls)
    dtls.receive(ALERT, 0.05)
    dtls.handle_timeout(0.1)
    assert len(set(take(dtls))) == 1  # the first hello again

    dtls.handle_timeout(1.05)
    exchange(dtls, FarEnd(Setup.PASSIVE, (CM80,)), 1.1)
    assert dtls.protection is not None
    assert dtls.protection.profile == CM80


def test_a_forged_refusal_before_the_answer_changes_nothing() -> None:
    dtls, far = make(Setup.ACTIVE), FarEnd(Setup.PASSIVE)
    dtls.receive(ALERT, 0.05)
    exchange(dtls, far, 0.1)
    dtls.handle_timeout(1.05)

    assert dtls.state is DtlsState.CONNECTED
    assert dtls.protection is not None
    assert dtls.protection.profile == GCM


@pytest.mark.parametrize("setup", ROLES)
def test_forged_records_do_not_end_a_handshake(setup: Setup) -> None:
    dtls, far = make(setup), FarEnd(opposite(setup))

    def attack() -> None:
        for datagram in JUNK:
            dtls.receive(datagram, 0.0)

    attack()
    exchange(dtls, far, before=attack)
    assert dtls.state is DtlsState.CONNECTED
    assert far.is_finished
    attack()
    dtls.send(b"still here")
    far.receive(*take(dtls))
    assert far.received == [b"still here"]


def test_a_forged_hello_does_not_end_a_handshake_that_we_began() -> None:
    dtls, far = make(Setup.ACTIVE), FarEnd(Setup.PASSIVE)
    (hello,) = FarEnd(Setup.ACTIVE, certificate=Certificate()).start()
    exchange(dtls, far, before=lambda: dtls.receive(hello, 0.0))
    assert dtls.state is DtlsState.CONNECTED

    dtls.receive(hello, 1.0)
    assert take(dtls) == []


def test_a_server_that_signaling_did_not_name_is_left_for_another_try() -> None:
    """A forger who answered first is not who we speak to in the end."""
    dtls, forger = make(Setup.ACTIVE), FarEnd(Setup.PASSIVE, certificate=Certificate())
    exchange(dtls, forger)
    assert forger.is_finished
    assert dtls.protection is None

    at = dtls.next_timeout()
    assert at is not None
    dtls.handle_timeout(at)
    exchange(dtls, FarEnd(Setup.PASSIVE), at)
    assert dtls.state is DtlsState.CONNECTED


@pytest.mark.parametrize("setup", ROLES)
def test_nobody_but_the_named_client_gets_in(setup: Setup) -> None:
    dtls = make(setup, Certificate().fingerprint)
    now = 0.0
    while dtls.state is DtlsState.HANDSHAKING:
        exchange(dtls, FarEnd(opposite(setup)), now)
        at = dtls.next_timeout()
        assert at is not None
        now = at
        dtls.handle_timeout(now)

    assert (dtls.state, dtls.reason) == (DtlsState.CLOSED, "fingerprint")
    assert dtls.protection is None
    assert now == pytest.approx(5.0)


def test_nothing_is_heard_before_the_start() -> None:
    dropped: Counter[Reject] = Counter()
    Dtls(OURS, Setup.ACTIVE, THEIRS.fingerprint, dropped).receive(b"\x16", 0.0)
    assert dropped == {Reject.NO_HANDSHAKE: 1}


RECORDS = st.builds(
    lambda kind, epoch, body: (
        bytes([kind]) + b"\xfe\xfd\0" + bytes([epoch]) + bytes(6)
        + len(body).to_bytes(2, "big") + body
    ),
    st.sampled_from([20, 21, 22, 23]),
    st.integers(0, 2),
    st.binary(max_size=40),
)  # fmt: skip
DATAGRAMS = st.lists(st.one_of(st.binary(max_size=60), RECORDS), max_size=5)
ESTABLISHED = connected(Setup.ACTIVE)


@settings(deadline=None)
@given(DATAGRAMS, st.sampled_from(ROLES))
def test_any_datagrams_while_shaking_hands_raise_nothing(
    datagrams: list[bytes], setup: Setup
) -> None:
    dtls = make(setup)
    for number, datagram in enumerate(datagrams):
        dtls.receive(datagram, number / 100)
    dtls.handle_timeout(1.0)
    assert dtls.state is DtlsState.HANDSHAKING


@settings(deadline=None)
@given(DATAGRAMS)
def test_any_datagrams_leave_a_connection_as_it_is(datagrams: list[bytes]) -> None:
    dtls, far = ESTABLISHED
    for datagram in datagrams:
        dtls.receive(datagram, 1.0)
    dtls.send(b"hello")
    far.received.clear()
    far.receive(*take(dtls))
    assert far.received == [b"hello"]
