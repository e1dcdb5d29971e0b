"""What is ours is looked at where it listens, whatever clients are told."""

import pytest

from api.relay import RelayPlan
from api.rules.addresses import MediaAddresses
from api.rules.publicity import PublicPorts
from api.rules.relaying import RelayPorts
from api.selfcheck.nearby import Nearby
from sfu.media import Candidate
from turn.config import RelayConfig
from turn.credentials import Credentials
from turn.policy import Policy

OWN, OUTSIDE = "192.168.1.5", "198.51.100.7"


def plan(**changes: object) -> RelayPlan:
    config = RelayConfig({1: OUTSIDE}, Credentials(), Policy({}))
    values = {
        "config": config, "binds": [OWN], "relay_binds": {1: OWN}, "near": {OUTSIDE: OWN},
        "ports": RelayPorts(3478, 3478, 5349), "told": [OUTSIDE], "told_tcp": [OUTSIDE],
        "tls_host": "relay.example", "tls": None, "public": PublicPorts({"3478": 443}),
    }  # fmt: skip
    return RelayPlan(**(values | changes))  # type: ignore[arg-type]


def nearby(relay: RelayPlan | None) -> Nearby:
    return Nearby.of(MediaAddresses([OWN], [OUTSIDE]), relay)


def test_media_behind_a_nat_is_at_our_own_address() -> None:
    assert nearby(None).media(Candidate("udp", OUTSIDE, 7882)) == (OWN, 7882)


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_our_relay_is_at_our_own_address_and_port(way: str) -> None:
    url, at = nearby(plan()).url(f"turn:{OUTSIDE}:443?transport={way}")

    assert (url.host, url.transport, at) == (OUTSIDE, way, (OWN, 3478))


def test_a_name_leads_to_where_the_relay_listens_and_certificates_are_for_it() -> None:
    url, at = nearby(plan()).url("turns:relay.example:5349?transport=tcp")

    assert (url.host, url.transport, at) == ("relay.example", "tls", (OWN, 5349))


def test_a_proxy_that_ends_tls_is_left_out() -> None:
    url, at = nearby(plan(external_tls=True)).url("turns:relay.example:5349?transport=tcp")

    assert (url.transport, at) == ("tcp", (OWN, 5349))


def test_a_relay_of_somebody_else_is_where_it_says() -> None:
    url, at = nearby(plan()).url("turn:turn.other.example:3478?transport=udp")

    assert (url.host, at) == ("turn.other.example", None)
