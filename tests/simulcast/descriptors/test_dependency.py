import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulcast.descriptors import dependency
from simulcast.descriptors.dependency import (
    ABSENT,
    DISCARDABLE,
    REQUIRED,
    SWITCH,
    DependencyError,
    Structure,
    parse,
    with_active,
)

# What Chromium sent with the first packet of a key frame.
L2T3_KEY = bytes.fromhex(
    "c00001800514853aaaa8018004004002a02a0060010015d34514174d144c700874321651118543276809f8059813"
    "f80b38"
)
L3T3_KEY = bytes.fromhex(
    "c0000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b"
    "5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf"
)


def structure(data: bytes = L3T3_KEY) -> Structure:
    found = parse(data, None).structure
    assert found is not None
    return found


def test_a_key_frame_brings_the_structure() -> None:
    found = parse(L3T3_KEY, None)

    assert (found.starts, found.ends, found.frame, found.layer) == (True, True, 1, (0, 0))
    assert found.indications == (SWITCH,) * 9
    assert found.active == 0b111111111
    assert structure().spatial_layers == 3
    assert structure().targets == [(s, t) for s in range(3) for t in range(3)]


def test_two_spatial_layers() -> None:
    assert structure(L2T3_KEY).targets == [(s, t) for s in range(2) for t in range(3)]


@pytest.mark.parametrize(
    ("data", "layer", "indications"),
    [
        ("c30004", (0, 2), (ABSENT, ABSENT, DISCARDABLE) + (ABSENT,) * 6),
        ("c50002", (1, 0), (ABSENT,) * 3 + (SWITCH,) * 6),
        ("8a0003", (2, 0), (ABSENT,) * 6 + (SWITCH,) * 3),
        ("860008", (1, 0), (ABSENT,) * 3 + (SWITCH,) * 3 + (ABSENT,) * 3),
    ],
)
def test_other_frames_name_a_template(
    data: str, layer: tuple[int, int], indications: tuple[int, ...]
) -> None:
    found = parse(bytes.fromhex(data), structure())

    assert found.layer == layer
    assert found.indications == indications
    assert (found.structure, found.active) == (None, None)


def test_the_first_and_the_last_packet_of_a_frame() -> None:
    ends = [parse(bytes.fromhex(data), structure()) for data in ("8a0003", "0a0003", "4a0003")]

    assert [(one.starts, one.ends) for one in ends] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_which_decode_targets_are_active() -> None:
    found = parse(bytes.fromhex("c3000440fc"), structure())  # the flag, then 000111111

    assert found.active == 0b000111111
    assert structure().target(2, found.active) is None
    assert structure().target(1, found.active) == 5
    assert structure().target(1, 0b000011111) == 4


def test_indications_of_a_frame_s_own() -> None:
    found = parse(bytes.fromhex("c3000427ffff80"), structure())  # the flag, then nine times 3

    assert found.indications == (REQUIRED,) * 9


@pytest.mark.parametrize("data", ["", "c0", "c000", "ff0001", "c3000440"])
def test_what_is_cut_off_or_names_no_template_is_refused(data: str) -> None:
    with pytest.raises(DependencyError):
        parse(bytes.fromhex(data), structure())


def test_without_a_structure_nothing_is_understood() -> None:
    with pytest.raises(DependencyError):
        parse(bytes.fromhex("c30004"), None)
    with pytest.raises(DependencyError):
        parse(bytes.fromhex("c3000440fc"), None)


@given(st.integers(0, 0b111111111), st.integers(0, 0b111111111))
def test_a_mask_that_is_written_is_read_and_changes_nothing_else(first: int, second: int) -> None:
    plain = parse(L3T3_KEY, None)
    once = with_active(L3T3_KEY, plain, 9, first)
    twice = with_active(once, parse(once, None), 9, second)

    assert parse(once, None)._replace(active=None) == plain._replace(active=None)
    assert parse(once, None).active == first
    assert parse(twice, None).active == second
    assert len(twice) == len(once)


def test_the_shortest_form_has_no_room_for_a_mask() -> None:
    data = bytes.fromhex("c30004")

    assert with_active(data, parse(data, structure()), 9, 1) == data


@given(st.binary(max_size=90), st.booleans())
def test_any_bytes_parse_or_are_refused(data: bytes, is_known: bool) -> None:
    known = structure() if is_known else None
    try:
        found = parse(data, known)
    except DependencyError:
        return

    assert found.structure or known
    assert len(found.indications) == len((found.structure or structure()).targets)
    dependency.with_active(data, found, len(found.indications), 1)
