import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulcast.descriptors.vp9 import Descriptor


def read(text: str) -> Descriptor:
    """The descriptor of a payload that stands behind three other bytes."""
    data = memoryview(b"\xff\xff\xff" + bytes.fromhex(text))
    descriptor = Descriptor()
    assert descriptor.read(data, 3, len(data))
    return descriptor


# The first pictures that Chromium sent in L3T3_KEY.
KEY_LOW = "beef731050014000b402800168050002d0834983420013f0"
KEY_MIDDLE = "bcef73138702020004fe02cf04ff02cfb1e1c120e0ca4000"
KEY_HIGH = "b9ef73158704240009fe059eb251c120e0cb100016807f1d"
LOW_T2 = "fdef74500287000000027e016704ff02cf3001c120e0cca0"


def test_the_lowest_layer_of_a_key_frame() -> None:
    found = read(KEY_LOW)

    assert (found.starts, found.ends, found.is_predicted, found.is_key) == (
        True,
        True,
        False,
        True,
    )
    assert (found.picture_id, found.spatial, found.temporal) == (0x6F73, 0, 0)
    assert (found.layers, found.switches) == (3, True)
    assert found.payload == 3 + 4 + 13


def test_an_upper_layer_of_a_key_frame_is_no_start() -> None:
    found = read(KEY_MIDDLE)

    assert (found.spatial, found.starts, found.is_key, found.layers) == (1, True, False, 0)
    assert not read(KEY_HIGH).ends


def test_a_picture_that_is_predicted() -> None:
    found = read(LOW_T2)

    assert (found.temporal, found.spatial, found.is_predicted, found.is_key) == (2, 0, True, False)
    assert found.payload == 3 + 5


def test_a_picture_id_of_seven_bits_and_a_place_in_the_base_layer() -> None:
    found = read("a8 05 42 11 01")

    assert (found.picture_id, found.temporal, found.spatial) == (5, 2, 1)
    assert found.payload == 3 + 4


def test_a_payload_without_layers() -> None:
    found = read("08 01")

    assert (found.is_layered, found.is_key, found.picture_id, found.payload) == (
        False,
        True,
        -1,
        4,
    )


def test_a_structure_with_a_group_of_pictures() -> None:
    found = read("0a 18 0140 00b4 02 00 14 01 01")  # one layer, its size, two pictures

    assert (found.layers, found.payload) == (1, 3 + 10)


@pytest.mark.parametrize("data", ["", "08", "80", "8005", "8080", "a005", "b005", "f00510", "0a"])
def test_a_payload_that_ends_too_early_is_refused(data: str) -> None:
    raw = bytes.fromhex(data)

    assert not Descriptor().read(raw, 0, len(raw))


@given(st.binary(max_size=40))
def test_any_bytes_are_refused_or_lie_within_the_payload(data: bytes) -> None:
    found = Descriptor()
    if found.read(data, 0, len(data)):
        assert 0 < found.payload < len(data)
        assert 0 <= found.spatial < 8
        assert 0 <= found.layers <= 8
