import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulcast.descriptors import av1


@pytest.mark.parametrize(
    ("data", "is_key", "is_continued"),
    [
        ("281608005307098184c04220", True, False),  # Chromium: a key frame, its sequence header
        ("10340830ef00", False, False),  # a frame that refers to others
        ("9030eebc68ec", False, True),
        ("8830eebc68ec", False, True),
        ("", False, False),
    ],
)
def test_where_a_sequence_starts(data: str, is_key: bool, is_continued: bool) -> None:
    raw = bytes.fromhex(data)

    assert av1.is_key_frame(raw, 0, len(raw)) == is_key
    assert av1.is_continued(raw, 0, len(raw)) == is_continued


@given(st.binary(max_size=8))
def test_any_bytes_are_looked_at(data: bytes) -> None:
    assert not (av1.is_key_frame(data, 0, len(data)) and av1.is_continued(data, 0, len(data)))
