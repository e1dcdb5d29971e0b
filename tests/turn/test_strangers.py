"""What those get and cost who have not proven who they are."""

import json
import os
from pathlib import Path

import pytest

from tests.turn.office import UDP, Client, Office, make_config
from turn.credit import Credit, Rates, source
from turn.drop import Drop
from turn.stun import Attribute, Class, Message, Method

MANY = 100_000


def resident() -> float:
    """MB of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def flood(office: Office, sources: int, per_second: int) -> tuple[int, int]:
    """Bytes in and out of so many Allocates, of which most look as if they were a user's."""
    received = sent = 0
    credentials = [
        (Attribute.USERNAME, b"1800000000:ann"),
        (Attribute.REALM, b"housecall"),
        (Attribute.NONCE, b"x" * 29),
    ]
    sealed = Message(Method.ALLOCATE, Class.REQUEST, bytes(12), [UDP, *credentials]).sealed(b"no")
    bare = bytes(Message(Method.ALLOCATE, Class.REQUEST, bytes(12), [UDP]))
    for number in range(MANY):
        office.now += 1 / per_second
        data = sealed if number % 10 == 0 else bare
        of = number % sources
        answers = office.send(data, (f"10.{of >> 16}.{of >> 8 & 255}.{of & 255}", 5000))
        received += len(data)
        sent += sum(len(answer.data) for answer in answers)
    return received, sent


@pytest.mark.parametrize("sources", [1, 20_000, MANY])
def test_a_flood_costs_no_memory_and_is_not_amplified(sources: int) -> None:
    office = Office()
    before = resident()
    received, sent = flood(office, sources, per_second=20_000)
    growth = resident() - before
    factor = sent / received
    figures = {"allocates": MANY, "sources": sources, "amplification": round(factor, 3)}
    print(json.dumps({**figures, "memory_mb": round(growth, 3)}))

    assert growth < 5
    assert 0 < factor <= 1.0
    assert office.sockets.open_now == {}
    assert office.server.dropped[Drop.UNPAID] > 0


def test_during_a_flood_others_still_get_some_of_the_answers() -> None:
    office = Office()
    flood(office, MANY, per_second=50_000)
    request = bytes(Message(Method.ALLOCATE, Class.REQUEST, bytes(12), [UDP]))
    answered = 0
    for number in range(300):
        flooding = office.send(request, (f"10.200.{number >> 8}.{number & 255}", 5000))
        answered += len(office.send(request, (f"192.0.2.{number % 256}", 5000)))
        assert len(flooding) <= 1

    assert answered > 30


def test_one_source_gets_so_many_answers_per_second_and_others_theirs() -> None:
    office = Office(make_config(rates=Rates(burst=5, per_second=2)))
    request = bytes(Message(Method.BINDING, Class.REQUEST, bytes(12)))

    def answers(host: str) -> int:
        return sum(len(office.send(request, (host, port))) for port in range(10))

    assert answers("192.0.2.1") == 5
    assert answers("192.0.2.2") == 5
    office.wait(1.5)
    assert answers("192.0.2.1") == 3


def test_a_stream_proves_its_address() -> None:
    credit = Credit(Rates(reserve=0, reserve_per_second=0, earned=0))

    assert not credit.may_answer("192.0.2.1", 28, 90, 1.0, proven=False)
    assert credit.may_answer("192.0.2.1", 28, 90, 1.0, proven=True)


def test_addresses_of_one_ipv6_network_are_one_source() -> None:
    assert source("2001:db8::1") == source("2001:db8::2:3")
    assert source("2001:db8::1") != source("2001:db8:0:1::1")
    assert source("192.0.2.1") != source("192.0.2.2")
    assert source("fe80::1%eth0") == source("fe80::2")


def test_a_user_is_answered_even_when_strangers_are_not() -> None:
    office = Office(make_config(rates=Rates(burst=1, per_second=0)))
    client = Client(office)

    assert client.allocate().code == 0
    assert client.refresh(600).code == 0
    assert client.permit(("127.0.0.1", 1)).code == 403
