import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu import extensions
from sfu.extensions import ABS_SEND_TIME, MID, TRANSPORT_CC, Template
from sfu.rtp import ONE_BYTE, TWO_BYTE


def values(profile: int, block: str) -> dict[int, bytes]:
    data = bytes.fromhex(block)
    found = extensions.locate(data, profile, 0, len(data))
    return {number: data[at : at + length] for number, (at, length) in found.items()}


@pytest.mark.parametrize(
    ("profile", "block", "expected"),
    [
        (ONE_BYTE, "10 33 00 22 010203 00", {1: b"3", 2: b"\x01\x02\x03"}),
        (ONE_BYTE, "10 31 10 32", {1: b"1"}),  # the first of an id counts
        (ONE_BYTE, "10 31 f0 20 32", {1: b"1"}),  # 15 ends the block
        (ONE_BYTE, "10 31 23 0102", {1: b"1"}),  # leads outside
        (TWO_BYTE, "01 00 10 02 6869 00 00", {1: b"", 16: b"hi"}),
        (TWO_BYTE, "01 01 31 02 05 00", {1: b"1"}),
        (TWO_BYTE, "01", {}),
        (0x1234, "10 31", {}),
        (0, "", {}),
    ],
)
def test_vectors(profile: int, block: str, expected: dict[int, bytes]) -> None:
    assert values(profile, block) == expected


@given(st.sampled_from([ONE_BYTE, TWO_BYTE, 0x2222]), st.binary(max_size=64))
def test_all_that_is_found_in_any_bytes_lies_within(profile: int, data: bytes) -> None:
    found = extensions.locate(data, profile, 0, len(data))

    assert all(at + length <= len(data) for at, length in found.values())
    for place in found.values():
        extensions.text(data, place)
        assert -1 <= extensions.read_short(data, place) <= 0xFFFF


@given(st.dictionaries(st.integers(1, 255), st.binary(max_size=255), min_size=1, max_size=8))
def test_what_is_built_is_found(elements: dict[int, bytes]) -> None:
    block = extensions.build(elements.items())
    profile = int.from_bytes(block[:2], "big")

    assert len(block) == 4 + 4 * int.from_bytes(block[2:4], "big")
    assert values(profile, block[4:].hex()) == elements


def test_small_elements_take_the_short_form() -> None:
    assert extensions.build([(1, b"0"), (14, bytes(16))])[:2] == b"\xbe\xde"
    assert extensions.build([(15, b"0")])[:2] == b"\x10\x00"
    assert extensions.build([]) == b""


def test_values() -> None:
    data = bytearray(8)
    extensions.write_short(data, 0, 0x1_0203)
    extensions.write_abs_send_time(data, 2, 65.5)  # modulo 64 s
    data[5] = 0x80 | 35

    assert extensions.read_short(data, (0, 2)) == 0x0203
    assert int.from_bytes(data[2:5], "big") == extensions.abs_send_time(65.5) == 3 << 17
    assert extensions.audio_level(data, (5, 1)) == 35
    assert extensions.text(b"\x00mid", (1, 3)) == "mid"


def test_a_template_knows_its_places() -> None:
    ids = {MID: 4, ABS_SEND_TIME: 2, TRANSPORT_CC: 3}
    template = Template(ids, "12")
    block = bytearray(template.block)
    extensions.write_abs_send_time(block, template.abs_send_time_at, 1.0)
    extensions.write_short(block, template.transport_cc_at, 7)

    found = values(ONE_BYTE, block[4:].hex())
    assert found == {2: b"\x04\x00\x00", 3: b"\x00\x07", 4: b"12"}


def test_a_template_of_nothing_is_empty() -> None:
    template = Template({}, "0")

    assert template.block == b""
    assert template.abs_send_time_at == template.transport_cc_at == 0
