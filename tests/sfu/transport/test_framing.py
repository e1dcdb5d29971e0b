import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.transport.framing import LARGEST, Deframer, FramingError, frame

DATAGRAMS = st.lists(st.binary(max_size=200), max_size=8)


def test_a_frame_is_a_length_and_the_datagram() -> None:
    assert frame(b"abc") == b"\0\3abc"
    assert Deframer().receive(b"\0\3abc\0\0\0\1d") == [b"abc", b"", b"d"]


@given(DATAGRAMS, st.lists(st.integers(1, 50), min_size=1))
def test_however_the_stream_is_cut_the_datagrams_are_the_same(
    datagrams: list[bytes], sizes: list[int]
) -> None:
    stream = b"".join(map(frame, datagrams))
    deframer = Deframer()
    received = []
    position = number = 0
    while position < len(stream):
        size = sizes[number % len(sizes)]
        received += deframer.receive(stream[position : position + size])
        position, number = position + size, number + 1
    assert received == datagrams


def test_a_datagram_longer_than_any_of_webrtc_is_refused() -> None:
    assert Deframer().receive(frame(bytes(LARGEST))) == [bytes(LARGEST)]
    with pytest.raises(FramingError):
        Deframer().receive((LARGEST + 1).to_bytes(2, "big"))


@given(st.lists(st.binary(max_size=3000), max_size=4))
def test_any_stream_is_cut_or_refused(chunks: list[bytes]) -> None:
    deframer = Deframer()
    total = 0
    try:
        for chunk in chunks:
            total += sum(len(datagram) + 2 for datagram in deframer.receive(chunk))
    except FramingError:
        return
    rest = sum(map(len, chunks)) - total
    assert 0 <= rest < LARGEST + 2
