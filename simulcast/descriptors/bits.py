"""Read single bits and Exp-Golomb numbers (ITU-T H.264, clauses 7.2 and 9.1)."""


class BitsError(ValueError):
    """There are no more bits, or a number is longer than any that a header has."""


class BitReader:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    @property
    def left(self) -> int:
        """Bits that have not been read."""
        return self._left

    def read(self, count: int) -> int:
        """The next `count` bits as a number. Raises BitsError at the end."""
        if count > self._left:
            raise BitsError("no more bits")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def read_unsigned(self) -> int:
        """ue(v). Raises BitsError."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 31:
                raise BitsError("a number of more than 32 bits")
        return (1 << zeros | self.read(zeros)) - 1

    def read_signed(self) -> int:
        """se(v). Raises BitsError."""
        value = self.read_unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def without_emulation(data: bytes) -> bytes:
    """A NAL unit without its emulation prevention bytes (clause 7.4.1.1)."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")
