"""The seam's messages as bytes, for a channel between processes or machines.

A message is a byte that says our version and, in MessagePack, the pair of its class's name and its
fields by name. On a stream each has its length before it. Nothing that arrives is believed: what
is not exactly a known message of plausible size is a `WireError`.
"""

import struct
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

from sfu.errors import SfuError

VERSION = 1  # raised when an older reader would misunderstand
LARGEST = 1 << 20  # bytes of one message; a thousand speakers are 60 kB
LENGTH = struct.Struct("!I")

M = TypeVar("M")


class WireError(SfuError):
    """These are no bytes of ours, or this message cannot travel."""


class Codec(Generic[M]):
    """For one direction: it reads and writes these dataclasses and no others."""

    def __init__(self, kinds: Iterable[type[M]]) -> None:
        self._kinds = {kind.__name__: msgspec.msgpack.Decoder(kind) for kind in kinds}
        self._envelope = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
        self._encoder = msgspec.msgpack.Encoder()
        self._head = bytes([VERSION])

    def encode(self, message: M) -> bytes:
        """WireError: a value that MessagePack has no room for, or too many of them."""
        try:
            data = self._head + self._encoder.encode((type(message).__name__, message))
        except (msgspec.MsgspecError, ValueError, OverflowError, TypeError) as error:
            raise WireError(f"{type(message).__name__} cannot be written: {error}") from None
        if len(data) > LARGEST:
            raise WireError(f"{type(message).__name__} of {len(data)} bytes is too large")
        return data

    def decode(self, data: bytes) -> M:
        """WireError for everything that `encode` does not make."""
        if data[:1] != self._head:
            raise WireError(f"a message of another version than {VERSION}")
        try:
            name, fields = self._envelope.decode(memoryview(data)[1:])
            message: M = self._decoder(name).decode(fields)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise WireError(f"not a message: {type(error).__name__}") from None
        return message

    def _decoder(self, name: str) -> "msgspec.msgpack.Decoder[Any]":
        if (decoder := self._kinds.get(name)) is None:
            raise WireError("a message of an unknown kind")
        return decoder


def frame(data: bytes) -> bytes:
    """A message as it goes onto a stream."""
    return LENGTH.pack(len(data)) + data


class Frames:
    """Cuts a stream into messages: `receive`, then `take` until there is none."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0

    def receive(self, data: bytes) -> None:
        del self._buffer[: self._position]
        self._position = 0
        self._buffer += data

    def take(self) -> bytes | None:
        """The next message that is complete; WireError when one is longer than LARGEST."""
        buffer, start = self._buffer, self._position + LENGTH.size
        if len(buffer) < start:
            return None
        (length,) = LENGTH.unpack_from(buffer, self._position)
        if length > LARGEST:
            raise WireError(f"a message of {length} bytes")
        if len(buffer) < start + length:
            return None
        self._position = start + length
        return bytes(buffer[start : self._position])
