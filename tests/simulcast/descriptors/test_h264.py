import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulcast.descriptors import h264

# Parameter sets as x264 writes them.
SPS = "6742c01fd9005005ba10000003001000000303c0f1832480"
PPS = "68cb83cb20"
PARAMETERS = f"78 0018 {SPS} 0005 {PPS}"  # STAP-A


@pytest.mark.parametrize(
    ("payload", "is_key", "has_parameters"),
    [
        (SPS, True, True),
        ("65 88 84", True, False),  # IDR
        ("41 9a 24", False, False),
        (PPS, False, False),
        (PARAMETERS, True, True),
        (f"78 0005 {PPS} 0003 658884", True, False),
        (f"78 0005 {PPS} 0003 419a24", False, False),
        ("7c 85 8884", True, False),  # FU-A, the start of an IDR
        ("7c 05 8884", False, False),  # its middle
        ("7c 87 42c0", True, True),  # the start of a parameter set
        ("7c 81 9a24", False, False),
        ("7c", False, False),
        ("78", False, False),
        ("78 0018", False, False),
        ("", False, False),
    ],
)
def test_where_a_decoder_may_start(payload: str, is_key: bool, has_parameters: bool) -> None:
    data = b"\x05" + bytes.fromhex(payload)

    assert h264.is_key_frame(data, 1, len(data)) is is_key
    assert h264.has_parameters(data, 1, len(data)) is has_parameters


@pytest.mark.parametrize(
    ("sps", "size"),
    [
        (SPS, (1280, 720)),
        ("6742c00dd903029e7e10000003001000000303c0f142a480", (180, 320)),  # cropped
        ("6764001eacd940a42fe22484000003000400000300f03c58b658", (642, 362)),  # high profile
        ("677a000dbcd941419f8d84000003000400000300f03c50a658", (320, 180)),  # 4:2:2
        ("67640028acd94078044fdc20000003002000000783e2c5b2c0", (1920, 1080)),  # interlaced
        ("6742c01fd9", None),
        ("67", None),
        ("6742c01f" + "00" * 40, None),
    ],
)
def test_sizes(sps: str, size: tuple[int, int] | None) -> None:
    data = bytes.fromhex(sps)

    assert h264.frame_size(data, 0, len(data)) == size
    assert h264.parse_sps(data) == size


def test_the_size_in_an_aggregate_and_without_a_whole_set() -> None:
    aggregate, fragment, picture = map(bytes.fromhex, (PARAMETERS, "7c87" + SPS[2:], "658884"))

    assert h264.frame_size(aggregate, 0, len(aggregate)) == (1280, 720)
    assert h264.frame_size(fragment, 0, len(fragment)) is None
    assert h264.frame_size(picture, 0, len(picture)) is None


@given(st.sampled_from([0x67, 0x65, 0x78, 0x7C]), st.binary(max_size=80))
def test_any_bytes_have_a_size_or_none(head: int, data: bytes) -> None:
    payload = bytes([head]) + data
    size = h264.frame_size(payload, 0, len(payload))

    assert size is None or (0 < size[0] <= 16384 and 0 < size[1] <= 16384)
    assert h264.is_key_frame(payload, 0, len(payload)) in (True, False)


@given(st.sampled_from([66, 100, 122, 244]), st.binary(max_size=80))
def test_any_parameter_set_has_a_size_or_none(profile: int, data: bytes) -> None:
    h264.parse_sps(bytes([0x67, profile, 0, 31]) + data)
