import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.rtp import ONE_BYTE, TWO_BYTE, Header, build, unwrap, unwrap_timestamp

PLAIN = bytes.fromhex("80e0 1234 00000064 cafebabe") + b"payload"
# Two CSRCs, a one-byte block of two words, three bytes of padding.
FULL = bytes.fromhex(
    "b2 60 ffff ffffffff 00000001 0000000a 0000000b bede 0002 10 41 32 010203 0000 aabb 00 00 03"
)


def read(data: bytes) -> Header:
    header = Header()
    assert header.read(memoryview(data), len(data))
    return header


def test_a_plain_packet() -> None:
    header = read(PLAIN)

    assert (header.marker, header.payload_type, header.sequence) == (True, 96, 0x1234)
    assert (header.timestamp, header.ssrc) == (100, 0xCAFEBABE)
    assert (header.payload, header.end, header.profile) == (12, 19, 0)


def test_sources_extensions_and_padding_are_left_out_of_the_payload() -> None:
    header = read(FULL)

    assert (header.marker, header.payload_type, header.sequence) == (False, 96, 0xFFFF)
    assert (header.profile, header.extension, header.extension_end) == (ONE_BYTE, 24, 32)
    assert FULL[header.payload : header.end] == b"\xaa\xbb"


def test_two_byte_extensions_are_told_whatever_their_free_bits() -> None:
    header = read(build(96, 1, 1, 1, b"x", extension=bytes.fromhex("1005 0001 01 01 07 00")))

    assert header.profile == TWO_BYTE
    assert header.payload == 20


def test_a_packet_of_padding_alone_has_no_payload() -> None:
    header = read(build(96, 1, 1, 1, padding=255))

    assert header.payload == header.end == 12


def test_only_the_given_length_of_a_slot_counts() -> None:
    header = Header()
    slot = memoryview(bytearray(PLAIN.ljust(1536, b"\xff")))

    assert header.read(slot, len(PLAIN))
    assert header.end == len(PLAIN)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:11],
        b"\x40" + PLAIN[1:],  # version 1
        bytes([0x8F]) + PLAIN[1:],  # 15 sources that are not there
        bytes([0x90]) + PLAIN[1:12],  # an extension that is not there
        bytes([0x90]) + PLAIN[1:12] + bytes.fromhex("bede 0002 00000000"),  # cut off
        build(96, 1, 1, 1, b"\x00", padding=0)[:12].replace(b"\x80", b"\xa0", 1) + b"\x00",
        bytes([0xA0]) + PLAIN[1:12] + b"\x02",  # more padding than payload
    ],
)
def test_what_is_not_rtp_is_refused(data: bytes) -> None:
    assert not Header().read(data, len(data))


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_refused_or_lie_within_the_packet(data: bytes, is_likely: bool) -> None:
    if is_likely and data:
        data = bytes([0x80 | data[0] & 0x3F]) + data[1:]
    header = Header()

    if header.read(data, len(data)):
        assert 12 <= header.extension <= header.extension_end <= header.payload
        assert header.payload <= header.end <= len(data)


@given(
    st.integers(0, 127),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=40),
    st.integers(0, 255),
    st.lists(st.integers(0, 0xFFFFFFFF), max_size=15),
)
def test_what_is_built_is_read(
    kind: int, sequence: int, number: int, payload: bytes, padding: int, csrcs: list[int]
) -> None:
    data = build(kind, sequence, number, number, payload, csrcs=csrcs, padding=padding)
    header = read(data)

    assert (header.payload_type, header.sequence, header.timestamp) == (kind, sequence, number)
    assert data[header.payload : header.end] == payload


@given(st.integers(0, 1 << 40), st.integers(-0x8000, 0x7FFF))
def test_sequence_numbers_unwrap_to_the_nearest(highest: int, step: int) -> None:
    assert unwrap(highest, highest + step & 0xFFFF) == highest + step


@given(st.integers(0, 1 << 40), st.integers(-0x8000_0000, 0x7FFF_FFFF))
def test_timestamps_unwrap_to_the_nearest(last: int, step: int) -> None:
    assert unwrap_timestamp(last, last + step & 0xFFFFFFFF) == last + step
