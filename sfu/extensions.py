"""RTP header extensions: find elements in a block, write blocks (RFC 8285)."""

import struct
from collections.abc import Iterable, Mapping

from sfu.rtp import ONE_BYTE, TWO_BYTE

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
ABS_CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
DEPENDENCY_DESCRIPTOR = (
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)

HEAD = struct.Struct("!HH")  # profile, length in words
SHORT = struct.Struct("!H")

Data = bytes | bytearray | memoryview
Elements = dict[int, tuple[int, int]]  # id -> (offset of the value, its length)


def locate(data: Data, profile: int, start: int, end: int) -> Elements:
    """All elements between `start` and `end`, as `Header` gives them.

    Of an id that comes twice the first counts. An element that leads outside ends the search, as
    does another profile at once.
    """
    if profile == ONE_BYTE:
        return _locate_one_byte(data, start, end)
    if profile == TWO_BYTE:
        return _locate_two_byte(data, start, end)
    return {}


def _locate_one_byte(data: Data, at: int, end: int) -> Elements:
    found: Elements = {}
    while at < end:
        head = data[at]
        at += 1
        if not head:  # padding
            continue
        number, length = head >> 4, (head & 0x0F) + 1
        if number == 15 or at + length > end:  # 15: stop here (section 4.2)
            break
        found.setdefault(number, (at, length))
        at += length
    return found


def _locate_two_byte(data: Data, at: int, end: int) -> Elements:
    found: Elements = {}
    while at + 1 < end:
        number = data[at]
        if not number:
            at += 1
            continue
        length = data[at + 1]
        at += 2
        if at + length > end:
            break
        found.setdefault(number, (at, length))
        at += length
    return found


def text(data: Data, place: tuple[int, int]) -> str:
    """The value of mid or rid. Bytes that are not ASCII become U+FFFD."""
    at, length = place
    return bytes(data[at : at + length]).decode("ascii", "replace")


def audio_level(data: Data, place: tuple[int, int]) -> int:
    """How far below the loudest, 0 to 127 dB (RFC 6464); the voice flag is left out."""
    return data[place[0]] & 0x7F


def read_short(data: Data, place: tuple[int, int]) -> int:
    """A transport-wide sequence number; -1 when the element is too short for one."""
    at, length = place
    return (data[at] << 8 | data[at + 1]) if length >= 2 else -1


def abs_send_time(seconds: float) -> int:
    """Six bits of seconds and 18 of fraction: the value of `ABS_SEND_TIME`."""
    return int(seconds * 262144) & 0xFFFFFF


def write_abs_send_time(data: bytearray | memoryview, at: int, seconds: float) -> None:
    value = int(seconds * 262144)
    data[at] = value >> 16 & 0xFF
    data[at + 1] = value >> 8 & 0xFF
    data[at + 2] = value & 0xFF


def write_short(data: bytearray | memoryview, at: int, value: int) -> None:
    """A transport-wide sequence number, modulo 65536."""
    SHORT.pack_into(data, at, value & 0xFFFF)


def build(elements: Iterable[tuple[int, bytes]]) -> bytes:
    """A block with its head: the short form when ids and lengths allow it. Empty for none."""
    pairs = list(elements)
    if not pairs:
        return b""
    one_byte = all(number < 15 and 1 <= len(value) <= 16 for number, value in pairs)
    if one_byte:
        parts = [bytes([number << 4 | len(value) - 1]) + value for number, value in pairs]
    else:
        parts = [bytes([number, len(value)]) + value for number, value in pairs]
    body = b"".join(parts)
    words = (len(body) + 3) // 4
    return HEAD.pack(ONE_BYTE if one_byte else TWO_BYTE, words) + body.ljust(words * 4, b"\0")


class Template:
    """The extension block of one outgoing stream, built once; per packet some places are written.

    `block` has its head. `abs_send_time_at`, `transport_cc_at`, `capture_at` and `descriptor_at`
    are offsets into it, 0 when the stream has none.
    """

    __slots__ = ("abs_send_time_at", "block", "capture_at", "descriptor_at", "transport_cc_at")

    def __init__(
        self,
        ids: Mapping[str, int],
        mid: str = "",
        *,
        delay: bytes = b"",
        capture: bytes = b"",
        descriptor: bytes = b"",
    ) -> None:
        """`ids` are the URIs that the m-line negotiated. What is empty is left out."""
        elements: list[tuple[int, bytes]] = []
        if ABS_SEND_TIME in ids:
            elements.append((ids[ABS_SEND_TIME], bytes(3)))
        if TRANSPORT_CC in ids:
            elements.append((ids[TRANSPORT_CC], bytes(2)))
        if delay and PLAYOUT_DELAY in ids:
            elements.append((ids[PLAYOUT_DELAY], delay))
        if mid and MID in ids:
            elements.append((ids[MID], mid.encode()))
        if capture and ABS_CAPTURE_TIME in ids:
            elements.append((ids[ABS_CAPTURE_TIME], capture))
        if descriptor and DEPENDENCY_DESCRIPTOR in ids:
            elements.append((ids[DEPENDENCY_DESCRIPTOR], descriptor))
        self.block = build(elements)
        profile = HEAD.unpack_from(self.block)[0] if elements else 0
        found = locate(self.block, profile, HEAD.size, len(self.block))
        self.abs_send_time_at = found.get(ids.get(ABS_SEND_TIME, -1), (0, 0))[0]
        self.transport_cc_at = found.get(ids.get(TRANSPORT_CC, -1), (0, 0))[0]
        self.capture_at = found.get(ids.get(ABS_CAPTURE_TIME, -1), (0, 0))[0]
        self.descriptor_at = found.get(ids.get(DEPENDENCY_DESCRIPTOR, -1), (0, 0))[0]
