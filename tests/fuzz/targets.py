"""What any bytes are given to. None of these may raise, whatever the bytes are.

A target takes the bytes that a fuzzer made; what it promises is the first line of its docstring.
"""

from collections.abc import Callable
from contextlib import suppress

from tests.turn.office import PEER, UDP, Answer, Client, Office
from turn import base62, channeldata
from turn.credentials import Credentials
from turn.nonces import Nonces
from turn.stream import Splitter
from turn.stun import (
    Attribute,
    Class,
    Message,
    Method,
    StunError,
    unpack_error,
    unpack_unknown,
    unpack_xor_address,
)

Target = Callable[[bytes], None]
CREDENTIALS = Credentials({"ann": "x"}, ["new", "old"], {"APIkey": "secret"})
READERS: list[Callable[[bytes], object]] = [
    unpack_error,
    unpack_unknown,
    lambda value: unpack_xor_address(value, bytes(12)),
]


def stun(data: bytes) -> None:
    """What is parsed is written as it was understood, and parsed to the same."""
    try:
        message = Message.parse(data)
    except StunError:
        return
    _ = message.username, message.unknown_attributes()
    message.is_authentic(data, b"key")
    message.is_authentic_sha256(data, b"key")
    for _, value in message.attributes:
        for read in READERS:
            with suppress(StunError):
                read(value)
    again = Message.parse(bytes(message))
    assert again.attributes == message.attributes


def stream(data: bytes) -> None:
    """A stream gives the same messages whole and byte by byte, or ends."""
    assert split(data, len(data) or 1) == split(data, 1)


def split(data: bytes, size: int) -> tuple[list[bytes], bool]:
    splitter = Splitter()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    messages = [message for piece in pieces for message in splitter.feed(piece)]
    return messages, splitter.is_broken


def channels(data: bytes) -> None:
    """ChannelData that is read is at least as long as it says."""
    unpacked = channeldata.unpack(data)
    if unpacked is not None:
        assert channeldata.pack(*unpacked, padded=False) == data[: 4 + len(unpacked[1])]


def names(data: bytes) -> None:
    """Any user name has passwords or none, and any nonce is ours or not."""
    CREDENTIALS.passwords(data.decode(errors="replace"))
    with suppress(ValueError):
        base62.decode(data.decode("latin-1"))
    Nonces(b"k").is_valid(data, "192.0.2.1", 5.0)


def strangers(data: bytes) -> None:
    """Packets of somebody unknown open nothing, and get at most one answer each."""
    office = Office()
    for packet in packets(data):
        assert len(office.send(packet)) <= 1
    assert office.sockets.open_now == {}


def users(data: bytes) -> None:
    """Requests of a user with any attributes are answered once; sockets stay bounded."""
    office = Office()
    client = Client(office)
    client.allocate()
    client.bind(0x4001, PEER)
    for packet in packets(data):
        if not packet:
            continue
        method = list(Method)[packet[0] % len(Method)]
        attributes = list(read_attributes(packet[1:]))
        if packet[0] & 0x80:
            message = Message(Method.SEND, Class.INDICATION, bytes(12), attributes)
            assert len(office.send(bytes(message))) <= 1
            continue
        sealed = client.seal(Message(method, Class.REQUEST, bytes(12), attributes))
        for answer in office.send(sealed):
            assert Answer(answer.data).message.transaction == bytes(12)
    assert len(office.sockets.open_now) <= 2


def peers(data: bytes) -> None:
    """Anything of a peer goes to the client whole, or nowhere."""
    office = Office()
    client = Client(office)
    client.allocate()
    client.bind(0x4001, PEER)
    for packet in packets(data):
        for peer in (PEER, (PEER[0], 1), ("203.0.113.77", 1)):
            for sent in office.deliver(client.relay(), peer, packet):
                assert packet in sent.data


def packets(data: bytes) -> list[bytes]:
    """Some packets, each behind a byte that says how long it is."""
    found, at = [], 0
    while at < len(data):
        size = data[at]
        found.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return found


KINDS = sorted(Attribute)


def read_attributes(data: bytes) -> list[tuple[int, bytes]]:
    """Each a byte for its kind, or for one that nobody knows, and its value."""
    values = packets(data)
    return [
        (KINDS[value[0]] if value[0] < len(KINDS) else 0x7000 + value[0], value[1:])
        for value in values
        if value
    ] or [UDP]


TARGETS: dict[str, Target] = {
    target.__name__: target for target in (stun, stream, channels, names, strangers, users, peers)
}
