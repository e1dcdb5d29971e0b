"""One client's end, to judge the server by: it shares no code with `sfu`.

It opens every packet by `tests/sim/srtp.py`, keeps the rollover counters and checks that no number
was sealed twice with different bytes. A packet that it `loses` it has not seen; what comes in its
place later must be the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.sim.srtp import Context, head_size


@dataclass(slots=True)
class Packet:
    """An RTP packet (RFC 3550, section 5.1)."""

    ssrc: int
    index: int  # rollover counter << 16 | sequence number
    timestamp: int
    marker: bool
    payload_type: int
    extensions: dict[int, bytes]  # by id
    payload: bytes
    is_again: bool = False  # it was lost and came a second time, byte for byte


def parse(data: bytes, index: int) -> Packet:
    """Raises ValueError for a packet that no receiver could read."""
    start, end = head_size(data), len(data)
    elements = {}
    if data[0] & 0x10:
        block = 12 + 4 * (data[0] & 0x0F)
        elements = parse_extensions(data[block : block + 2], data[block + 4 : start])
    if data[0] & 0x20:
        end -= data[-1]
    if data[0] >> 6 != 2 or not 12 <= start <= end:
        raise ValueError(f"not an RTP packet: {data[:16].hex()}")
    return Packet(
        int.from_bytes(data[8:12], "big"),
        index,
        int.from_bytes(data[4:8], "big"),
        data[1] >= 0x80,
        data[1] & 0x7F,
        elements,
        data[start:end],
    )


def parse_extensions(profile: bytes, block: bytes) -> dict[int, bytes]:
    """The elements of a block in one of the two forms of RFC 8285."""
    is_short = profile == b"\xbe\xde"
    if not is_short and profile != b"\x10\x00":
        raise ValueError(f"unknown extension profile {profile.hex()}")
    found: dict[int, bytes] = {}
    at = 0
    while at < len(block):
        if not block[at]:
            at += 1
            continue
        number, size = (block[at] >> 4, (block[at] & 15) + 1) if is_short else block[at : at + 2]
        at += 1 if is_short else 2
        if number in found or at + size > len(block):
            raise ValueError(f"extension {number} comes twice or leads outside")
        found[number] = block[at : at + size]
        at += size
    return found


def loses_nothing(ssrc: int, sequence: int) -> bool:
    return False


class Receiver:
    """Both directions of one client's keys.

    `packets` holds what arrived since the list was emptied, in that order; `missing` what was
    lost, by SSRC and sequence number; `problems` must stay empty.
    """

    def __init__(
        self, profile: bytes, send_key: bytes, receive_key: bytes,
        loses: Callable[[int, int], bool] = loses_nothing,
    ) -> None:  # fmt: skip
        self._send = Context(profile, send_key)
        self._receive = Context(profile, receive_key)
        self.loses = loses
        self.packets: list[Packet] = []
        self.missing: dict[tuple[int, int], Packet] = {}
        self._packets: dict[int, int] = {}  # SSRC << 48 | index -> hash of the bytes
        self._reports: dict[int, int] = {}
        self.number_ids: dict[int, int] = {}  # SSRC -> id of the transport-wide number
        self.numbers: list[int] = []  # transport-wide ones, of all that was sent, 16 bits
        self.repeats = 0  # packets that came again, byte for byte
        self.problems: list[str] = []

    def protect(self, packet: bytes) -> bytes:
        return self._send.seal(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        return self._send.seal_control(packet)

    def unprotect(self, data: bytes) -> bytes | None:
        """The packet, when it is new and not lost."""
        opened = self._receive.open(data)
        ssrc, index, plain = opened.ssrc, opened.index, opened.plain
        is_first = self._is_first(self._packets, ssrc, index, data)
        if plain is None:
            self.problems.append(f"{ssrc}/{index} does not authenticate")
            return None
        packet = parse(plain, index)
        if is_first:
            self._note_number(packet)
            if self.loses(ssrc, index & 0xFFFF):
                self.missing[ssrc, index & 0xFFFF] = packet
                return None
        elif self.missing.pop((ssrc, index & 0xFFFF), None) is None:
            self.repeats += 1
            return None
        packet.is_again = not is_first
        self._receive.take(opened)
        self.packets.append(packet)
        return plain

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        opened = self._receive.open_control(data)
        ssrc, index, plain = opened.ssrc, opened.index, opened.plain
        if plain is None:
            self.problems.append(f"report of {ssrc} does not authenticate")
        elif not self._is_first(self._reports, ssrc, index, data):
            self.problems.append(f"report of {ssrc} came twice")
        return plain

    def restore(self, media: int, packet: Packet) -> Packet | None:
        """What a packet of RTX (RFC 4588) stands for; None: it was not missing."""
        sequence = int.from_bytes(packet.payload[:2], "big")
        lost = self.missing.pop((media, sequence), None)
        if lost is not None:
            self._compare(lost, packet)
        return lost

    def _compare(self, lost: Packet, repeated: Packet) -> None:
        is_same = (lost.timestamp, lost.marker, lost.payload) == (
            repeated.timestamp, repeated.marker, repeated.payload[2:],
        )  # fmt: skip
        if not is_same:
            self.problems.append(f"{lost.ssrc}/{lost.index} was repaired by another packet")

    def _is_first(self, known: dict[int, int], ssrc: int, index: int, data: bytes) -> bool:
        """With AES-GCM two packets under one number give the key away (RFC 7714, section 8)."""
        key = ssrc << 48 | index
        before = known.get(key)
        if before is None:
            known[key] = hash(data)
        elif before != hash(data):
            self.problems.append(f"{ssrc}/{index} was sealed twice with different bytes")
        return before is None

    def _note_number(self, packet: Packet) -> None:
        number = packet.extensions.get(self.number_ids.get(packet.ssrc, 0))
        if number is not None:
            self.numbers.append(int.from_bytes(number, "big"))
