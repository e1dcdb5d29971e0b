"""Checks find their node by the commands that it was sent."""

import pytest

from sfu.commands import (
    AddPeer,
    AddTransport,
    Command,
    ConnectTransport,
    RemovePeer,
    RemoveTransport,
)
from sfu.credentials import Credentials
from sfu.media import Fingerprint, IceCredentials, Setup
from turn.stun import Attribute, Class, Message, Method

FIRST = IceCredentials("first", "password-of-the-first")
SECOND = IceCredentials("second", "password-of-the-second")
THIRD = IceCredentials("third", "password-of-the-third")
REMOTE = IceCredentials("them", "password-of-theirs")


def check(
    local: IceCredentials = FIRST,
    *,
    method: int = Method.BINDING,
    kind: Class = Class.REQUEST,
    password: str | None = None,
) -> bytes:
    username = (int(Attribute.USERNAME), f"{local.ufrag}:them".encode())
    key = (local.password if password is None else password).encode()
    return Message(method, kind, bytes(12), [username]).sealed(key or None)


def restart(local: IceCredentials) -> ConnectTransport:
    fingerprint = Fingerprint("sha-256", ":".join(["CD"] * 32))
    return ConnectTransport("PA_1/0", local, REMOTE, fingerprint, Setup.ACTIVE)


def known(*commands: Command, owner: str = "node") -> Credentials[str]:
    credentials = Credentials[str]()
    before = AddPeer("RM_1", "PA_1", "ann"), AddTransport("PA_1/0", "PA_1", FIRST)
    for command in (*before, *commands):
        credentials.observe(command, owner)
    return credentials


def test_an_authentic_check_names_its_node() -> None:
    assert known().owner_of(check()) == "node"


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x16\xfe\xff" + bytes(40),
        check()[:-1],
        check(password=""),
        check(password="another"),
        check(SECOND),
        check(kind=Class.INDICATION),
        check(method=Method.ALLOCATE),
        Message(Method.BINDING, Class.REQUEST, bytes(12)).sealed(FIRST.password.encode()),
    ],
    ids=[
        "nothing", "dtls", "truncated", "no integrity", "another password", "another name",
        "an indication", "another method", "no name",
    ],
)  # fmt: skip
def test_nothing_else_names_any(datagram: bytes) -> None:
    assert known().owner_of(datagram) is None


def test_a_restart_keeps_the_credentials_before_it_and_no_older_ones() -> None:
    credentials = known(restart(FIRST), restart(SECOND))
    assert credentials.owner_of(check(FIRST)) == credentials.owner_of(check(SECOND)) == "node"

    credentials.observe(restart(THIRD), "node")
    assert credentials.owner_of(check(FIRST)) is None
    assert credentials.owner_of(check(SECOND)) == credentials.owner_of(check(THIRD)) == "node"


@pytest.mark.parametrize("last", [RemoveTransport("PA_1/0"), RemovePeer("PA_1")])
def test_what_is_removed_is_forgotten(last: Command) -> None:
    credentials = known(last, restart(SECOND), RemovePeer("PA_1"), RemoveTransport("PA_1/0"))

    assert credentials.owner_of(check(FIRST)) is None
    assert credentials.owner_of(check(SECOND)) is None


def test_a_lost_node_takes_its_transports_with_it() -> None:
    credentials = known()
    credentials.observe(AddTransport("PA_2/0", "PA_2", SECOND), "other")

    credentials.forget("node")

    assert credentials.owner_of(check(FIRST)) is None
    assert credentials.owner_of(check(SECOND)) == "other"
