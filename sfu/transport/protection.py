"""SRTP and SRTCP of one transport, on pylibsrtp's public interface (RFC 3711, RFC 7714).

Media goes the same sessions' way, many packets at once: see `sfu/sealing/`.
"""

from pylibsrtp import Error, Policy, Session

WINDOW = 1024  # packets: retransmissions and reordering reach this far back
SOURCES = 512  # SSRCs a client may use; libsrtp keeps state for each that it has authenticated

PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    b"SRTP_AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
KEY_LENGTHS = {b"SRTP_AEAD_AES_128_GCM": (16, 12), b"SRTP_AES128_CM_SHA1_80": (16, 14)}
REFUSED = (Error, TypeError, ValueError)  # the last two: not bytes, or too long for libsrtp


class Protection:
    """What DTLS agreed on (RFC 5764, section 4.2). None always means refused: the caller counts."""

    def __init__(self, profile: bytes, send_key: bytes, receive_key: bytes) -> None:
        """The profile by its OpenSSL name; a key is master key and salt, one after the other."""
        self.profile = profile
        self.sender = Session(policy(profile, send_key, Policy.SSRC_ANY_OUTBOUND))
        self.receiver = Session(policy(profile, receive_key, Policy.SSRC_ANY_INBOUND))
        self._sources: set[bytes] = set()

    def protect(self, packet: bytes) -> bytes | None:
        try:
            return self.sender.protect(packet)
        except REFUSED:
            return None

    def unprotect(self, packet: bytes) -> bytes | None:
        """The RTP packet; None when it is forged, repeated, too old or of one source too many."""
        if packet[8:12] not in self._sources and len(self._sources) >= SOURCES:
            return None
        try:
            plain: bytes = self.receiver.unprotect(packet)
        except REFUSED:
            return None
        self._sources.add(packet[8:12])
        return plain

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        try:
            return self.sender.protect_rtcp(packet)
        except REFUSED:
            return None

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        if packet[4:8] not in self._sources and len(self._sources) >= SOURCES:
            return None
        try:
            plain: bytes = self.receiver.unprotect_rtcp(packet)
        except REFUSED:
            return None
        self._sources.add(packet[4:8])
        return plain


def policy(profile: bytes, key: bytes, direction: int) -> Policy:
    chosen = Policy(key, direction, 0, PROFILES[profile])
    chosen.window_size = WINDOW
    # Without RTX a packet that was lost is sent again under its own number.
    chosen.allow_repeat_tx = True
    return chosen


def split_keys(profile: bytes, material: bytes) -> tuple[bytes, bytes]:
    """(client key and salt, server key and salt) out of the exported keying material.

    RFC 5764, section 4.2: client key, server key, client salt, server salt.
    """
    key, salt = KEY_LENGTHS[profile]
    keys, salts = material[: 2 * key], material[2 * key :]
    return keys[:key] + salts[:salt], keys[key:] + salts[salt : 2 * salt]


def material_length(profile: bytes) -> int:
    """Bytes of keying material that a profile needs."""
    return 2 * sum(KEY_LENGTHS[profile])
