"""The relay's settings, as the file has them and as the relay takes them."""

import asyncio
import socket

import pytest

from api import relay as relaying
from api.listen import ListenError
from api.plan import wants_relay
from api.relay import Relay, RelayPlan, listening, plan_beside, plan_relay, start_beside
from api.relayalone import plan_alone
from api.rules.addresses import MediaAddresses
from api.rules.relaying import RelayPorts
from api.settings import Settings, SettingsError
from sfu.media import Candidate, Fingerprint, NodeInfo
from tests.api.planning import make

HERE = MediaAddresses(["192.0.2.1"], ["203.0.113.5"])


def settings(**turn: object) -> Settings:
    return Settings.model_validate({"turn": turn})


def plan(**turn: object) -> RelayPlan:
    return plan_relay(settings(**turn), HERE, {"APIkey": "secret"}, {"203.0.113.5": {7882}})


def test_behind_a_nat_it_listens_here_and_tells_the_other_address() -> None:
    made = plan()

    assert made.binds == ["192.0.2.1"]
    assert made.relay_binds == {1: "192.0.2.1"}
    assert made.config.hosts == {1: "203.0.113.5"}
    assert made.told == ["203.0.113.5"]
    assert made.ports == RelayPorts(3478, 3478, None)


def test_only_our_media_is_reached_until_more_is_opened() -> None:
    policy = plan().config.policy
    assert policy.allows(("203.0.113.5", 7882))
    assert not policy.allows(("203.0.113.5", 7883))
    assert not policy.allows(("8.8.8.8", 7882))

    opened = plan(allow_peers=["0.0.0.0/0"], deny_peer_cidrs=["8.8.8.0/24"]).config.policy
    assert opened.allows(("1.1.1.1", 7882))
    assert not opened.allows(("8.8.8.8", 7882))
    assert not opened.allows(("10.0.0.1", 7882))


def test_beside_a_server_its_media_is_reached_on_ports_that_the_system_chose() -> None:
    made = plan_beside(make({"rtc": {"udp_port": "0"}}))
    policy = made.config.policy
    assert not policy.allows(("203.0.113.1", 40_000))

    info = NodeInfo("ND_1", [Candidate("udp", "203.0.113.1", 40_000)], Fingerprint("sha-256", ""))
    made.let_reach([info])
    assert policy.allows(("203.0.113.1", 40_000))
    assert policy.allows(("192.0.2.1", 40_000))


def test_behind_a_nat_our_media_is_reached_directly() -> None:
    assert plan().near == {"203.0.113.5": "192.0.2.1"}
    assert plan_relay(settings(), MediaAddresses(["192.0.2.1"], ["192.0.2.1"]), {}, {}).near == {}


@pytest.mark.parametrize(
    ("turn", "has_file", "expected"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"domain": "relay.example"}, True, True),
        ({"enabled": True}, True, True),
        ({"enabled": False}, False, False),
    ],
)
def test_there_is_a_relay_unless_a_file_says_nothing_of_it(
    turn: dict[str, object], has_file: bool, expected: bool
) -> None:
    made = settings(**turn) if turn else Settings()
    assert wants_relay(made, has_file) == expected


def test_usual_ports_that_are_taken_mean_no_relay_and_named_ones_an_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def start(turn: dict[str, object]) -> Relay | None:
        values = {"turn": turn} if turn else {}
        media = MediaAddresses(["127.0.0.1"], ["127.0.0.1"])
        return await start_beside(make(values, media=media, relays=True))

    async def scenario() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            monkey.setattr(relaying, "UDP_PORT", taken.getsockname()[1])
            assert await start({}) is None
            with pytest.raises(ListenError, match=r"is in use"):
                await start({"udp_port": taken.getsockname()[1]})

    with pytest.MonkeyPatch.context() as monkey:
        asyncio.run(scenario())
    assert "there is no relay: port" in caplog.text


def test_short_names_of_keys() -> None:
    turn = settings(bind=["192.0.2.1"], allow_peers=["10.0.0.0/8"]).turn

    assert turn.bind_addresses == ["192.0.2.1"]
    assert turn.allow_restricted_peer_cidrs == ["10.0.0.0/8"]


def test_ports() -> None:
    def ports(**turn: object) -> RelayPorts:
        return listening(settings(**turn), has_certificate=False)

    assert ports(udp_port=4000) == RelayPorts(4000, 4000, None)
    assert ports(udp_port=4000, tcp_port=0) == RelayPorts(4000, None, None)
    assert ports(external_tls=True, udp_port=0) == RelayPorts(None, None, 5349)
    assert listening(settings(), has_certificate=True).tls == 5349


@pytest.mark.parametrize(
    ("turn", "sentence"),
    [
        ({"tls_port": 443}, r"turn\.tls_port needs turn\.cert_file"),
        ({"cert_file": "a"}, r"turn\.cert_file and turn\.key_file go together"),
        ({"deny_peer_cidrs": ["10.0.0.1/8"]}, r"turn\.deny_peer_cidrs: 10.0.0.1/8 has host bits"),
        ({"relay_range_start": 41_000}, r"relay_range_start 41000 is behind"),
    ],
)
def test_what_cannot_be_is_said(turn: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        plan(**turn)


def test_a_relay_that_nobody_may_use_does_not_start() -> None:
    with pytest.raises(SettingsError, match="nobody may use the relay"):
        plan_alone(settings())


def test_secrets_are_not_shown() -> None:
    shown = repr(settings(users={"ann": "hush"}, secrets=["hush"]))

    assert "hush" not in shown
