import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu import rtcp
from sfu.rtcp import (
    Fir,
    Goodbye,
    Nack,
    Packet,
    Pli,
    ReceiverReport,
    ReferenceDelay,
    ReferenceTime,
    Remb,
    ReportBlock,
    SenderReport,
    SourceDescription,
    Twcc,
)

BLOCK = ReportBlock(0x01020304, 64, -3, 70000, 1234, 0xAABBCCDD, 65536)
VECTORS: list[tuple[str, Packet]] = [
    (
        "81c8000c6d2453eade46475b151a005c66a8dd3e0000010d000034f5"
        "0102030440fffffd00011170000004d2aabbccdd00010000",
        SenderReport(1831097322, 16016567581311369308, 1722342718, 269, 13557, [BLOCK]),
    ),
    (
        "81c900076c514e070102030440fffffd00011170000004d2aabbccdd00010000",
        ReceiverReport(1817267719, [BLOCK]),
    ),
    (
        "81ca0003 00000007 0102 6d65 0f01 3300",
        SourceDescription(7, [(1, b"me"), (15, b"3")]),
    ),
    ("81ca0002 00000007 0101 6d 00", SourceDescription(7, [(1, b"m")])),
    ("81cb0001ae528b43", Goodbye([2924645187])),
    ("80cf0004 00000001 04000002 0000000200000003", ReferenceTime(1, 0x0000000200000003)),
    ("80cf0005 00000001 05000003 000000070000000800000009", ReferenceDelay(1, [(7, 8, 9)])),
    ("81cd0004 00000001 00000002 fffe c003 0028 0000", Nack(1, 2, [65534, 65535, 0, 13, 14, 40])),
    ("81ce0002 00000001 00000002", Pli(1, 2)),
    ("84ce0004 00000001 00000000 00000002 05 000000", Fir(1, [(2, 5)])),
    ("8fcd0003 00000001 00000002 0a0b0c0d", Twcc(1, 2, b"\x0a\x0b\x0c\x0d")),
    (
        "8fce0006 00000001 00000000 52454d42 0212dc6c 00000007 00000008",
        Remb(1, 3_000_000, [7, 8]),
    ),
]  # fmt: skip
words = st.integers(0, 0xFFFFFFFF)


@pytest.mark.parametrize(("data", "packet"), VECTORS)
def test_vectors(data: str, packet: Packet) -> None:
    assert rtcp.parse(bytes.fromhex(data)) == [packet]


@pytest.mark.parametrize("packet", [packet for _, packet in VECTORS])
def test_what_is_written_is_read(packet: Packet) -> None:
    assert rtcp.parse(bytes(packet)) == [packet]
    assert len(bytes(packet)) % 4 == 0


def test_a_compound_is_read_in_its_order() -> None:
    packets = [packet for _, packet in VECTORS]

    assert rtcp.parse(rtcp.compound(packets)) == packets


def test_broken_and_unknown_packets_are_passed_over() -> None:
    broken = bytes.fromhex("82c90001 00000001")  # two blocks that are not there
    unknown = bytes.fromhex("80d00001 00000001")
    name = bytes.fromhex("80cc0002 00000001 41424344")

    assert rtcp.parse(broken + unknown + name + bytes(Pli(1, 2))) == [Pli(1, 2)]


def test_padding_is_left_out() -> None:
    padded = bytes.fromhex("a1ce0003 00000001 00000002 00000004")

    assert rtcp.parse(padded) == [Pli(1, 2)]
    assert rtcp.parse(padded[:-1] + b"\x00") == []
    assert rtcp.parse(padded[:-1] + b"\xff") == []


def test_a_length_that_leads_outside_ends_the_walk() -> None:
    assert rtcp.parse(bytes(Pli(1, 2)) + bytes(Pli(1, 2))[:-1]) == [Pli(1, 2)]


def test_names_of_a_source() -> None:
    description = SourceDescription(1, [(2, b"x"), (1, b"a\xff"), (15, b"4")])

    assert (description.cname, description.mid) == ("a\ufffd", "4")
    assert SourceDescription(1, []).cname == ""


def test_numbers_beyond_their_field_wrap_or_stop() -> None:
    block = ReportBlock(1, 255, 1 << 30, 1 << 33 | 5, 0, 0, -1)

    (report,) = rtcp.parse(bytes(ReceiverReport(1, [block])))
    assert report == ReceiverReport(1, [ReportBlock(1, 255, 0x7FFFFF, 5, 0, 0, 0xFFFFFFFF)])


@given(st.lists(st.integers(0, 0xFFFF), max_size=100, unique=True), st.integers(0, 0xFFFF))
def test_any_lost_numbers_survive_a_nack(lost: list[int], shift: int) -> None:
    ascending = [number + shift & 0xFFFF for number in sorted(lost)]

    (nack,) = rtcp.parse(bytes(Nack(1, 2, ascending)))
    assert nack == Nack(1, 2, ascending)


@given(words, words, st.lists(words, max_size=20))
def test_estimates_keep_eighteen_bits(ssrc: int, bitrate: int, ssrcs: list[int]) -> None:
    (remb,) = rtcp.parse(bytes(Remb(ssrc, bitrate, ssrcs)))

    assert isinstance(remb, Remb)
    assert remb.ssrcs == ssrcs
    assert bitrate * (1 - 2**-17) <= remb.bitrate <= bitrate


@given(
    st.binary(max_size=60),
    st.sampled_from([0, *range(200, 208)]),
    st.integers(0, 31),
    st.booleans(),
)
def test_any_bytes_parse_to_something_or_nothing(
    data: bytes, kind: int, count: int, is_padded: bool
) -> None:
    head = bytes([0x80 | (0x20 if is_padded else 0) | count, kind, 0, len(data) // 4])

    for packet in rtcp.parse(head + data) + rtcp.parse(data):
        assert rtcp.parse(bytes(packet))
