"""Redundant audio: each packet repeats the ones before it (RFC 2198; LiveKit).

A packet's payload is `[block heads] [oldest block] ... [primary block]`.
"""

from collections import deque
from typing import NamedTuple

MAX_BLOCKS = 8  # redundant ones; browsers send one or two
MAX_LENGTH = 1 << 10  # a block's length has 10 bits
MAX_OFFSET = 1 << 14  # a block's timestamp offset has 14 bits
DISTANCE = 2  # packets that we repeat, and that we recover
HISTORY = 8  # packets that the receiver remembers


class Block(NamedTuple):
    """A part of a RED payload. Offsets count from the start of the data."""

    payload_type: int
    offset: int  # timestamp units before the packet's own timestamp; 0 for the primary
    start: int
    end: int


class Audio(NamedTuple):
    """A packet of plain Opus."""

    sequence: int  # extended
    timestamp: int  # 32 bits
    payload: bytes


def parse(data: bytes | memoryview, start: int, end: int) -> list[Block] | None:
    """The blocks of `data[start:end]`, oldest first, the primary last. None: it is not RED."""
    heads: list[tuple[int, int, int]] = []
    at = start
    while at < end and data[at] & 0x80:
        if at + 4 > end or len(heads) == MAX_BLOCKS:
            return None
        bits = int.from_bytes(data[at + 1 : at + 4], "big")
        heads.append((data[at] & 0x7F, bits >> 10, bits & 0x3FF))
        at += 4
    if at >= end:
        return None
    primary = data[at]
    at += 1
    blocks = []
    for payload_type, offset, length in heads:
        blocks.append(Block(payload_type, offset, at, at + length))
        at += length
    blocks.append(Block(primary, 0, at, end))
    return blocks if at <= end else None


class RedDecoder:
    """RED packets of one stream to plain Opus, for subscribers that did not negotiate RED."""

    def __init__(self) -> None:
        self._highest = -1
        self._seen: deque[int] = deque(maxlen=HISTORY)  # extended numbers

    def receive(
        self, sequence: int, timestamp: int, data: bytes | memoryview, start: int, end: int
    ) -> list[Audio]:
        """The packet's own audio, and before it what was lost and is repeated in it.

        `sequence` is extended. Empty when the payload is not RED or brings nothing new.
        """
        blocks = parse(data, start, end)
        if blocks is None or sequence in self._seen:
            return []
        audio = self._recover(sequence, timestamp, data, blocks)
        primary = blocks[-1]
        audio.append(Audio(sequence, timestamp, bytes(data[primary.start : primary.end])))
        self._seen.extend(packet.sequence for packet in audio)
        self._highest = max(self._highest, sequence)
        return audio

    def _recover(
        self, sequence: int, timestamp: int, data: bytes | memoryview, blocks: list[Block]
    ) -> list[Audio]:
        """The i-th block from the end is taken for the i-th packet before this one."""
        found = []
        for distance in range(min(len(blocks) - 1, DISTANCE), 0, -1):
            block = blocks[-1 - distance]
            lost = sequence - distance
            if self._highest < 0 or lost <= self._highest - HISTORY or lost in self._seen:
                continue
            if block.start < block.end:  # an empty block stands for silence
                payload = bytes(data[block.start : block.end])
                found.append(Audio(lost, timestamp - block.offset & 0xFFFFFFFF, payload))
        return found


class RedEncoder:
    """Plain Opus of one stream to RED, for subscribers that negotiated it."""

    def __init__(self, payload_type: int) -> None:
        """`payload_type`: Opus' number at the subscriber, which each block names."""
        self._payload_type = payload_type
        self._history: deque[Audio] = deque(maxlen=DISTANCE)

    def encode(self, sequence: int, timestamp: int, payload: bytes) -> bytes:
        """A packet's payload with the last two before it, as far as the format allows."""
        heads = bodies = b""
        for old in self._history:
            offset = timestamp - old.timestamp & 0xFFFFFFFF
            near = 0 < sequence - old.sequence <= DISTANCE
            if near and 0 < offset < MAX_OFFSET and len(old.payload) < MAX_LENGTH:
                bits = offset << 10 | len(old.payload)
                heads += bytes([0x80 | self._payload_type]) + bits.to_bytes(3, "big")
                bodies += old.payload
        if not self._history or sequence > self._history[-1].sequence:
            self._history.append(Audio(sequence, timestamp, payload))
        return heads + bytes([self._payload_type]) + bodies + payload
