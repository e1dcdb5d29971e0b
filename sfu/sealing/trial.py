"""Try the fast way of sealing before anything depends on it."""

import logging

import numpy as np

from sfu.arena import PAYLOAD, Arena
from sfu.loops.seal import unseal
from sfu.loops.sort import SORTED
from sfu.path import key
from sfu.ring import SLOT, Batch, Ring
from sfu.sealing import Sealer
from sfu.sealing.public import PublicSealer
from sfu.tables import NEVER, Rows
from sfu.transport.protection import KEY_LENGTHS, Protection

log = logging.getLogger(__name__)

SIZES = [0, 1, 160, 1200]  # bytes of payload
KEY = bytes(range(100, 130))
CONTROL = bytes([0x80, 201, 0, 1, 1, 2, 3, 4])  # an empty receiver report
SENDER, RECEIVER, STRANGER = range(3)  # rows
SOCKET = 0
REMOTE = key((SOCKET, ("192.0.2.1", 1)))


class Different(Exception):
    """The two ways have not the same results."""


def choose(ring: Ring, *, portable: bool = False) -> Sealer:
    """The fastest sealer that works here. `portable`: by public methods in any case."""
    if portable:
        return PublicSealer(ring)
    try:
        from sfu.sealing.direct import DirectSealer  # its import is a part of the trial

        for profile in KEY_LENGTHS:
            compare(profile, DirectSealer(trial := Ring(blocks=1)), trial)
        return DirectSealer(ring)
    except Exception as error:
        log.warning("packets are sealed the slow way: %s: %s", type(error).__name__, error)
        return PublicSealer(ring)


def compare(profile: bytes, sealer: Sealer, ring: Ring) -> None:
    """Seal and unseal with it and with the public methods. Raises Different."""
    length = sum(KEY_LENGTHS[profile])
    ours, theirs = KEY[:length], KEY[::-1][:length]
    sender, twin = Protection(profile, ours, theirs), Protection(profile, ours, theirs)
    sealer.set_keys(SENDER, sender)
    sealer.set_keys(RECEIVER, Protection(profile, theirs, ours))
    packets = [header(number) + bytes([number]) * size for number, size in enumerate(SIZES)]
    arena = filled(packets)
    sealer.seal(arena)
    sealed = [twin.protect(packet) or b"" for packet in packets]
    expected = [*sealed, twin.protect_rtcp(CONTROL) or b"", b""]
    if [arena.packet(row) for row in range(arena.count)] != expected:
        raise Different("sealed packets differ")
    batch = received([*sealed[:-1], forge(sealed[-1]), sealed[-1], sealed[-1]], ring)
    count = len(packets) - 1
    media: Rows = np.zeros(batch.count, SORTED)
    media["position"], media["client"] = np.arange(batch.count), RECEIVER
    sealer.unseal(batch, media, batch.count)
    if (media["refused"] == 0).tolist() != [True] * count + [False, True, False]:
        raise Different("other packets are refused")
    plain = [*range(count), count + 1]
    if [ring.datagram(batch, position) for position in plain] != packets:
        raise Different("unsealed packets differ")
    report = expected[-2]
    told = [unsealed_control(sealer, ring, data) for data in (report, forge(report), report)]
    if sealer.unsealing.unprotect_control and told != [CONTROL, b"", b""]:
        raise Different("other RTCP is refused, or reads otherwise")


def unsealed_control(sealer: Sealer, ring: Ring, packet: bytes) -> bytes:
    """By the function that loops call for it; nothing when it is refused, or there is none."""
    unsealing = sealer.unsealing
    if not unsealing.unprotect_control:
        return b""
    batch = received([packet], ring)
    media: Rows = np.zeros(1, SORTED)
    media["client"] = RECEIVER
    refused = unseal(
        unsealing.unprotect_control, unsealing.contexts, media, 1,
        unsealing.memory, batch.lengths_address,
    )  # fmt: skip
    return b"" if refused else ring.datagram(batch, 0)


def forge(packet: bytes) -> bytes:
    return bytes([*packet[:-1], packet[-1] ^ 1])


def header(number: int) -> bytes:
    """Of RTP, 12 bytes (RFC 3550, section 5.1)."""
    return bytes([0x80, 96, 0, number, *bytes(4), 1, 2, 3, 4])


def filled(packets: list[bytes]) -> Arena:
    """And a row of RTCP, and one for a client without keys."""
    arena = Arena()
    for packet in packets:
        start = PAYLOAD - 12
        at = arena.count * SLOT + start
        arena.data[at : at + len(packet)] = packet
        arena.append(SENDER, start, len(packet), NEVER)
    arena.append_control(SENDER, CONTROL)
    arena.append_control(STRANGER, CONTROL)
    return arena


def received(packets: list[bytes], ring: Ring) -> Batch:
    batch = Batch(SOCKET)
    for position, packet in enumerate(packets):
        ring.row(position)[: len(packet)] = packet
        batch.add(len(packet), REMOTE, 0.0)
    return batch
