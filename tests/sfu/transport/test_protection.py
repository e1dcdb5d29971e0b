import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.transport.certificate import CM80, GCM
from sfu.transport.protection import SOURCES, Protection, material_length, split_keys

KEYS = {GCM: (b"a" * 28, b"b" * 28), CM80: (b"a" * 30, b"b" * 30)}


def ends(profile: bytes) -> tuple[Protection, Protection]:
    one, other = KEYS[profile]
    return Protection(profile, one, other), Protection(profile, other, one)


def rtp(sequence: int, ssrc: int = 7, payload: bytes = b"payload") -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, 0, ssrc) + payload


def rtcp(ssrc: int) -> bytes:
    return struct.pack("!BBHI", 0x80, 201, 1, ssrc)


@pytest.mark.parametrize("profile", [GCM, CM80])
def test_what_one_end_protects_the_other_reads(profile: bytes) -> None:
    sender, receiver = ends(profile)
    protected, report = sender.protect(rtp(1)), sender.protect_rtcp(rtcp(7))

    assert protected is not None
    assert report is not None
    assert protected != rtp(1)
    assert receiver.unprotect(protected) == rtp(1)
    assert receiver.unprotect_rtcp(report) == rtcp(7)


def test_forged_and_repeated_packets_are_refused() -> None:
    sender, receiver = ends(GCM)
    protected = sender.protect(rtp(1))
    assert protected is not None

    assert receiver.unprotect(protected[:-1] + bytes([protected[-1] ^ 1])) is None
    assert receiver.unprotect(protected) == rtp(1)
    assert receiver.unprotect(protected) is None


def test_a_packet_may_be_sent_again_and_arrive_late() -> None:
    sender, receiver = ends(GCM)
    lost = sender.protect(rtp(0))
    for sequence in range(1, 1001):
        protected = sender.protect(rtp(sequence))
        assert protected is not None
        assert receiver.unprotect(protected) is not None

    assert sender.protect(rtp(0)) == lost
    assert lost is not None
    assert receiver.unprotect(lost) == rtp(0)


def test_sources_are_bounded() -> None:
    sender, receiver = ends(GCM)
    for ssrc in range(1, SOURCES + 1):
        protected = sender.protect(rtp(1, ssrc))
        assert protected is not None
        assert receiver.unprotect(protected) is not None

    one_more, known = sender.protect(rtp(1, SOURCES + 1)), sender.protect(rtp(2, 1))
    report = sender.protect_rtcp(rtcp(SOURCES + 1))
    assert one_more is not None
    assert known is not None
    assert report is not None
    assert receiver.unprotect(one_more) is None
    assert receiver.unprotect_rtcp(report) is None
    assert receiver.unprotect(known) == rtp(2, 1)


def test_what_is_too_long_is_refused() -> None:
    sender, receiver = ends(GCM)
    assert sender.protect(rtp(1, payload=bytes(1500))) is None
    assert sender.protect_rtcp(rtcp(7) + bytes(1500)) is None
    assert receiver.unprotect(bytes([0x80]) * 1501) is None


def test_keys_stand_in_the_order_of_the_rfc() -> None:
    material = b"C" * 16 + b"S" * 16 + b"c" * 12 + b"s" * 12
    assert material_length(GCM) == len(material)
    assert split_keys(GCM, material) == (b"C" * 16 + b"c" * 12, b"S" * 16 + b"s" * 12)


RECEIVER = ends(GCM)[1]


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_without_keys(data: bytes) -> None:
    assert RECEIVER.unprotect(data) is None
    assert RECEIVER.unprotect_rtcp(data) is None
