from hypothesis import given
from hypothesis import strategies as st

from simulcast.descriptors import trailer


def build(*elements: tuple[int, bytes]) -> bytes:
    """As clients do: tag, length, value; all inverted but the mark."""
    plain = b"".join(bytes([tag, len(value)]) + value for tag, value in elements)
    plain += bytes([len(plain) + 5])
    return bytes(octet ^ 0xFF for octet in plain) + b"LKTS"


WHEN, NUMBER = (1, (1_700_000_000_000_000).to_bytes(8, "big")), (2, (7).to_bytes(4, "big"))


def test_the_trailer_is_as_long_as_it_says() -> None:
    for made in (build(), build(WHEN), build(WHEN, NUMBER)):
        assert trailer.size(b"picture" + made) == len(made)
        assert trailer.size(memoryview(b"picture" + made)) == len(made)
        assert trailer.size(made) == len(made)


def test_a_mark_elsewhere_or_with_a_wrong_length_is_none() -> None:
    made = build(WHEN)
    for payload in (b"", b"LKTS", made + b"x", b"x" + bytes([200 ^ 0xFF]) + b"LKTS",
                    b"xxxx" + bytes([4 ^ 0xFF]) + b"LKTS"):  # fmt: skip
        assert trailer.size(payload) == 0


@given(st.binary(max_size=40), st.binary(max_size=3))
def test_no_more_is_taken_than_there_is(data: bytes, end: bytes) -> None:
    for payload in (data, data + b"LKTS", data + end):
        assert 0 <= trailer.size(payload) <= len(payload)
