"""What a packet says of its layer where no dependency descriptor says it."""

from sfu import rtp
from sfu.formats import Format
from sfu.layering import Layering

AV1_KEY, AV1_DELTA, AV1_REST = "281608005307098184c0", "10340830ef00", "9030eebc68ec"
IDR, TRAIL, SPS = "2601af0b81", "0201d00981", "420101016000"


class Reader:
    def __init__(self, form: Format) -> None:
        self.layering = Layering()
        self._form = form

    def read(self, payload: str, timestamp: int, *, marker: bool = False) -> Layering:
        data = rtp.build(98, 1, timestamp, 7, bytes.fromhex(payload), marker=marker)
        header = rtp.Header()
        assert header.read(data, len(data))
        assert self.layering.read(self._form, data, header, is_late=False)
        return self.layering


def test_av1_begins_with_a_coded_video_sequence() -> None:
    reader = Reader(Format.AV1)

    found = reader.read(AV1_KEY, 0)
    assert (found.starts, found.is_key, found.count, found.active) == (True, True, 1, None)
    assert not reader.read(AV1_REST, 0, marker=True).starts
    found = reader.read(AV1_DELTA, 3000)
    assert (found.starts, found.is_key) == (True, False)


def test_h265_begins_with_parameter_sets_or_a_picture_that_needs_none() -> None:
    reader = Reader(Format.H265)

    assert reader.read(SPS, 0).is_key
    assert not reader.read(IDR, 0).is_key  # its parameter sets came before it
    assert not reader.read(TRAIL, 3000, marker=True).is_key
    assert reader.read(IDR, 6000).is_key


def test_vp9_without_layers_has_one() -> None:
    reader = Reader(Format.VP9)

    found = reader.read("8c800501", 0)
    assert (found.is_key, found.count, found.spatial) == (True, 1, 0)
    assert found.concerns(0)
    assert not found.opens(0)


def test_a_packet_that_ends_in_its_descriptor_is_refused() -> None:
    data = rtp.build(98, 1, 0, 7, bytes.fromhex("80"))
    header = rtp.Header()
    header.read(data, len(data))

    assert not Layering().read(Format.VP9, data, header, is_late=False)
