from random import Random

import pytest

from sfu.media import IceCredentials, Setup
from sfu.mux import PacketClass, classify
from sfu.transport.certificate import CM80, GCM
from sfu.transport.connection import (
    ChannelOpened,
    Connected,
    DataReceived,
    Disconnected,
    Failed,
    PathForgotten,
    PathValidated,
    UfragRetired,
)
from tests.sim.call import CERTIFICATE, ELSEWHERE, OURS, PATH, Call, rtp
from tests.sim.peer import Settings, describe_to_server
from tests.sim.wire import nothing, numbers

NEW_OURS = IceCredentials("server02", "server-password-9876543210")
NEW_THEIRS = IceCredentials("cln2", "client-password-9876543210")
ROLES = [Setup.ACTIVE, Setup.PASSIVE]


def is_dtls(data: bytes) -> bool:
    return classify(data) is PacketClass.DTLS


@pytest.mark.parametrize("setup", ROLES)
def test_a_client_joins_and_everything_crosses(setup: Setup) -> None:
    call = Call(setup=setup).join()

    assert call.is_up()
    assert call.door.events == [
        PathValidated(PATH),
        Connected(PATH),
        ChannelOpened("_lossy"),
        ChannelOpened("_reliable"),
    ]
    assert call.transport.protection is not None
    assert call.transport.protection.profile == GCM
    assert call.wire.now == pytest.approx(0.1, abs=0.021)  # four round trips or five
    assert call.works()
    assert not call.transport.dropped


def test_our_hello_leaves_with_the_first_answer() -> None:
    """Before any nomination: a wait for that would cost 50 ms."""
    call = Call().describe()
    call.wire.run(0.015)
    kinds = [classify(transmit.data) for transmit in call.wire.sent]
    assert kinds == [PacketClass.STUN, PacketClass.DTLS]


def test_checks_that_come_before_the_description_are_answered() -> None:
    call = Call()
    call.wire.run(0.1)
    assert call.door.events == [PathValidated(PATH)]
    assert all(answer.kind == 2 for answer in call.peer.answers)
    assert not any(is_dtls(transmit.data) for transmit in call.wire.sent)

    call.describe()
    assert call.transport.take_transmits()[0].to == PATH


def test_we_open_the_channels_of_a_subscriber() -> None:
    call = Call(Settings(opens=[]), opens_channels=True).describe()
    assert call.wire.run_until(lambda: len(call.peer.opened) == 3)
    assert call.peer.opened == ["_reliable", "_lossy", "_data_track"]
    call.wire.run(0.1)
    assert ChannelOpened("_data_track") in call.door.events


def test_data_channels_may_come_with_a_later_description() -> None:
    call = Call().describe(has_data=False)
    assert call.wire.run_until(call.is_up)
    call.wire.run(2.0)
    assert call.peer.opened == []
    call.describe(has_data=True)
    assert call.wire.run_until(lambda: len(call.peer.opened) == 2)


def test_a_client_without_gcm_joins() -> None:
    call = Call(Settings(profiles=(CM80,))).describe()
    assert call.wire.run_until(call.is_up)
    assert call.transport.protection is not None
    assert call.transport.protection.profile == CM80


def test_a_lost_hello_is_repeated_after_100_ms() -> None:
    hellos: list[float] = []

    def lose_first(_: int, data: bytes) -> bool:
        if is_dtls(data):
            hellos.append(call.wire.now)
        return is_dtls(data) and len(hellos) == 1

    call = Call(down=lose_first).describe()
    assert call.wire.run_until(call.is_up)
    assert hellos[:2] == pytest.approx([0.01, 0.11])
    assert call.wire.now < 0.17


@pytest.mark.parametrize("setup", ROLES)
@pytest.mark.parametrize("lost", range(6))
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_join_with_a_lost_datagram_takes_little_longer(way: str, lost: int, setup: Setup) -> None:
    """All but the last flight of a handshake, which only OpenSSL's timer can bring again."""
    is_last = {Setup.ACTIVE: ("up", 2), Setup.PASSIVE: ("down", 2)}
    if (way, lost) == is_last[setup]:
        lost += 4
    call = Call(setup=setup, **{way: numbers(lost)}).describe()  # type: ignore[arg-type]
    assert call.wire.run_until(lambda: len(call.peer.opened) == 2, 1.0)
    assert call.is_up()


@pytest.mark.parametrize("setup", ROLES)
def test_a_client_that_signaling_did_not_name_gets_nothing(setup: Setup) -> None:
    call = Call(setup=setup).describe(fingerprint=CERTIFICATE.fingerprint)
    call.wire.run(10.0)
    assert call.door.events == [PathValidated(PATH), Failed("fingerprint")]
    assert call.transport.protection is None
    assert call.transport.next_timeout() is None


def test_another_fingerprint_on_a_living_connection_ends_it() -> None:
    call = Call().join().describe(fingerprint=CERTIFICATE.fingerprint)
    call.transport.handle_timeout(call.wire.now)
    assert call.transport.take_events() == [Failed("fingerprint")]


def test_the_same_description_again_changes_nothing() -> None:
    call = Call().join()
    sent = len(call.wire.sent)
    call.describe()
    assert call.transport.take_transmits() == []
    assert call.transport.take_events() == []
    assert call.works()
    assert len(call.wire.sent) > sent


def test_a_restart_changes_neither_keys_nor_channels() -> None:
    call = Call().join()
    protection = call.transport.protection
    call.peer.restart(NEW_THEIRS, NEW_OURS, call.wire.now)
    call.door.mux.register(NEW_OURS.ufrag, call.transport)
    command = describe_to_server(call.peer, NEW_OURS)
    call.transport.connect(command, call.wire.now)
    call.wire.run(1.0)

    assert UfragRetired(OURS.ufrag) in call.door.events
    assert call.transport.protection is protection
    assert call.works()
    hellos = [t for t in call.wire.sent if is_dtls(t.data) and t.data[0] == 22]
    assert len(hellos) == 2


def test_a_client_that_moves_is_followed() -> None:
    call = Call().join()
    call.peer.path = ELSEWHERE
    call.wire.run(3.0)
    assert call.transport.send_path == ELSEWHERE
    assert call.transport.paths == [PATH, ELSEWHERE]
    assert call.works()


def test_media_from_every_checked_address_is_taken() -> None:
    call = Call().join()
    call.peer.check()
    call.peer.path = ELSEWHERE  # an unnominated check from here
    call.wire.run(0.05)
    call.peer.path = PATH
    call.peer.send_rtp(rtp(1))
    call.wire.run(0.05)
    assert call.transport.send_path == PATH
    assert call.door.rtp == [rtp(1)]


def test_an_outage_of_eight_seconds_is_not_noticed() -> None:
    call = Call().join()
    call.wire.up = call.wire.down = lambda *_: True
    call.wire.run(8.0)
    call.wire.up = call.wire.down = nothing
    call.wire.run(3.0)
    assert Disconnected() not in call.door.events
    assert call.works()


def test_a_silent_client_is_disconnected_and_lost_and_may_come_back() -> None:
    call = Call().join()
    call.peer.stop_checks()
    heard = call.wire.now
    call.wire.run(10.1)
    assert call.last() == Disconnected()
    call.wire.run(5.0)
    assert call.last() == Failed("consent")
    assert call.transport.send_path is None
    assert call.wire.now - heard < 15.2

    call.peer.go_on_checking(call.wire.now)
    call.wire.run(0.1)
    assert call.last() == Connected(PATH)
    assert call.works()


def test_a_client_as_quiet_as_firefox_stays_connected() -> None:
    call = Call(Settings(check_seconds=5.2, nominates_later=False)).join()
    call.wire.run(60.0)
    assert Disconnected() not in call.door.events


def test_a_client_that_never_comes_is_given_up() -> None:
    call = Call()
    call.peer.stop_checks()
    call.describe()
    call.wire.run(31.0)
    assert call.door.events == [Failed("ice")]


def test_a_closed_path_is_left() -> None:
    call = Call().join()
    call.transport.forget(PATH, call.wire.now)
    assert call.transport.send_path is None
    assert call.transport.take_events() == [PathForgotten(PATH)]


def test_the_clients_goodbye_ends_the_transport() -> None:
    call = Call().join()
    call.peer.close()
    call.wire.run(0.05)
    assert call.last() == Failed("closed")
    assert not call.transport.send_data("_reliable", b"x", call.wire.now)


def test_our_goodbye_reaches_the_client() -> None:
    call = Call().join()
    call.transport.close(call.wire.now)
    call.wire.run(0.05)
    assert call.peer.is_closed
    assert call.transport.next_timeout() is None


@pytest.mark.parametrize("size", [0, 1000, 64_000])
def test_messages_of_every_size_cross(size: int) -> None:
    call = Call().join()
    payload = Random(size).randbytes(size)
    assert call.peer.send_data("_reliable", payload, call.wire.now)
    assert call.transport.send_data("_reliable", payload, call.wire.now)
    call.wire.run(2.0)
    assert call.peer.data == [("_reliable", payload)]
    assert call.last() == DataReceived("_reliable", payload)
    assert all(len(transmit.data) <= 1200 for transmit in call.wire.sent)
    assert call.transport.buffered("_reliable") == 0


def test_500_reliable_messages_arrive_in_order_through_loss() -> None:
    random = Random(5)
    call = Call().join()
    call.wire.up = call.wire.down = lambda *_: random.random() < 0.03
    for number in range(500):
        assert call.transport.send_data("_reliable", b"%d" % number * 20, call.wire.now)
    call.wire.run(60.0)
    assert call.peer.data == [("_reliable", b"%d" % number * 20) for number in range(500)]
