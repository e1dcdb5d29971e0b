import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulcast.descriptors import h265


@pytest.mark.parametrize(
    ("data", "is_key", "has_parameters"),
    [
        ("4001 0c01ffff", True, True),  # VPS
        ("4201 010160", True, True),  # SPS
        ("4401 c172b4", False, False),  # PPS
        ("2601 af0b81", True, False),  # IDR_W_RADL
        ("2a01 af0b81", True, False),  # CRA
        ("0201 d00981", False, False),  # TRAIL_R
        ("6201 93af0b", True, False),  # the first fragment of an IDR
        ("6201 13af0b", False, False),  # a later one
        ("6201 81d009", False, False),  # the first fragment of TRAIL_R
        ("6001 0003 400100 0004 42010101", True, True),  # VPS and SPS together
        ("6001 0003 440100 0003 260100", True, False),  # PPS and IDR
        ("", False, False),
        ("40", False, False),
    ],
)
def test_where_a_decoder_may_start(data: str, is_key: bool, has_parameters: bool) -> None:
    raw = bytes.fromhex(data)

    assert h265.is_key_frame(raw, 0, len(raw)) == is_key
    assert h265.has_parameters(raw, 0, len(raw)) == has_parameters


@given(st.binary(max_size=24))
def test_parameters_are_a_start_whatever_the_bytes(data: bytes) -> None:
    if h265.has_parameters(data, 0, len(data)):
        assert h265.is_key_frame(data, 0, len(data))
