import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulcast.descriptors import vp8
from simulcast.descriptors.vp8 import Descriptor

KEY = "d033009d012a8002680101c7"  # libvpx, 640x360
DELTA = "b1020000"


def read(text: str) -> Descriptor:
    """The descriptor of a payload that stands behind three other bytes."""
    data = memoryview(b"\xff\xff\xff" + bytes.fromhex(text))
    descriptor = Descriptor()
    assert descriptor.read(data, 3, len(data))
    return descriptor


def test_the_shortest_descriptor() -> None:
    found = read("10" + KEY)

    assert (found.starts, found.is_key, found.payload) == (True, True, 4)
    assert (found.picture_id, found.tl0, found.key_index) == (-1, -1, -1)
    assert (found.temporal, found.sync) == (0, False)


def test_all_fields() -> None:
    found = read("90 f0 9234 56 b9" + DELTA)

    assert (found.starts, found.is_key) == (True, False)
    assert (found.picture_id, found.is_wide, found.picture_id_at) == (0x1234, True, 5)
    assert (found.tl0, found.tl0_at) == (0x56, 7)
    assert (found.temporal, found.sync, found.key_index, found.temporal_at) == (2, True, 25, 8)
    assert found.payload == 9


def test_a_picture_id_of_seven_bits() -> None:
    found = read("90 80 7f" + KEY)

    assert (found.picture_id, found.is_wide, found.payload) == (0x7F, False, 6)


def test_a_key_index_without_a_temporal_layer() -> None:
    found = read("90 10 ff" + KEY)

    assert (found.temporal, found.sync, found.key_index) == (0, False, 31)


@pytest.mark.parametrize("first", ["80", "91", "8f"])
def test_later_packets_of_a_frame_start_nothing(first: str) -> None:
    found = read(f"{first} 80 05" + KEY)

    assert not found.starts
    assert not found.is_key


@pytest.mark.parametrize("data", ["", "10", "90", "9080", "908081", "90f0923456", "90f0923456b9"])
def test_a_payload_that_ends_too_early_is_refused(data: str) -> None:
    raw = bytes.fromhex(data)

    assert not Descriptor().read(raw, 0, len(raw))


def test_the_shortest_payloads_are_read() -> None:
    assert read("90 80 05 01").payload == 6
    assert read("90 00 01").payload == 5


def test_numbers_are_written_in_place() -> None:
    data = bytearray.fromhex("90 f0 9234 56 b9" + DELTA)
    found = Descriptor()
    found.read(data, 0, len(data))
    vp8.write_picture_id(data, found.picture_id_at, 0x18001, wide=found.is_wide)
    vp8.write_tl0(data, found.tl0_at, 0x101)
    vp8.write_key_index(data, found.temporal_at, 33)

    assert data[:6].hex() == "90f0800101a1"
    vp8.write_picture_id(data, 2, 0x81, wide=False)
    assert data[2] == 1


def test_the_size_of_a_key_frame() -> None:
    found = read("10" + KEY)
    data = b"\xff\xff\xff\x10" + bytes.fromhex(KEY)

    assert vp8.frame_size(data, found.payload, len(data)) == (640, 360)
    assert vp8.frame_size(data, found.payload, len(data) - 3) is None
    assert vp8.frame_size(data[:8] + b"\0" + data[9:], found.payload, len(data)) is None


@given(st.binary(max_size=24))
def test_any_bytes_are_refused_or_lie_within_the_payload(data: bytes) -> None:
    found = Descriptor()
    if not found.read(data, 0, len(data)):
        return

    assert 0 < found.payload < len(data)
    for at in (found.picture_id_at, found.tl0_at, found.temporal_at):
        assert at < found.payload
    vp8.frame_size(data, found.payload, len(data))


@given(
    st.integers(0, 0x7FFF),
    st.integers(0, 255),
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 31),
)
def test_what_is_written_is_read(
    picture: int, tl0: int, temporal: int, sync: bool, key_index: int
) -> None:
    octet = temporal << 6 | sync << 5 | key_index
    data = bytes([0x90, 0xF0, 0x80 | picture >> 8, picture & 0xFF, tl0, octet, 1])
    found = Descriptor()

    assert found.read(data, 0, len(data))
    assert (found.picture_id, found.tl0, found.temporal) == (picture, tl0, temporal)
    assert (found.sync, found.key_index) == (sync, key_index)
