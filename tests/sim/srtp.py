"""SRTP and SRTCP written from the RFCs, to judge ours by: nothing of `sfu` is in here.

AES128-CM-SHA1-80 (RFC 3711) and AES-128-GCM (RFC 7714) on the primitives of `cryptography`. Slow
and plain on purpose. A packet's index is its rollover counter << 16 | sequence number.
"""

import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

GCM = b"SRTP_AEAD_AES_128_GCM"  # the names are OpenSSL's
CM = b"SRTP_AES128_CM_SHA1_80"
SALTS = {GCM: 12, CM: 14}  # bytes of master salt, and of the session's
RTP, RTCP = 0, 3  # the first of three labels (RFC 3711, section 4.3.2)
ENCRYPTED = 1 << 31  # in the last word of SRTCP (RFC 3711, section 3.4)


def key_stream(key: bytes, block: int, size: int) -> bytes:
    """AES in counter mode from this 128-bit block on (RFC 3711, section 4.1.1)."""
    counter = modes.CTR(block.to_bytes(16, "big"))
    return Cipher(algorithms.AES(key), counter).encryptor().update(bytes(size))


def derive(key: bytes, salt: bytes, label: int, size: int) -> bytes:
    """RFC 3711, section 4.3; a salt of 12 bytes is filled up (RFC 7714, section 11)."""
    start = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ label << 48
    return key_stream(key, start << 16, size)


class Gcm:
    """RFC 7714, sections 8 and 9. The tag stands behind the ciphertext."""

    tag = 16

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._aead = AESGCM(key)
        self._salt = int.from_bytes(salt, "big")

    def seal(self, ssrc: int, index: int, head: bytes, plain: bytes, tail: bytes) -> bytes:
        return self._aead.encrypt(self._nonce(ssrc, index), plain, head + tail)

    def open(self, ssrc: int, index: int, head: bytes, sealed: bytes, tail: bytes) -> bytes | None:
        try:
            return self._aead.decrypt(self._nonce(ssrc, index), sealed, head + tail)
        except InvalidTag:
            return None

    def _nonce(self, ssrc: int, index: int) -> bytes:
        return (self._salt ^ ssrc << 48 ^ index).to_bytes(12, "big")


class Counter:
    """RFC 3711, sections 4.1.1 and 4.2.1. `tail` is authenticated behind the ciphertext."""

    tag = 10

    def __init__(self, key: bytes, salt: bytes, authentication: bytes) -> None:
        self._key = key
        self._salt = int.from_bytes(salt, "big")
        self._authentication = authentication

    def seal(self, ssrc: int, index: int, head: bytes, plain: bytes, tail: bytes) -> bytes:
        sealed = self._code(ssrc, index, plain)
        return sealed + self._tag(head + sealed + tail)

    def open(self, ssrc: int, index: int, head: bytes, sealed: bytes, tail: bytes) -> bytes | None:
        body = sealed[: -self.tag]
        if not hmac.compare_digest(self._tag(head + body + tail), sealed[-self.tag :]):
            return None
        return self._code(ssrc, index, body)

    def _tag(self, data: bytes) -> bytes:
        return hmac.digest(self._authentication, data, "sha1")[: self.tag]

    def _code(self, ssrc: int, index: int, data: bytes) -> bytes:
        stream = key_stream(self._key, self._salt << 16 ^ ssrc << 64 ^ index << 16, len(data))
        mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
        return mixed.to_bytes(len(data), "big")


def transform(profile: bytes, master: bytes, label: int) -> Gcm | Counter:
    """`master` is master key and salt; `label` is RTP or RTCP."""
    key, salt = master[:16], master[16:]
    session, own_salt = derive(key, salt, label, 16), derive(key, salt, label + 2, SALTS[profile])
    if profile == GCM:
        return Gcm(session, own_salt)
    return Counter(session, own_salt, derive(key, salt, label + 1, 20))


@dataclass(slots=True)
class Rollover:
    """The counter of one SSRC (RFC 3711, section 3.3.1 and appendix A)."""

    count: int = 0
    highest: int = -1  # 16 bits

    def index(self, sequence: int) -> int:
        if self.highest < 0:
            return sequence
        count = self.count
        if self.highest < 0x8000 and sequence - self.highest > 0x8000:
            count -= 1
        elif self.highest >= 0x8000 and self.highest - 0x8000 > sequence:
            count += 1
        return (count << 16) + sequence

    def take(self, index: int) -> None:
        """A packet of this index is genuine."""
        if self.highest < 0 or index > self.count << 16 | self.highest:
            self.count, self.highest = index >> 16, index & 0xFFFF


@dataclass(slots=True)
class Opened:
    ssrc: int
    index: int
    plain: bytes | None  # None: it is forged, or damaged


def head_size(packet: bytes) -> int:
    """Bytes before the payload of an RTP packet (RFC 3550, section 5.1)."""
    size = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        size += 4 + 4 * int.from_bytes(packet[size + 2 : size + 4], "big")
    return size


class Context:
    """One direction of one connection. It keeps no list of what came: the caller does."""

    def __init__(self, profile: bytes, master: bytes) -> None:
        self._rtp = transform(profile, master, RTP)
        self._rtcp = transform(profile, master, RTCP)
        self._rollovers: dict[int, Rollover] = {}
        self._control_index = 0

    def seal(self, packet: bytes) -> bytes:
        ssrc, rollover = self._rollover(packet)
        index = rollover.index(int.from_bytes(packet[2:4], "big"))
        rollover.take(index)
        size = head_size(packet)
        head, plain = packet[:size], packet[size:]
        return head + self._rtp.seal(ssrc, index, head, plain, self._roc(index))

    def open(self, data: bytes) -> Opened:
        """The counter does not move before `take`."""
        ssrc, rollover = self._rollover(data)
        index = rollover.index(int.from_bytes(data[2:4], "big"))
        size = head_size(data)
        if index < 0 or len(data) < size + self._rtp.tag:
            return Opened(ssrc, index, None)
        head = data[:size]
        plain = self._rtp.open(ssrc, index, head, data[size:], self._roc(index))
        return Opened(ssrc, index, None if plain is None else head + plain)

    def take(self, opened: Opened) -> None:
        self._rollovers[opened.ssrc].take(opened.index)

    def seal_control(self, packet: bytes) -> bytes:
        index, self._control_index = self._control_index, self._control_index + 1
        ssrc = int.from_bytes(packet[4:8], "big")
        head, word = packet[:8], (ENCRYPTED | index).to_bytes(4, "big")
        sealed = self._rtcp.seal(ssrc, index, head, packet[8:], word)
        if isinstance(self._rtcp, Counter):
            return head + sealed[: -self._rtcp.tag] + word + sealed[-self._rtcp.tag :]
        return head + sealed + word

    def open_control(self, data: bytes) -> Opened:
        ssrc = int.from_bytes(data[4:8], "big")
        head, sealed, word = data[:8], data[8:-4], data[-4:]
        if isinstance(self._rtcp, Counter):
            end = len(data) - self._rtcp.tag
            word = data[end - 4 : end]
            sealed = data[8 : end - 4] + data[end:]
        index = int.from_bytes(word, "big") ^ ENCRYPTED
        plain = self._rtcp.open(ssrc, index, head, sealed, word)
        return Opened(ssrc, index, None if plain is None else head + plain)

    def _rollover(self, packet: bytes) -> tuple[int, Rollover]:
        ssrc = int.from_bytes(packet[8:12], "big")
        return ssrc, self._rollovers.setdefault(ssrc, Rollover())

    def _roc(self, index: int) -> bytes:
        """What RFC 3711, section 4.2 authenticates behind the packet."""
        return (index >> 16).to_bytes(4, "big") if isinstance(self._rtp, Counter) else b""
