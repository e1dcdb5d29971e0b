import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu import red
from sfu.red import Audio, Block, RedDecoder, RedEncoder

# Two old packets of type 111, 1920 and 960 units back, of two and three bytes, and the primary.
TWO = bytes.fromhex("ef 1e0002 ef 0f0003 6f a1a2 b1b2b3 c1")


def decode(decoder: RedDecoder, sequence: int, data: bytes) -> list[Audio]:
    return decoder.receive(sequence, sequence * 960, data, 0, len(data))


def test_blocks_come_oldest_first() -> None:
    assert red.parse(b"\xff" + TWO, 1, 1 + len(TWO)) == [
        Block(111, 1920, 10, 12),
        Block(111, 960, 12, 15),
        Block(111, 0, 15, 16),
    ]
    assert red.parse(b"\x6fopus", 0, 5) == [Block(111, 0, 1, 5)]


@pytest.mark.parametrize("data", ["", "ef", "ef1e0002", "ef1e0002 6f a1", "ef000000" * 9 + "6f"])
def test_what_is_not_red_is_refused(data: str) -> None:
    raw = bytes.fromhex(data)

    assert red.parse(raw, 0, len(raw)) is None
    assert decode(RedDecoder(), 1, raw) == []


def test_two_lost_packets_are_recovered() -> None:
    decoder = RedDecoder()
    decode(decoder, 7, b"\x6ffirst")

    assert decode(decoder, 10, TWO) == [
        Audio(8, 8 * 960, b"\xa1\xa2"),
        Audio(9, 9 * 960, b"\xb1\xb2\xb3"),
        Audio(10, 10 * 960, b"\xc1"),
    ]


def test_what_has_come_is_not_repeated() -> None:
    decoder = RedDecoder()
    for sequence in (8, 9):
        decode(decoder, sequence, b"\x6fx")

    assert [audio.sequence for audio in decode(decoder, 10, TWO)] == [10]
    assert decode(decoder, 10, TWO) == []


def test_a_packet_that_comes_after_its_recovery_brings_nothing() -> None:
    decoder = RedDecoder()
    decode(decoder, 8, b"\x6fx")
    decode(decoder, 10, TWO)

    assert decode(decoder, 9, b"\x6flate") == []


def test_the_first_packet_recovers_nothing() -> None:
    assert [audio.sequence for audio in decode(RedDecoder(), 10, TWO)] == [10]


def test_timestamps_wrap() -> None:
    decoder = RedDecoder()
    decoder.receive(7, 0, b"\x6fx", 0, 2)

    first, *_ = decoder.receive(10, 960, TWO, 0, len(TWO))
    assert first.timestamp == 0xFFFFFFFF - 959


def test_a_packet_is_followed_by_the_two_before_it() -> None:
    encoder = RedEncoder(111)
    encoder.encode(1, 0, b"old")
    encoder.encode(2, 960, b"\xa1\xa2")
    encoder.encode(3, 1920, b"\xb1\xb2\xb3")

    assert encoder.encode(4, 2880, b"\xc1") == TWO


@pytest.mark.parametrize(
    ("sequence", "timestamp", "old"),
    [
        (5, 960, b"old"),  # more than two packets back
        (3, 1 << 14, b"old"),  # the offset has 14 bits
        (3, 960, bytes(1024)),  # the length has ten
        (2, 960, b"old"),  # a late one before it
    ],
)
def test_what_does_not_fit_is_left_out(sequence: int, timestamp: int, old: bytes) -> None:
    encoder = RedEncoder(111)
    encoder.encode(2, 0, old)

    assert encoder.encode(sequence, timestamp, b"new") == b"\x6fnew"


@given(
    st.lists(st.binary(min_size=1, max_size=60), min_size=3, max_size=30),
    st.integers(0, 1 << 20),
    st.data(),
)
def test_audio_survives_the_loss_of_two_packets_in_three(
    payloads: list[bytes], first: int, data: st.DataObject
) -> None:
    encoder, decoder = RedEncoder(111), RedDecoder()
    heard: dict[int, bytes] = {}
    lost_in_a_row = 0
    for index, payload in enumerate(payloads):
        packet = encoder.encode(first + index, (first + index) * 960, payload)
        is_lost = 0 < index < len(payloads) - 1 and lost_in_a_row < 2 and data.draw(st.booleans())
        lost_in_a_row = lost_in_a_row + 1 if is_lost else 0
        if not is_lost:
            for audio in decode(decoder, first + index, packet):
                assert audio.timestamp == audio.sequence * 960 & 0xFFFFFFFF
                assert audio.sequence not in heard
                heard[audio.sequence] = audio.payload

    assert heard == dict(enumerate(payloads, first))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_all_blocks_lie_within(data: bytes) -> None:
    blocks = red.parse(data, 0, len(data))

    assert blocks is None or all(block.start <= block.end <= len(data) for block in blocks)
    assert len(decode(RedDecoder(), 5, data)) <= 1
