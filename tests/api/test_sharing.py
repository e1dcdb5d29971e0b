"""Services that are given the web server's port: what is listened on, and what is told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.config import engine_configs
from api.plan import Plan
from api.relay import Relay, RelayPlan, plan_beside
from api.rules.addresses import MediaAddresses
from api.rules.relaying import RelayPorts
from api.settings import SettingsError
from api.tls import make_certificate
from sfu.media import Candidate
from tests.api.planning import make
from turn.aio.service import RelayService

EVERYWHERE = ["0.0.0.0", "::"]


def plan(settings: dict[str, Any], binds: list[str] = EVERYWHERE, **parts: Any) -> Plan:
    return make({"port": 443, **settings}, binds=binds, **parts)


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    files = {"cert_file": tmp_path / "cert.pem", "key_file": tmp_path / "key.pem"}
    for file, pem in zip(files.values(), make_certificate(["a"], datetime.now(UTC)), strict=True):
        file.write_bytes(pem)
    return {name: str(file) for name, file in files.items()}


def urls(made: RelayPlan) -> list[str]:
    return Relay(RelayService.__new__(RelayService), made).urls


def test_media_over_tcp_is_told_at_the_port_of_the_page() -> None:
    for config in engine_configs(plan({"rtc": {"tcp_port": 443}}, workers=[9000, 9001])):
        assert config.tcp_port is None
        assert config.elsewhere == [Candidate("tcp", "203.0.113.1", 443)]


def test_only_addresses_that_the_page_listens_on_are_told() -> None:
    here = MediaAddresses(["192.0.2.1", "192.0.2.2", "2001:db8::1"])
    settings = {"rtc": {"tcp_port": 443}}

    (config,) = engine_configs(plan(settings, ["192.0.2.2", "::"], media=here))
    assert [one.ip for one in config.elsewhere] == ["192.0.2.2", "2001:db8::1"]

    with pytest.raises(SettingsError, match=r"rtc\.tcp_port .* does not listen on 192\.0\.2\.1"):
        engine_configs(plan(settings, ["192.0.2.9"], media=here))


def test_another_port_is_nobody_s_but_media_s() -> None:
    (config,) = engine_configs(plan({"rtc": {"tcp_port": 7881}}))

    assert (config.tcp_port, config.elsewhere) == (7881, ())


def test_the_relay_leaves_the_port_of_the_page_to_the_page(certificate: dict[str, str]) -> None:
    turn = {"domain": "turn.example", "udp_port": 3478, "tls_port": 443, **certificate}
    made = plan_beside(plan({"turn": turn}))

    assert made.shared is not None
    assert made.ports == RelayPorts(3478, 3478, 443)
    assert made.ports.without(443) == RelayPorts(3478, 3478, None)
    assert urls(made)[-1] == "turns:turn.example:443?transport=tcp"


def test_the_relay_s_address_must_be_one_of_the_page_s(certificate: dict[str, str]) -> None:
    turn = {"domain": "turn.example", "tls_port": 443, **certificate}
    with pytest.raises(SettingsError, match=r"turn\.tls_port is the port of HTTP"):
        plan_beside(plan({"turn": turn}, ["127.0.0.1"]))


def test_ports_outside_are_told_and_those_inside_listened_on(certificate: dict[str, str]) -> None:
    public = {"ports": {"8443/tcp": 443, "3478/udp": 13478}}
    turn = {"domain": "turn.example", "tcp_port": 8443, "tls_port": 8443, **certificate}
    settings = {"port": 8443, "public": public, "turn": turn, "rtc": {"tcp_port": 8443}}
    made = plan_beside(plan(settings))

    assert made.ports == RelayPorts(3478, 8443, 8443)
    assert urls(made) == [
        "turn:turn.example:13478?transport=udp",
        "turn:turn.example:443?transport=tcp",
        "turns:turn.example:443?transport=tcp",
    ]
    (config,) = engine_configs(plan(settings))
    assert config.elsewhere == [Candidate("tcp", "203.0.113.1", 443)]


@pytest.mark.parametrize(
    ("ports", "sentence"),
    [
        ({"443/sctp": 1}, r"public\.ports: '443/sctp' is neither a port"),
        ({"7882/udp": 1}, r"public\.ports: media is told the port 7882 that it listens on"),
        ({"7881": 1}, r"public\.ports: media is told the port 7881 that it listens on"),
    ],
)
def test_what_cannot_be_told_is_said(ports: dict[str, int], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        engine_configs(plan({"public": {"ports": ports}}))


def test_a_family_that_the_page_does_not_listen_on_is_not_told_of() -> None:
    here = MediaAddresses(["192.0.2.1", "2001:db8::1"], ["192.0.2.1", "2001:db8::1"])
    settings = {"turn": {"udp_port": 3478, "tcp_port": 443}}

    assert urls(plan_beside(plan(settings, ["0.0.0.0"], media=here))) == [
        "turn:192.0.2.1:3478?transport=udp",
        "turn:192.0.2.1:443?transport=tcp",
        "turn:[2001:db8::1]:3478?transport=udp",
    ]
