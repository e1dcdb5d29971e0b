"""Split a TCP stream into STUN messages and ChannelData (RFC 8656, sections 3.1 and 12.5)."""

from turn.channeldata import HEADER as CHANNEL_HEADER
from turn.channeldata import OLD_CHANNELS
from turn.errors import TurnError
from turn.stun import COOKIE_BYTES
from turn.stun import HEADER as STUN_HEADER

LONGEST = 65_535 + CHANNEL_HEADER.size + 3  # a ChannelData message with all that it may hold


class StreamError(TurnError, ValueError):
    """What stands there is neither; where the next message begins cannot be known."""


def message_size(data: bytes, at: int) -> tuple[int, int] | None:
    """Bytes of the message that begins here: without and with its padding.

    None: more has to come. Raises StreamError.
    """
    if len(data) - at < CHANNEL_HEADER.size:
        return None
    first, length = CHANNEL_HEADER.unpack_from(data, at)
    if first in OLD_CHANNELS:
        size = CHANNEL_HEADER.size + length
        return size, size + -size % 4
    cookie = data[at + 4 : at + 8]
    if first & 0xC000 or length % 4 or not COOKIE_BYTES.startswith(cookie):
        raise StreamError("neither STUN nor ChannelData")
    size = STUN_HEADER.size + length
    return size, size


class Splitter:
    """Keeps what has come of the message that is not complete, at most one message.

    `is_broken`: what follows makes no sense, and the stream is to be closed. What came before
    counts, however the network has cut the stream into pieces.
    """

    def __init__(self) -> None:
        self.is_broken = False
        self._rest = b""

    def take_rest(self) -> bytes:
        """What has come of a message that is not complete, for whoever cuts on by itself."""
        rest, self._rest = self._rest, b""
        return rest

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now, without padding."""
        data = self._rest + data if self._rest else data
        messages: list[bytes] = []
        at = 0
        try:
            while (sizes := message_size(data, at)) is not None and at + sizes[1] <= len(data):
                messages.append(data[at : at + sizes[0]])
                at += sizes[1]
        except StreamError:
            self.is_broken = True
        self._rest = data[at:]
        return messages
