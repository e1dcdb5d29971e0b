from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turn.channeldata import pack, unpack
from turn.stream import Splitter
from turn.stun import Class, Message, Method

STUN = bytes(Message(Method.BINDING, Class.REQUEST, bytes(12), [(0x8022, b"abc")]))
MESSAGES = [STUN, pack(0x4000, b"", padded=True), pack(0x4FFF, b"hello", padded=True), STUN]
UNPADDED = [STUN, pack(0x4000, b"", padded=False), pack(0x4FFF, b"hello", padded=False), STUN]


@given(st.lists(st.integers(0, len(b"".join(MESSAGES)))))
def test_messages_come_out_however_they_were_cut(cuts: list[int]) -> None:
    stream, splitter = b"".join(MESSAGES), Splitter()
    places = [0, *sorted(cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(places)]

    assert [message for piece in pieces for message in splitter.feed(piece)] == UNPADDED


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02",  # TLS
        b"\x80\x00\x00\x00",
        b"\x00\x01\x00\x01",  # a length that is not a multiple of four
        b"\x00\x01\x00\x00\x21\x12\xa4\x43",  # another cookie
        b"\x3f\xff\x00\x00abcd",
    ],
)
def test_what_is_neither_ends_the_stream(data: bytes) -> None:
    splitter = Splitter()

    assert splitter.feed(STUN + data) == [STUN]
    assert splitter.is_broken


@given(st.binary(max_size=60))
def test_any_bytes_are_split_or_end_the_stream(data: bytes) -> None:
    whole, cut = Splitter(), Splitter()
    pieces = [data[at : at + 1] for at in range(len(data))]

    assert whole.feed(data) == [message for piece in pieces for message in cut.feed(piece)]
    assert whole.is_broken == cut.is_broken


def test_channel_data_is_read_with_and_without_padding() -> None:
    assert unpack(b"\x40\x00\x00\x01x") == (0x4000, b"x")
    assert unpack(b"\x40\x00\x00\x01x\0\0\0") == (0x4000, b"x")
    assert unpack(b"\x40\x00\x00\x02x") is None
    assert unpack(b"\x40\x00\x00") is None
