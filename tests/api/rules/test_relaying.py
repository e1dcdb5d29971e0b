import pytest

from api.rules.relaying import RelayPorts, by_family, relay_ports, urls


def test_of_each_family_the_first_address_and_loopback_only_alone() -> None:
    assert by_family(["127.0.0.1", "192.0.2.1", "192.0.2.2", "::1"]) == {1: "192.0.2.1"}
    assert by_family(["2001:db8::1", "192.0.2.1"]) == {1: "192.0.2.1", 2: "2001:db8::1"}
    assert by_family(["::1", "127.0.0.1"]) == {1: "127.0.0.1", 2: "::1"}


def test_urls_name_the_ports_that_are_listened_on() -> None:
    assert urls(["192.0.2.1", "2001:db8::1"], RelayPorts(3478, 3479, 5350), "relay.example") == [
        "turn:192.0.2.1:3478?transport=udp",
        "turn:192.0.2.1:3479?transport=tcp",
        "turn:[2001:db8::1]:3478?transport=udp",
        "turn:[2001:db8::1]:3479?transport=tcp",
        "turns:relay.example:5350?transport=tcp",
    ]
    assert urls(["192.0.2.1"], RelayPorts(None, None, 5349), "") == []


def test_ports_to_relay_by() -> None:
    assert relay_ports(0, 0) == range(30_000, 40_001)
    assert relay_ports(5000, 5000) == range(5000, 5001)
    with pytest.raises(ValueError, match="relay_range_start 5001 is behind"):
        relay_ports(5001, 5000)
