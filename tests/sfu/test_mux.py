import pytest

from sfu.mux import Mux, PacketClass, classify
from sfu.path import Path
from turn.stun import Attribute, Class, Message, Method

HERE: Path = (0, ("192.0.2.1", 5000))
THERE: Path = (0, ("192.0.2.2", 5000))


class Owner:
    """Holds an address until a given time."""

    def __init__(self, until: float) -> None:
        self.until = until

    def holds(self, path: Path, now: float) -> bool:
        return now < self.until


def check(username: bytes) -> bytes:
    attributes = [(int(Attribute.USERNAME), username)]
    return Message(Method.BINDING, Class.REQUEST, bytes(12), attributes).sealed(b"key")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", PacketClass.OTHER),
        (b"\x00", PacketClass.STUN),
        (b"\x03", PacketClass.STUN),
        (b"\x04", PacketClass.OTHER),
        (b"\x13", PacketClass.OTHER),
        (b"\x14", PacketClass.DTLS),
        (b"\x3f", PacketClass.DTLS),
        (b"\x40", PacketClass.OTHER),
        (b"\x7f", PacketClass.OTHER),
        (b"\x80", PacketClass.MEDIA),
        (b"\xbf", PacketClass.MEDIA),
        (b"\xc0", PacketClass.OTHER),
        (b"\xff", PacketClass.OTHER),
    ],
)
def test_the_first_byte_tells_the_kind(data: bytes, kind: PacketClass) -> None:
    assert classify(data) is kind
    assert classify(memoryview(data)) is kind


def test_checks_go_by_our_part_of_the_name() -> None:
    mux: Mux[Owner] = Mux()
    owner = Owner(0)
    mux.register("ours", owner)
    found = mux.route(check(b"ours:theirs"))

    assert found is not None
    assert found[1] is owner
    assert found[0].username == "ours:theirs"
    assert mux.route(check(b"other:theirs")) is None
    assert mux.route(check(b"\xff")) is None
    assert mux.route(b"\0\1") is None


def test_an_address_stays_with_a_transport_that_uses_it() -> None:
    mux: Mux[Owner] = Mux()
    owner, thief = Owner(until=10.0), Owner(until=10.0)

    assert mux.bind(HERE, owner, now=0.0)
    assert mux.bind(HERE, owner, now=1.0)
    assert not mux.bind(HERE, thief, now=2.0)
    assert mux.by_path(HERE) is owner


def test_an_address_that_is_not_used_any_more_changes_hands() -> None:
    mux: Mux[Owner] = Mux()
    old, new = Owner(until=10.0), Owner(until=20.0)
    mux.bind(HERE, old, now=0.0)

    assert mux.bind(HERE, new, now=10.0)
    mux.unbind(HERE, old)
    assert mux.by_path(HERE) is new


def test_a_transport_that_ends_leaves_nothing() -> None:
    mux: Mux[Owner] = Mux()
    gone, stays = Owner(10.0), Owner(10.0)
    mux.register("gone", gone)
    mux.register("stays", stays)
    mux.bind(HERE, gone, now=0.0)
    mux.bind(THERE, stays, now=0.0)
    mux.forget(gone)

    assert mux.route(check(b"gone:x")) is None
    assert mux.route(check(b"stays:x")) is not None
    assert (mux.by_path(HERE), mux.by_path(THERE)) == (None, stays)


def test_a_retired_name_is_nobodys() -> None:
    mux: Mux[Owner] = Mux()
    mux.register("old", Owner(0))
    mux.retire("old")
    mux.retire("old")
    assert mux.route(check(b"old:x")) is None
