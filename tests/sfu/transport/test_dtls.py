import time

import pytest
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL

from sfu.media import Fingerprint, Setup
from sfu.transport.certificate import CM80, GCM, colons
from sfu.transport.dtls import DtlsState
from tests.sim.farend import ROLES, FarEnd, connected, exchange, make, opposite, take


@pytest.mark.parametrize("setup", ROLES)
def test_both_ends_finish_with_the_same_keys(setup: Setup) -> None:
    dtls, far = connected(setup)
    packet = bytes([0x80, 96]) + bytes(10) + b"payload"

    assert far.is_finished
    assert dtls.protection is not None
    assert dtls.protection.profile == GCM  # although the client prefers the other
    protected = dtls.protection.protect(packet)
    assert protected is not None
    assert far.protection().unprotect(protected) == packet
    assert dtls.next_timeout() is None


@pytest.mark.parametrize("setup", ROLES)
def test_data_goes_both_ways_in_small_datagrams(setup: Setup) -> None:
    dtls, far = connected(setup)
    dtls.send(b"a" * 1163)
    datagrams = take(dtls)
    assert [len(d) for d in datagrams] == [1200]
    far.receive(*datagrams)
    far.ssl.send(b"b" * 1000)
    dtls.receive(far.output()[0], 1.0)

    assert far.received == [b"a" * 1163]
    assert dtls.received == [b"b" * 1000]


def test_no_handshake_datagram_is_longer_than_the_mtu() -> None:
    dtls, far = make(Setup.PASSIVE), FarEnd(Setup.ACTIVE)
    for datagram in far.start():
        dtls.receive(datagram, 0.0)
    assert all(len(datagram) <= 1200 for datagram in dtls.datagrams)


def test_a_client_without_gcm_gets_the_other_profile_in_a_new_handshake() -> None:
    dtls = make(Setup.ACTIVE)
    exchange(dtls, FarEnd(Setup.PASSIVE, (CM80,)))  # ends without a profile
    assert dtls.protection is None

    dtls.handle_timeout(0.1)
    exchange(dtls, FarEnd(Setup.PASSIVE, (CM80,)), 0.1)
    assert dtls.protection is not None
    assert dtls.protection.profile == CM80


def test_a_lost_hello_is_repeated_after_100_ms_and_then_ever_later() -> None:
    dtls = make(Setup.ACTIVE)
    hello = take(dtls)
    times: list[float] = []
    while len(times) < 4:
        at = dtls.next_timeout()
        assert at is not None
        dtls.handle_timeout(at)
        if take(dtls) == hello:
            times.append(round(at, 3))
    assert times == [0.1, 0.3, 0.7, 1.5]


@pytest.mark.parametrize("setup", ROLES)
def test_a_lost_flight_is_repeated(setup: Setup) -> None:
    dtls, far = make(setup), FarEnd(opposite(setup))
    inwards = far.start() if setup is Setup.PASSIVE else far.receive(*take(dtls))
    for datagram in inwards:
        dtls.receive(datagram, 0.02)
    lost = take(dtls)
    at = dtls.next_timeout()
    assert at == pytest.approx(0.12)
    assert at is not None
    dtls.handle_timeout(at)

    assert dtls.datagrams == lost
    exchange(dtls, far, 0.13)
    assert dtls.state is DtlsState.CONNECTED
    assert far.is_finished


def test_our_last_flight_is_repeated_when_the_client_asks_for_it() -> None:
    dtls, far = make(Setup.PASSIVE), FarEnd(Setup.ACTIVE)
    for datagram in far.start():
        dtls.receive(datagram, 0.0)
    for datagram in far.receive(*take(dtls)):
        dtls.receive(datagram, 0.0)
    assert dtls.state is DtlsState.CONNECTED
    lost = take(dtls)
    assert lost
    # OpenSSL repeats its flight, with new record numbers, once its own second is over.
    deadline = far.ssl.DTLSv1_get_timeout()
    assert deadline is not None
    wait(deadline)
    far.ssl.DTLSv1_handle_timeout()
    for datagram in far.output():
        dtls.receive(datagram, 1.0)
    far.receive(*take(dtls))

    assert far.is_finished


def test_openssls_timer_repeats_what_has_to_be_new() -> None:
    """The client's Finished is lost: it answers only a Finished with a fresh record number."""
    dtls, far = make(Setup.ACTIVE), FarEnd(Setup.PASSIVE)
    for datagram in far.receive(*take(dtls)):
        dtls.receive(datagram, 0.0)
    far.receive(*take(dtls))  # its answer is lost
    assert far.is_finished
    wait(1.0)
    dtls.handle_timeout(1.05)
    exchange(dtls, far, 1.05)

    assert dtls.state is DtlsState.CONNECTED


def wait(seconds: float) -> None:
    """OpenSSL reads a clock of its own, the one thing here that simulated time cannot move."""
    time.sleep(seconds)


@pytest.mark.parametrize(
    ("name", "algorithm"), [("sha-384", hashes.SHA384()), ("SHA-512", hashes.SHA512())]
)
def test_longer_fingerprints_are_compared(name: str, algorithm: hashes.HashAlgorithm) -> None:
    certificate = FarEnd(Setup.ACTIVE).ssl.get_certificate(as_cryptography=True)
    assert certificate is not None
    value = colons(certificate.fingerprint(algorithm)).lower()
    dtls = make(Setup.ACTIVE, Fingerprint(name, value))
    exchange(dtls, FarEnd(Setup.PASSIVE))
    assert dtls.state is DtlsState.CONNECTED


def test_a_weak_fingerprint_is_no_fingerprint() -> None:
    dtls = make(Setup.ACTIVE, Fingerprint("sha-1", "00:11"))
    exchange(dtls, FarEnd(Setup.PASSIVE))
    assert dtls.state is DtlsState.HANDSHAKING
    assert dtls.reason == "fingerprint"


def test_a_handshake_that_nobody_answers_ends() -> None:
    dtls = make(Setup.ACTIVE)
    while (at := dtls.next_timeout()) is not None:
        dtls.handle_timeout(at)
        last = at
    assert (dtls.state, dtls.reason) == (DtlsState.CLOSED, "dtls")
    assert last == 30.0


@pytest.mark.parametrize("setup", ROLES)
def test_a_goodbye_closes(setup: Setup) -> None:
    dtls, far = connected(setup)
    far.ssl.shutdown()
    for datagram in far.output():
        dtls.receive(datagram, 1.0)

    assert (dtls.state, dtls.reason) == (DtlsState.CLOSED, "closed")
    dtls.send(b"too late")
    dtls.receive(b"\x17", 1.0)


def test_we_say_goodbye() -> None:
    dtls, far = connected(Setup.ACTIVE)
    dtls.close()
    far.receive(*take(dtls))
    assert far.ssl.get_shutdown() & SSL.RECEIVED_SHUTDOWN
