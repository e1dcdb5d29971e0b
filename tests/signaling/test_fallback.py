"""Whose media is lost while its signaling goes on comes back by another way."""

import pytest
from livekit.protocol import models, rtc

from sfu.events import TransportChanged, TransportState
from signaling.config import OwnRelay, SignalingConfig
from tests.signaling.stage import Client, Stage, join_request

RELAY = OwnRelay(("turn:192.0.2.1:3478", "turns:relay.test:443"), "devkey", "secret")


def lose_media(client: Client, reason: str = "consent") -> None:
    failed = TransportChanged(f"{client.sid}/0", client.sid, TransportState.FAILED, reason)
    client.stage.tell(failed)


def talk(client: Client, seconds: float) -> None:
    """Its pings, as those of a client whose signaling is well."""
    for _ in range(int(seconds / 5)):
        client.stage.wait(5)
        client.say(ping_req=rtc.Ping(timestamp=1))


def back(client: Client) -> Client:
    """After a resume with the restart of ICE."""
    again = client.resume()
    again.log.insert(0, ("join", client.last("join")))  # it may resume again
    again.offers.ice += 1
    again.say(offer=rtc.SessionDescription(type="offer", sdp=again.offers.sdp(), id=9))
    if not again.single:
        again.settle()
    again.media(TransportState.CONNECTED)
    return again


def protocols(client: Client) -> set[str]:
    """Of the candidates in the last answer."""
    lines = client.last("answer").sdp.splitlines()
    return {line.split()[2] for line in lines if line.startswith("a=candidate")}


def joined(config: SignalingConfig | None = None, seconds: float = 30) -> Client:
    client = Stage(config).join("ann")
    client.connect()
    talk(client, seconds)
    return client


def test_a_connection_that_is_cut_soon_comes_back_by_tcp() -> None:
    ann = joined()
    assert protocols(ann) == {"udp", "tcp"}

    lose_media(ann)

    assert ann.last("leave").action == rtc.LeaveRequest.Action.RESUME
    assert protocols(back(ann)) == {"tcp"}


def test_it_is_remembered_for_the_next_joins() -> None:
    ann = joined()
    lose_media(ann)
    assert protocols(ann.stage.join("ann")) == {"tcp"}
    ann.stage.wait(301)
    assert protocols(ann.stage.join("ann")) == {"udp", "tcp"}
    assert protocols(ann.stage.join("ben")) == {"udp", "tcp"}


def test_a_long_call_has_to_fail_twice() -> None:
    ann = joined(seconds=120)
    lose_media(ann)
    ann = back(ann)
    assert protocols(ann) == {"udp", "tcp"}
    talk(ann, 40)
    lose_media(ann)
    assert protocols(back(ann)) == {"tcp"}


def test_two_failures_far_from_each_other_are_no_sign() -> None:
    ann = joined(seconds=120)
    for _ in range(3):
        lose_media(ann)
        ann = back(ann)
        assert protocols(ann) == {"udp", "tcp"}
        talk(ann, 100)


def test_behind_tcp_comes_the_relay_over_tls() -> None:
    ann = joined(SignalingConfig(relay=RELAY))
    lose_media(ann)
    ann = back(ann)
    talk(ann, 20)
    lose_media(ann)
    ann = back(ann)

    answer = ann.last("reconnect")
    assert answer.client_configuration.force_relay == models.ClientConfigSetting.ENABLED
    assert [url for server in answer.ice_servers for url in server.urls] == [RELAY.urls[1]]
    assert protocols(ann) == {"udp", "tcp"}  # the relay goes on by UDP
    talk(ann, 20)
    lose_media(ann)  # there is nothing more
    assert back(ann).last("reconnect").client_configuration == answer.client_configuration


@pytest.mark.parametrize("single", [True, False], ids=["single", "dual"])
def test_both_connections_get_the_new_addresses(single: bool) -> None:
    stage = Stage()
    ann = stage.join("ann", single=single)
    if not single:
        ann.offers.add_receivers(1, 0)
        ann.offer()
        ann.answer()
    ann.connect()
    talk(ann, 30)
    lose_media(ann)
    ann = back(ann)
    assert protocols(ann) == {"tcp"}
    if not single:
        assert " udp " not in ann.last("offer").sdp


def test_a_network_that_was_away_altogether_is_no_reason() -> None:
    ann = joined()
    ann.stage.wait(15)  # it says nothing either
    lose_media(ann)
    assert protocols(back(ann)) == {"udp", "tcp"}


def test_other_ends_are_no_reason() -> None:
    for reason in ("closed", "dtls", "fingerprint"):
        ann = joined()
        lose_media(ann, reason)
        assert protocols(ann.stage.join("ann")) == {"udp", "tcp"}


def test_go_clients_keep_their_addresses() -> None:
    stage = Stage()
    request = join_request("")
    request.client_info.sdk = models.ClientInfo.SDK.GO
    seen = stage.join("ann")
    request.publisher_offer.CopyFrom(
        rtc.SessionDescription(type="offer", sdp=seen.offers.sdp(), id=1)
    )
    ann = Client(stage, stage.enter(stage.visit("ann", request)), seen.offers, single=True)
    ann.connect()
    talk(ann, 30)
    lose_media(ann)
    assert protocols(stage.join("ann")) == {"udp", "tcp"}


def test_the_operator_may_forbid_it() -> None:
    ann = joined(SignalingConfig(allow_tcp_fallback=False))
    lose_media(ann)
    assert protocols(back(ann)) == {"udp", "tcp"}
