"""Bytes as letters and digits, in the variant that LiveKit's relay credentials are written in.

From the end of the bytes, each character stands for six bits. Values from 62 on, and the two below
that have the same last five bits but one, would need more than 62 characters: these stand for five
bits, and the sixth goes to the next character.
"""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
VALUES = {letter: value for value, letter in enumerate(LETTERS)}
SHORT = 0b11110  # with these bits set a character stands for five bits


def is_short(value: int) -> bool:
    return value & SHORT == SHORT


def encode(data: bytes) -> str:
    number, left = int.from_bytes(data, "big"), 8 * len(data)
    letters = []
    while left > 0:
        value = number & 0b111111
        bits = 6
        if is_short(value):
            bits = 5 if left > 6 or value > 0b11111 else 6
            value &= 0b11111
        letters.append(LETTERS[value])
        number >>= bits
        left -= bits
    return "".join(letters)


def decode(text: str) -> bytes:
    """ValueError when there is another character. Zeros at the beginning may be lost."""
    number = bits = 0
    for place, letter in enumerate(text):
        value = VALUES.get(letter)
        if value is None:
            raise ValueError("not base62")
        number |= value << bits
        if place == len(text) - 1:
            bits += value.bit_length()
        else:
            bits += 5 if is_short(value) else 6
    return number.to_bytes((bits + 7) // 8, "big")
