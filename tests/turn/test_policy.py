"""To whom the relay never sends, by any request and in any spelling."""

import ipaddress
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.turn.office import CLIENT, Client, Office, make_config
from turn.addresses import Address
from turn.drop import Drop
from turn.policy import Policy, PolicyError, networks
from turn.stun import Attribute

# IANA's special-purpose address registries (RFC 6890) as they stood in November 2026, globally
# reachable ones too; with them multicast and what clouds answer machines at.
IPV4 = [
    "0.0.0.0/8",
    "0.0.0.0/32",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.88.99.2/32",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "224.0.0.0/4",
    "169.254.169.254/32",
    "169.254.170.2/32",
    "100.100.100.200/32",
    "192.0.0.192/32",
    "168.63.129.16/32",
]
IPV6 = [
    "::1/128",
    "::/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
    "fec0::/10",
    "::/96",
    "::ffff:0:0:0/96",
    "fd00:ec2::254/128",
]
EVERYTHING = networks(["0.0.0.0/0", "::/0"], "opened")
ORDINARY = ["8.8.8.8", "1.1.1.1", "193.0.0.1", "2606:4700::1111", "2a00:1450::1", "2400:cb00::1"]


def edges(texts: list[str]) -> Iterator[str]:
    """The first, the last and one between of each network."""
    for text in texts:
        network = ipaddress.ip_network(text)
        first, count = network.network_address, network.num_addresses
        yield from sorted({str(first + n) for n in (0, count // 3, count - 1)})


def spellings(host: str) -> Iterator[str]:
    """IPv6 addresses that stand for an IPv4 address or lead to it."""
    ipv4 = int(ipaddress.IPv4Address(host))
    for prefix in ("::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"):
        yield str(ipaddress.IPv6Address(prefix) + ipv4)
    yield str(ipaddress.IPv6Address(0x2002 << 112 | ipv4 << 80 | 1))  # 6to4
    teredo = 0x2001_0000 << 96
    yield str(ipaddress.IPv6Address(teredo | ipv4 ^ 0xFFFF_FFFF))  # its client
    yield str(ipaddress.IPv6Address(teredo | ipv4 << 64))  # its server
    for interface in (0x0000_5EFE, 0x0200_5EFE):  # ISATAP, in an ordinary network
        yield str(ipaddress.IPv6Address(0x2A00_1450 << 96 | interface << 32 | ipv4))


SPECIAL = [*edges(IPV4), *edges(IPV6)]
SPELLED = [spelling for host in edges(IPV4) for spelling in spellings(host)]


@pytest.mark.parametrize("opened", [[], EVERYTHING], ids=["nothing", "everything"])
def test_no_request_reaches_a_special_address(opened: list[object]) -> None:
    office = Office(make_config(policy=Policy(opened=opened)))  # type: ignore[arg-type]
    client = Client(office)
    both = Attribute.ADDITIONAL_ADDRESS_FAMILY, bytes([2, 0, 0, 0])
    client.allocate(both)
    assert len(SPECIAL) > 140
    assert len(SPELLED) == 10 * len(list(edges(IPV4)))

    for host in [*SPECIAL, *SPELLED]:
        peer = host, 5000
        assert client.permit(peer).code == 403, host
        assert client.bind(0x4000, peer).code == 403, host
        assert client.indicate(peer, b"hello") == [], host
    assert office.server.dropped == {Drop.FORBIDDEN_PEER: len(SPECIAL) + len(SPELLED)}


def test_one_forbidden_peer_of_several_forbids_all() -> None:
    client = Client(Office(make_config(policy=Policy(opened=EVERYTHING))))
    client.allocate()

    assert client.permit(("8.8.8.8", 1), ("127.0.0.1", 1)).code == 403
    assert client.indicate(("8.8.8.8", 1), b"") == []
    assert client.permit(("8.8.8.8", 1)).code == 0


@pytest.mark.parametrize("host", ORDINARY)
def test_ordinary_addresses_are_opened_by_any_network(host: str) -> None:
    assert Policy(opened=EVERYTHING).allows((host, 5000))
    assert not Policy().allows((host, 5000))
    assert not Policy(opened=EVERYTHING, denied=networks([host], "")).allows((host, 5000))
    assert not Policy(opened=EVERYTHING, closed={(host, 5000)}).allows((host, 5000))


@pytest.mark.parametrize("host", ["10.1.2.3", "127.0.0.1", "::1", "fd00::1", "169.254.169.254"])
def test_special_addresses_are_opened_by_name(host: str) -> None:
    assert Policy(opened=networks([host], "")).allows((host, 5000))
    assert Policy(opened=networks([host], "")).allows_host(host)
    wider = ipaddress.ip_network(host).supernet(new_prefix=4)
    assert not Policy(opened=[wider]).allows((host, 5000))


@pytest.mark.parametrize("host", ["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::"])
def test_what_is_nobody_is_opened_by_nothing(host: str) -> None:
    assert not Policy(opened=networks([host], "")).allows((host, 5000))


def test_who_opens_a_spelling_has_to_open_what_it_stands_for() -> None:
    mapped = networks(["::ffff:0:0/96"], "")

    assert not Policy(opened=mapped).allows(("::ffff:10.0.0.1", 5000))
    assert Policy(opened=[*mapped, *networks(["10.0.0.0/8"], "")]).allows(("::ffff:a00:1", 5000))


def test_our_media_is_reached_on_its_own_ports_only() -> None:
    policy = Policy({"192.168.0.5": {7882, 7883}})
    office = Office(make_config(policy=policy))
    client = Client(office)
    client.allocate()

    assert client.permit(("192.168.0.5", 1)).code == 0  # whose port says nothing
    assert client.bind(0x4000, ("192.168.0.5", 6379)).code == 403
    assert client.indicate(("192.168.0.5", 53), b"") == []
    assert len(client.indicate(("192.168.0.5", 7883), b"")) == 1
    assert client.bind(0x4000, ("192.168.0.5", 7882)).code == 0
    assert client.permit(("192.168.0.6", 7882)).code == 403


def test_a_peer_that_may_not_be_reached_is_not_heard() -> None:
    office = Office(make_config(policy=Policy(opened=EVERYTHING)))
    client = Client(office)
    client.allocate()

    assert client.permit(("127.0.0.1", 1)).code == 403
    assert office.deliver(client.relay(), ("127.0.0.1", 1), b"hello") == []


def test_a_network_that_cannot_be_read_names_its_setting() -> None:
    with pytest.raises(PolicyError, match=r"deny_peer_cidrs: '10.0.0.0/33'"):
        networks(["10.0.0.0/33"], "deny_peer_cidrs")


@given(st.ip_addresses())
def test_any_address_is_allowed_or_not(address: ipaddress.IPv4Address) -> None:
    peer: Address = str(address), 5000
    assert not Policy().allows(peer)
    if not address.is_global:  # what Python knows of these registries
        assert not Policy(opened=EVERYTHING).allows(peer)


def test_the_client_itself_is_nobody_special() -> None:
    client = Client(Office())
    client.allocate()

    assert client.permit(CLIENT).code == 403
