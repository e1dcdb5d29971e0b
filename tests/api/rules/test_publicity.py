"""Ports outside for ports inside."""

import pytest

from api.rules.publicity import PublicPorts


def test_a_port_is_another_outside_for_one_protocol_or_both() -> None:
    ports = PublicPorts({"7880/tcp": 443, "3478": 13478})

    assert (ports.tcp(7880), ports.udp(7880)) == (443, 7880)
    assert (ports.tcp(3478), ports.udp(3478)) == (13478, 13478)
    assert ports.tcp(5349) == 5349


@pytest.mark.parametrize("inside", ["", "tcp", "3478/sctp", "0", "70000", "-1", "3478/udp "])
def test_what_is_no_port_is_refused(inside: str) -> None:
    with pytest.raises(ValueError, match=r"public\.ports"):
        PublicPorts({inside: 443})
