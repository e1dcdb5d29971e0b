import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.commands import (
    AddDataSubscription,
    AddDataTrack,
    RemoveDataSubscription,
    RemoveDataTrack,
)
from sfu.connections import Connection, _send_frame
from sfu.datatracks import HEADER, DataTracks, Frame, FrameDrop

FLAGS = 0x18  # begins and ends its frame


def tracks() -> DataTracks:
    """Ann publishes, Bob and Cat subscribe."""
    known = DataTracks()
    known.add(AddDataTrack("PA_ann", "DTR_1", 7))
    known.subscribe(AddDataSubscription("PA_bob", "DTR_1", 300))
    known.subscribe(AddDataSubscription("PA_cat", "DTR_1", 65535))
    return known


def frame(handle: int, rest: bytes = b"payload", flags: int = FLAGS) -> bytes:
    return HEADER.pack(flags, 0, handle, 11, 12, 13) + rest


def test_each_subscriber_gets_a_frame_under_its_own_number() -> None:
    assert tracks().receive("PA_ann", frame(7)) == [
        Frame("PA_bob", frame(300)),
        Frame("PA_cat", frame(65535)),
    ]


def test_extensions_are_passed_on_as_they_are() -> None:
    extensions = bytes.fromhex("0001 01 03 616263 00")  # two words, one of them the length's
    sent = frame(7, extensions + b"payload", FLAGS | 0x04)
    (got, _) = tracks().receive("PA_ann", sent)
    assert got.payload == frame(300, extensions + b"payload", FLAGS | 0x04)


def test_a_number_is_its_publisher_s_own() -> None:
    known = tracks()
    assert known.receive("PA_bob", frame(7)) == []
    assert known.receive("PA_ann", frame(8)) == []
    assert known.dropped[FrameDrop.UNKNOWN_TRACK] == 2


def test_who_unsubscribes_or_leaves_gets_nothing_more() -> None:
    known = tracks()
    known.unsubscribe(RemoveDataSubscription("PA_bob", "DTR_1"))
    assert [peer for peer, _ in known.receive("PA_ann", frame(7))] == ["PA_cat"]
    known.remove_peer("PA_cat")
    assert known.receive("PA_ann", frame(7)) == []


@pytest.mark.parametrize("leaves", [True, False])
def test_a_track_that_ended_is_unknown(leaves: bool) -> None:
    known = tracks()
    if leaves:
        known.remove_peer("PA_ann")
    else:
        known.remove(RemoveDataTrack("DTR_1"))
    assert known.receive("PA_ann", frame(7)) == []
    assert known.dropped[FrameDrop.UNKNOWN_TRACK] == 1


def test_a_number_can_be_used_again() -> None:
    known = tracks()
    known.add(AddDataTrack("PA_ann", "DTR_2", 7))
    known.remove(RemoveDataTrack("DTR_1"))
    known.subscribe(AddDataSubscription("PA_bob", "DTR_2", 1))
    assert known.receive("PA_ann", frame(7)) == [Frame("PA_bob", frame(1))]


def test_what_is_no_frame_is_dropped() -> None:
    known = tracks()
    for payload in (b"", frame(7)[:11], frame(7, b"", 0x04), frame(7, b"\0\2" + bytes(9), 0x04)):
        assert known.receive("PA_ann", payload) == []
    assert known.dropped[FrameDrop.MALFORMED] == 4


@given(payload=st.binary(max_size=40))
def test_any_bytes_are_forwarded_or_counted(payload: bytes) -> None:
    known = tracks()
    assert len(known.receive("PA_ann", payload)) + 2 * known.dropped.total() == 2


class Slow:
    """A transport whose channel has no room now and then."""

    def __init__(self) -> None:
        self.is_late = self.is_full = False
        self.sent: list[bytes] = []

    def send_data(self, label: str, payload: bytes, now: float, *, begins: bool) -> bool:
        is_taken = not self.is_full and not (begins and self.is_late)
        if is_taken:
            self.sent.append(payload)
        return is_taken


def test_a_frame_is_sent_to_its_end_or_not_at_all() -> None:
    slow = Slow()
    connection = Connection("PA_bob/0", "PA_bob", slow, True)  # type: ignore[arg-type]

    def send(marker: int, frame_number: int, handle: int = 7) -> bool:
        payload = HEADER.pack(marker << 3, 0, handle, 0, frame_number, 0)
        return _send_frame(connection, payload, 0.0)

    first, middle, last = 2, 0, 1
    assert send(first, 1)
    slow.is_late = True
    assert [send(middle, 1), send(last, 1)] == [True, True]
    assert [send(first, 2), send(middle, 2)] == [False, False]
    slow.is_late = False
    assert [send(last, 2), send(first | last, 2, handle=8)] == [False, True]
    assert [send(first, 3), send(last, 3)] == [True, True]
    slow.is_full = True
    assert [send(first, 4)] == [False]
    slow.is_full = False
    assert [send(last, 4), send(first | last, 5)] == [False, True]
