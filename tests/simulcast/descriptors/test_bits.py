import pytest

from simulcast.descriptors.bits import BitReader, BitsError, without_emulation


def test_numbers_of_the_standards_table() -> None:
    bits = BitReader(bytes([0b1_010_011_0, 0b0100_0010, 0b1_0000000]))

    assert [bits.read_unsigned() for _ in range(5)] == [0, 1, 2, 3, 4]


def test_signed_numbers_alternate() -> None:
    bits = BitReader(bytes([0b1_010_011_0, 0b0100_0010, 0b1_0000000]))

    assert [bits.read_signed() for _ in range(5)] == [0, 1, -1, 2, -2]


@pytest.mark.parametrize("data", [b"", b"\x00", bytes(9)])
def test_what_ends_too_early_is_refused(data: bytes) -> None:
    with pytest.raises(BitsError):
        BitReader(data).read_unsigned()


def test_emulation_prevention_is_taken_out() -> None:
    assert without_emulation(bytes.fromhex("0000030100000300")) == bytes.fromhex("000001000000")
