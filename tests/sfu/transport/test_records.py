import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.transport.records import Admitted, Phase, admit, pack, split

CLIENT_HELLO, SERVER_HELLO, FINISHED = 1, 2, 20


def record(kind: int, body: bytes, epoch: int = 0, version: bytes = b"\xfe\xfd") -> bytes:
    return (
        bytes([kind])
        + version
        + epoch.to_bytes(2, "big")
        + bytes(6)
        + len(body).to_bytes(2, "big")
        + body
    )


def message(kind: int, body: bytes = b"", length: int | None = None, offset: int = 0) -> bytes:
    size = len(body) if length is None else length
    return (
        bytes([kind])
        + size.to_bytes(3, "big")
        + bytes(2)
        + offset.to_bytes(3, "big")
        + len(body).to_bytes(3, "big")
        + body
    )


HELLO = record(22, message(SERVER_HELLO, b"hello"))
ALERT = record(21, b"\x02\x28")


def test_a_flight_is_cut_at_its_records() -> None:
    flight = HELLO + ALERT + HELLO
    assert list(split(flight)) == [HELLO, ALERT, HELLO]
    assert list(split(flight[:-1])) == [HELLO, ALERT]


def test_records_are_packed_in_order_into_datagrams() -> None:
    small, large = record(22, bytes(500)), record(22, bytes(1100))
    assert pack([small, small, small]) == [small + small, small]
    assert pack([small, large, small]) == [small, large, small]
    assert pack([]) == []


@pytest.mark.parametrize(
    ("data", "phase"),
    [
        (HELLO, Phase.FROM_SERVER),
        (record(22, message(11, b"x") + message(12, b"y") + message(14)), Phase.FROM_SERVER),
        (record(22, message(11, b"part", length=2000, offset=1996)), Phase.FROM_SERVER),
        (record(22, message(CLIENT_HELLO, b"hello")), Phase.FROM_CLIENT),
        (record(22, message(CLIENT_HELLO, b"hi"), version=b"\xfe\xff"), Phase.FROM_CLIENT),
        (record(22, message(16, b"key")) + record(20, b"\1"), Phase.FROM_CLIENT),
        (record(22, b"encrypted", epoch=1), Phase.FROM_SERVER),
        (record(23, b"encrypted", epoch=1), Phase.FINISHED),
        (record(21, b"encrypted", epoch=1), Phase.FINISHED),
    ],
)
def test_what_an_honest_peer_sends_goes_on(data: bytes, phase: Phase) -> None:
    assert admit(data, phase) == Admitted(data, 0, False)


@pytest.mark.parametrize(
    ("data", "phase"),
    [
        (record(22, message(CLIENT_HELLO, b"hello")), Phase.FROM_SERVER),
        (HELLO, Phase.FROM_CLIENT),
        (HELLO, Phase.FINISHED),
        (record(20, b"\1"), Phase.FINISHED),
        (record(20, b"\2"), Phase.FROM_SERVER),
        (record(22, message(FINISHED, b"x")), Phase.FROM_SERVER),
        (record(22, message(0)), Phase.FROM_SERVER),  # HelloRequest
        (record(22, message(SERVER_HELLO, b"x") + message(99)), Phase.FROM_SERVER),
        (record(22, message(SERVER_HELLO, b"x")[:-1]), Phase.FROM_SERVER),
        (record(22, message(SERVER_HELLO, b"xx", length=1)), Phase.FROM_SERVER),
        (record(22, b""), Phase.FROM_SERVER),
        (record(23, b"data"), Phase.FROM_SERVER),
        (record(24, b"heartbeat"), Phase.FROM_SERVER),
        (record(22, message(SERVER_HELLO), version=b"\x03\x03"), Phase.FROM_SERVER),
    ],
)
def test_what_only_a_forger_sends_is_held_back(data: bytes, phase: Phase) -> None:
    assert admit(data, phase) == Admitted(b"", 1, False)
    assert admit(HELLO + data, Phase.FROM_SERVER).data.startswith(HELLO)


def test_a_fatal_alert_is_held_back_and_remembered() -> None:
    assert admit(ALERT, Phase.FROM_SERVER) == Admitted(b"", 1, True)
    assert admit(record(21, b"\x01\x00"), Phase.FROM_SERVER) == Admitted(b"", 1, False)


def test_a_truncated_record_does_not_take_the_good_ones_with_it() -> None:
    assert admit(HELLO + HELLO[:-2], Phase.FROM_SERVER) == Admitted(HELLO, 0, False)


@given(st.lists(st.binary(max_size=1400), max_size=12))
def test_packing_keeps_every_byte_in_order(bodies: list[bytes]) -> None:
    records = [record(22, body) for body in bodies]
    datagrams = pack(records)
    assert b"".join(datagrams) == b"".join(records)
    assert all(len(d) <= 1200 or len(list(split(d))) == 1 for d in datagrams)


@given(
    st.one_of(st.binary(max_size=100), st.binary(max_size=60).map(lambda body: record(22, body))),
    st.sampled_from(Phase),
)
def test_any_bytes_are_admitted_or_held_back(data: bytes, phase: Phase) -> None:
    admitted = admit(data, phase)
    assert admitted.data in data or len(list(split(admitted.data))) > 1
    assert admit(admitted.data, phase).data == admitted.data
