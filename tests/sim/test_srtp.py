"""The vectors of the RFCs; and libsrtp, which `sfu` uses, agrees in both directions."""

from random import Random

import pytest

from sfu.transport.protection import Protection
from tests.sim.srtp import (
    CM,
    GCM,
    RTP,
    Context,
    Gcm,
    Opened,
    Rollover,
    derive,
    head_size,
    key_stream,
)

KEY, SALT = bytes(range(16)), b"Quid pro quo"  # RFC 7714, sections 16 and 17


def master(profile: bytes, seed: int) -> bytes:
    return Random(seed).randbytes(28 if profile == GCM else 30)


def packet(sequence: int, ssrc: int = 7) -> bytes:
    extension = bytes.fromhex("bede0001 32010200")
    head = bytes.fromhex("91e0") + sequence.to_bytes(2, "big") + bytes(4)
    return head + ssrc.to_bytes(4, "big") + b"CSRC" + extension + b"payload"


def test_key_stream() -> None:  # RFC 3711, B.2
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
    start = int("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", 16)

    assert key_stream(key, start, 48).hex().upper() == (
        "E03EAD0935C95E80E166B16DD92B4EB4"
        "D23513162B02D0F72A43A2FE4A5F97AB"
        "41E95B3BB0A2E8DD477901E4FCA894C0"
    )


def test_key_derivation() -> None:  # RFC 3711, B.3
    key = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
    salt = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")

    assert derive(key, salt, RTP, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derive(key, salt, RTP + 2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert derive(key, salt, RTP + 1, 20).hex().upper() == (
        "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"
    )


def test_gcm_of_a_packet() -> None:  # RFC 7714, section 16.1
    head = bytes.fromhex("8040f17b 8041f8d3 5501a0b2")
    plain = b"Gallia est omnis divisa in partes tres"
    sealed = Gcm(KEY, SALT).seal(0x5501A0B2, 0xF17B, head, plain, b"")

    assert sealed.hex() == (
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
        "899d7f27beb16a9152cf765ee4390cce"
    )
    assert Gcm(KEY, SALT).open(0x5501A0B2, 0xF17B, head, sealed, b"") == plain


def test_gcm_of_control() -> None:  # RFC 7714, section 17.1
    plain = bytes.fromhex(
        "4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef"
        "deadbeef"
    )
    head, word = bytes.fromhex("81c8000d 4d617273"), bytes.fromhex("800005d4")
    sealed = Gcm(KEY, SALT).seal(0x4D617273, 0x5D4, head, plain, word)

    assert sealed.hex() == (
        "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded"
        "0bb9275bc84aa45896cf4d2fc5abf87245d9eade"
    )


def test_head_size_counts_sources_and_extensions() -> None:
    assert head_size(packet(1)) == 12 + 4 + 4 + 4
    assert head_size(bytes.fromhex("80e00001") + bytes(8) + b"payload") == 12


@pytest.mark.parametrize(
    ("numbers", "indices"),
    [
        ([5, 6, 4], [5, 6, 4]),
        ([0xFFFE, 1, 0xFFFF, 2], [0xFFFE, 0x10001, 0xFFFF, 0x10002]),
        ([0xFFF0, 0, 0xFFFF, 0x7000, 0xE000, 3], [0xFFF0, 65536, 65535, 0x17000, 0x1E000, 0x20003]),
    ],
)
def test_the_rollover_counter(numbers: list[int], indices: list[int]) -> None:
    rollover = Rollover()
    found = []
    for number in numbers:
        found.append(rollover.index(number))
        rollover.take(found[-1])

    assert found == indices


@pytest.mark.parametrize("profile", [GCM, CM])
def test_libsrtp_opens_what_we_seal(profile: bytes) -> None:
    ours, theirs = (
        Context(profile, master(profile, 1)),
        Protection(profile, master(profile, 2), master(profile, 1)),
    )
    for sequence in (0xFFFE, 0xFFFF, 0, 1):
        assert theirs.unprotect(ours.seal(packet(sequence))) == packet(sequence)
    for _ in range(3):
        report = bytes.fromhex("80c90001 00000007")
        assert theirs.unprotect_rtcp(ours.seal_control(report)) == report


@pytest.mark.parametrize("profile", [GCM, CM])
def test_we_open_what_libsrtp_seals(profile: bytes) -> None:
    ours, theirs = (
        Context(profile, master(profile, 1)),
        Protection(profile, master(profile, 1), master(profile, 2)),
    )
    for sequence, index in ((0xFFFE, 0xFFFE), (1, 0x10001), (0xFFFF, 0xFFFF), (2, 0x10002)):
        sealed = theirs.protect(packet(sequence))
        assert sealed is not None
        opened = ours.open(sealed)
        ours.take(opened)
        assert opened == Opened(7, index, packet(sequence))
    for number in (1, 2):  # where libsrtp begins
        sealed = theirs.protect_rtcp(bytes.fromhex("80c90001 00000007"))
        assert sealed is not None
        report = bytes.fromhex("80c90001 00000007")
        assert ours.open_control(sealed) == Opened(7, number, report)


@pytest.mark.parametrize("profile", [GCM, CM])
def test_a_changed_bit_is_refused(profile: bytes) -> None:
    ours = Context(profile, master(profile, 1))
    sealed = ours.seal(packet(9))
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 0x01
        assert ours.open(bytes(changed)).plain is None
