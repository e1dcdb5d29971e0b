"""Which addresses are bound and which are told, from what the machine has and the file says."""

from collections.abc import Sequence

import pytest

from api.rules.addresses import Filter, MachineAddress, MediaAddresses, choose, is_usable

MACHINE = [
    MachineAddress("lo", "127.0.0.1"),
    MachineAddress("lo", "::1"),
    MachineAddress("eth0", "192.0.2.5"),
    MachineAddress("eth0", "2001:db8::5"),
    MachineAddress("docker0", "172.17.0.1"),
]
ALL = Filter()


def chosen(
    *,
    interfaces: Filter = ALL,
    ips: Filter = ALL,
    loopback: bool = False,
    public: Sequence[str] = (),
    machine: list[MachineAddress] = MACHINE,
) -> MediaAddresses:
    return choose(machine, interfaces=interfaces, ips=ips, loopback=loopback, public=public)


def test_ordinary_addresses_are_bound_and_told() -> None:
    found = chosen()

    assert found.bound == found.advertised == ["192.0.2.5", "2001:db8::5", "172.17.0.1"]


def test_loopback_comes_beside_them_when_asked_for() -> None:
    assert chosen(loopback=True).advertised[-2:] == ["127.0.0.1", "::1"]


def test_a_machine_with_nothing_else_uses_loopback() -> None:
    assert chosen(machine=MACHINE[:2]).bound == ["127.0.0.1", "::1"]


def test_includes_name_all_and_excludes_take_away() -> None:
    assert chosen(interfaces=Filter(includes=["eth*"])).bound == ["192.0.2.5", "2001:db8::5"]
    assert "172.17.0.1" not in chosen(interfaces=Filter(excludes=["docker0"])).bound
    assert chosen(ips=Filter(includes=["192.0.2.0/24"])).bound == ["192.0.2.5"]
    assert chosen(ips=Filter(excludes=["::/0", "172.16.0.0/12"])).bound == ["192.0.2.5"]


def test_a_node_ip_of_our_own_is_the_only_ordinary_one() -> None:
    found = chosen(public=["192.0.2.5"], loopback=True)

    assert found.bound == found.advertised == ["192.0.2.5", "127.0.0.1", "::1"]


def test_the_address_of_a_nat_stands_for_those_behind_it() -> None:
    found = chosen(public=["203.0.113.9"])

    assert found.bound == ["192.0.2.5", "172.17.0.1"]
    assert found.advertised == ["203.0.113.9"]


def test_public_addresses_may_be_several_and_of_both_families() -> None:
    found = chosen(public=["203.0.113.9", "203.0.113.10", "2001:db8::5"])

    assert found.bound == ["192.0.2.5", "172.17.0.1", "2001:db8::5"]
    assert found.advertised == ["203.0.113.9", "203.0.113.10", "2001:db8::5"]


def test_no_more_candidates_than_a_client_should_try() -> None:
    many = [MachineAddress("eth0", f"192.0.2.{n}") for n in range(1, 100)]

    assert len(chosen(machine=many).bound) == 16


@pytest.mark.parametrize("ip", ["169.254.1.1", "fe80::1", "224.0.0.1", "0.0.0.0", "::"])
def test_addresses_that_no_candidate_can_carry(ip: str) -> None:
    assert not is_usable(ip)
