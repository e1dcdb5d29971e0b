"""Checks of a client, and its answers."""

from random import Random

from api.loadtest.ice import CHECK_SECONDS, CONSENT_SECONDS, PATIENCE_SECONDS, Checker
from sfu.media import IceCredentials
from turn.addresses import pack_address
from turn.stun import Attribute, Class, Message, Method

OURS, THEIRS = IceCredentials("client", "client-password"), IceCredentials("server", "server-pw")
US = ("192.0.2.7", 4000)


def make(*, controlling: bool = True) -> Checker:
    return Checker(OURS, THEIRS, Random(1).randbytes, 10.0, controlling=controlling)


def check(checker: Checker, now: float) -> tuple[Message, bytes]:
    checker.datagrams.clear()
    checker.handle_timeout(now)
    (data,) = checker.datagrams
    return Message.parse(data), data


def quiet(checker: Checker, now: float) -> bool:
    """Nothing is due yet."""
    checker.datagrams.clear()
    checker.handle_timeout(now)
    return not checker.datagrams


def answer(request: Message, password: str = THEIRS.password) -> bytes:
    message = Message(Method.BINDING, Class.SUCCESS, request.transaction)
    return message.sealed(password.encode())


def ask(*attributes: tuple[int, bytes]) -> bytes:
    request = Message(Method.BINDING, Class.REQUEST, bytes(12), list(attributes))
    return request.sealed(OURS.password.encode())


def test_a_check_names_both_ends_and_nominates() -> None:
    request, data = check(make(), 10.0)

    assert request.username == "server:client"
    assert request.has(Attribute.USE_CANDIDATE)
    assert request.has(Attribute.ICE_CONTROLLING)
    assert request.is_authentic(data, THEIRS.password.encode())


def test_checks_go_on_until_one_is_answered_and_then_slower() -> None:
    checker = make()
    check(checker, 10.0)
    request, _ = check(checker, 10.0 + CHECK_SECONDS)

    checker.receive(answer(request), US)
    check(checker, 10.2)

    assert checker.is_connected
    assert quiet(checker, 10.2 + CONSENT_SECONDS - 0.01)
    check(checker, 10.2 + CONSENT_SECONDS)


def test_an_answer_of_somebody_else_does_not_count() -> None:
    checker = make()
    request, _ = check(checker, 10.0)

    checker.receive(answer(request, "wrong"), US)
    checker.receive(answer(Message(Method.BINDING, Class.REQUEST, bytes(12))), US)
    checker.receive(b"\0\1junk", US)

    assert not checker.is_connected


def test_a_server_that_is_not_lite_gets_an_answer() -> None:
    checker = make()

    checker.receive(ask(), US)

    reply = Message.parse(checker.datagrams[-1])
    mapped = reply.get(Attribute.XOR_MAPPED_ADDRESS)
    assert mapped is not None
    assert reply.kind is Class.SUCCESS
    assert mapped[:2] == pack_address(US)[:2]
    assert int.from_bytes(mapped[2:4], "big") == US[1] ^ 0x2112


def test_who_is_controlled_waits_for_the_nomination() -> None:
    checker = make(controlling=False)
    assert quiet(checker, 10.0 + PATIENCE_SECONDS - 0.01)
    request, _ = check(checker, 10.1)
    assert request.has(Attribute.ICE_CONTROLLED)
    assert not request.has(Attribute.USE_CANDIDATE)

    checker.receive(answer(request), US)
    checker.receive(ask(), US)
    assert not checker.is_connected

    checker.receive(ask((int(Attribute.USE_CANDIDATE), b"")), US)
    assert checker.is_connected
