"""H264 payloads: where a decoder may start, and the picture's size (RFC 6184)."""

from simulcast.descriptors.bits import BitReader, BitsError, without_emulation

Data = bytes | bytearray | memoryview

IDR, SPS = 5, 7  # NAL unit types (section 1.3)
STAP_A, FU_A = 24, 28  # sections 5.7.1, 5.8
HIGH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 138, 139, 244})


def is_key_frame(data: Data, start: int, end: int) -> bool:
    """Does a decoder's start lie in this packet: a parameter set, or the first part of an IDR?

    A switch should wait for `has_parameters`: browsers send the parameter sets in a packet before
    the IDR, and a decoder that misses them shows nothing.
    """
    return _first_of(data, start, end, (SPS, IDR)) >= 0


def has_parameters(data: Data, start: int, end: int) -> bool:
    """Is there a sequence parameter set in this packet?"""
    return _first_of(data, start, end, (SPS,)) >= 0


def frame_size(data: Data, start: int, end: int) -> tuple[int, int] | None:
    """Width and height, when the packet has a whole sequence parameter set."""
    at = _first_of(data, start, end, (SPS,))
    if at < 0 or data[start] & 0x1F == FU_A:
        return None
    return parse_sps(bytes(data[at:end]))


def _first_of(data: Data, start: int, end: int, types: tuple[int, ...]) -> int:
    """The offset of the first such NAL unit's head; -1 when none starts in this packet.

    For a fragment (FU-A) it is the offset of the payload.
    """
    if start >= end:
        return -1
    kind = data[start] & 0x1F
    if kind in types:
        return start
    if kind == FU_A:
        is_start = end - start >= 2 and data[start + 1] & 0x80
        return start if is_start and data[start + 1] & 0x1F in types else -1
    if kind == STAP_A:
        return _first_aggregated(data, start + 1, end, types)
    return -1


def _first_aggregated(data: Data, at: int, end: int, types: tuple[int, ...]) -> int:
    while at + 2 < end:
        if data[at + 2] & 0x1F in types:
            return at + 2
        at += 2 + (data[at] << 8 | data[at + 1])
    return -1


def parse_sps(unit: bytes) -> tuple[int, int] | None:
    """Width and height of a sequence parameter set with its NAL head (ITU-T H.264, 7.3.2.1.1).

    Bytes behind it do no harm. None when it is cut off or says nonsense.
    """
    try:
        return _read_size(BitReader(without_emulation(unit[:256])))
    except BitsError:
        return None


def _read_size(bits: BitReader) -> tuple[int, int] | None:
    bits.read(8)  # NAL head
    profile = bits.read(8)
    bits.read(16)  # constraints, level
    bits.read_unsigned()  # id
    chroma = _read_chroma(bits) if profile in HIGH_PROFILES else 1
    bits.read_unsigned()  # log2_max_frame_num
    _skip_order(bits)
    bits.read_unsigned()  # reference frames
    bits.read(1)  # gaps allowed
    width = (bits.read_unsigned() + 1) * 16
    height = (bits.read_unsigned() + 1) * 16  # of a field, when there are two
    fields = 2 - bits.read(1)  # frame_mbs_only_flag
    if fields == 2:
        bits.read(1)  # adaptive frames and fields
    bits.read(1)  # direct_8x8_inference
    cropped = _read_cropping(bits, chroma, fields)
    width, height = width - cropped[0], height * fields - cropped[1]
    return (width, height) if 0 < width <= 16384 and 0 < height <= 16384 else None


def _read_chroma(bits: BitReader) -> int:
    """chroma_format_idc, and past all that only the high profiles have."""
    chroma = bits.read_unsigned()
    if chroma == 3:
        bits.read(1)  # separate planes
    bits.read_unsigned()  # luma depth
    bits.read_unsigned()  # chroma depth
    bits.read(1)  # transform bypass
    if bits.read(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.read_signed()) & 0xFF
        last = following or last


def _skip_order(bits: BitReader) -> None:
    """The picture order count's fields."""
    kind = bits.read_unsigned()
    if kind == 0:
        bits.read_unsigned()
    elif kind == 1:
        bits.read(1)
        bits.read_signed()
        bits.read_signed()
        for _ in range(min(bits.read_unsigned(), 255)):
            bits.read_signed()


def _read_cropping(bits: BitReader, chroma: int, fields: int) -> tuple[int, int]:
    """Pixels cut off in width and in height."""
    if not bits.read(1):
        return 0, 0
    left, right, top, bottom = (bits.read_unsigned() for _ in range(4))
    across = 2 if chroma in (1, 2) else 1
    down = (2 if chroma == 1 else 1) * fields
    return (left + right) * across, (top + bottom) * down
