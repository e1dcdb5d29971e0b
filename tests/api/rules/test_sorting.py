"""What begins like what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.sorting import ENOUGH, Kind, kind_of
from sfu.transport.framing import frame
from turn.stun import Attribute, Class, Message, Method

BINDING = bytes(Message(Method.BINDING, Class.REQUEST, bytes(12)))
CHECK = bytes(Message(Method.BINDING, Class.REQUEST, bytes(12), [(Attribute.USERNAME, b"a:b")]))
LONG_CHECK = bytes(
    Message(Method.BINDING, Class.REQUEST, bytes(12), [(Attribute.USERNAME, b"a" * 508)])
)
ALLOCATE = bytes(Message(Method.ALLOCATE, Class.REQUEST, bytes(12)))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", Kind.TLS),
        (b"GET / HTTP/1.1\r\n", Kind.HTTP),
        (b"g", Kind.HTTP),
        (ALLOCATE, Kind.RELAY),
        (BINDING, Kind.RELAY),
        (frame(BINDING), Kind.MEDIA),
        (frame(CHECK), Kind.MEDIA),
        (frame(LONG_CHECK), Kind.MEDIA),
        (bytes(ENOUGH), Kind.UNKNOWN),
        (b"\r\n\r\nGET / HTTP/1.1", Kind.UNKNOWN),
    ],
)
def test_each_is_known_by_its_first_bytes(data: bytes, kind: Kind) -> None:
    assert kind_of(data) == kind


@given(st.binary(max_size=ENOUGH + 2))
def test_what_is_decided_stays_so_and_enough_is_enough(data: bytes) -> None:
    decided = [kind_of(data[:end]) for end in range(len(data) + 1)]

    kinds = [kind for kind in decided if kind is not None]
    assert len(set(kinds)) <= 1
    assert len(kinds) == 0 or decided[-len(kinds) :] == kinds
    assert len(data) < ENOUGH or kind_of(data) is not None
