"""DTLS records: cut flights into datagrams, and keep forged ones away from OpenSSL.

While shaking hands OpenSSL gives up on a plaintext alert, on handshake junk and on application
data without encryption, whoever sent them. Nothing that an honest peer sends is held back here.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

HEADER = 13  # type, version, epoch, sequence number, length (RFC 6347, section 4.1)
MESSAGE_HEADER = 12  # type, length, sequence number, fragment offset and length (4.2.2)
MTU = 1200  # bytes of a datagram

CHANGE = HEADER + 1  # bytes of a ChangeCipherSpec record
CHANGE_CIPHER_SPEC = 20
ALERT = 21
HANDSHAKE = 22
FATAL = b"\x02"


class Phase(Enum):
    """Which unencrypted handshake messages the peer may send now."""

    FROM_SERVER = frozenset({2, 3, 4, 11, 12, 13, 14})  # ServerHello to ServerHelloDone
    FROM_CLIENT = frozenset({1, 11, 15, 16})  # ClientHello, Certificate, its verify, the key
    FINISHED = frozenset[int]()  # the keys are there: nothing comes without them


class Admitted(NamedTuple):
    data: bytes  # the records that OpenSSL may see
    forged: int  # records held back
    refusal: bool  # one of them was a fatal alert, which anybody may have written


def split(data: bytes) -> Iterator[bytes]:
    """The whole records of a datagram or a flight; a truncated rest is left out."""
    position = 0
    while len(data) - position >= HEADER:
        end = position + HEADER + int.from_bytes(data[position + 11 : position + 13], "big")
        if end > len(data):
            return
        yield data[position:end]
        position = end


def pack(records: Iterable[bytes]) -> list[bytes]:
    """Records in their order, together in datagrams of at most MTU bytes where they fit."""
    datagrams: list[bytes] = []
    for record in records:
        if datagrams and len(datagrams[-1]) + len(record) <= MTU:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams


def admit(data: bytes, phase: Phase) -> Admitted:
    """What of a datagram may go on. Encrypted records may: OpenSSL drops forged ones silently."""
    kept = []
    forged = 0
    refusal = False
    for record in split(data):
        if is_plausible(record, phase):
            kept.append(record)
        else:
            forged += 1
            refusal = refusal or is_fatal_alert(record)
    return Admitted(b"".join(kept), forged, refusal)


def cut_at_changes(data: bytes) -> list[bytes]:
    """Records in pieces, each but the first beginning with a ChangeCipherSpec."""
    pieces = [b""]
    for record in split(data):
        if record[0] == CHANGE_CIPHER_SPEC:
            pieces.append(record)
        else:
            pieces[-1] += record
    return pieces


def is_plausible(record: bytes, phase: Phase) -> bool:
    if record[1] != 0xFE:
        return False
    if record[3:5] != b"\0\0":  # an epoch with keys
        return True
    if phase is Phase.FINISHED:
        return False
    if record[0] == CHANGE_CIPHER_SPEC:
        return record[HEADER:] == b"\x01"
    return record[0] == HANDSHAKE and has_only(record[HEADER:], phase.value)


def has_only(messages: bytes, kinds: frozenset[int]) -> bool:
    """The bytes are one or more whole handshake fragments of these types."""
    if not messages:
        return False
    while messages:
        end = MESSAGE_HEADER + int.from_bytes(messages[9:12], "big")
        length = int.from_bytes(messages[1:4], "big")
        offset = int.from_bytes(messages[6:9], "big")
        if messages[0] not in kinds or len(messages) < end:
            return False
        if offset + end - MESSAGE_HEADER > length:
            return False
        messages = messages[end:]
    return True


def is_fatal_alert(record: bytes) -> bool:
    return record[0] == ALERT and record[3:5] == b"\0\0" and record[HEADER : HEADER + 1] == FATAL
