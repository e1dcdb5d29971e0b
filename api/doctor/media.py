"""Does media answer where clients are told that it is?"""

import socket
import time
from collections.abc import Sequence

from api.doctor.findings import Findings, bad, good
from api.doctor.visit import Candidate, Told
from sfu.transport.framing import Deframer, FramingError, frame
from turn.stun import Message, StunError

PATIENCE = 2.0  # seconds
TRIES = 4  # of a datagram, within that time


def check_media(told: Told, own: Sequence[str]) -> Findings:
    """`own`: the machine's addresses; others lead here by a NAT."""
    for candidate in told.candidates:
        place = f"{candidate.host} port {candidate.port} ({candidate.protocol.upper()})"
        if answers(told, candidate):
            yield good(f"media answers at {place}")
        elif candidate.host in own:
            yield bad(f"media does not answer at {place}: let it through this machine's firewall")
        else:
            yield bad(
                f"media does not answer at {place}: let the NAT forward this port, and the "
                "firewalls let it through (some NATs do not let their own side in: then ask "
                "again from outside)"
            )


def answers(told: Told, candidate: Candidate) -> bool:
    check, transaction = told.check()
    kind = socket.SOCK_STREAM if candidate.protocol == "tcp" else socket.SOCK_DGRAM
    family = socket.AF_INET6 if ":" in candidate.host else socket.AF_INET
    try:
        with socket.socket(family, kind) as sock:
            sock.settimeout(PATIENCE)
            sock.connect((candidate.host, candidate.port))
            if candidate.protocol == "tcp":
                return _by_tcp(sock, check, transaction)
            return _by_udp(sock, check, transaction)
    except OSError:
        return False


def _by_udp(sock: socket.socket, check: bytes, transaction: bytes) -> bool:
    sock.settimeout(PATIENCE / TRIES)
    for _ in range(TRIES):
        sock.send(check)
        try:
            while not _is_answer(sock.recv(2048), transaction):
                pass
            return True
        except TimeoutError:
            continue
    return False


def _by_tcp(sock: socket.socket, check: bytes, transaction: bytes) -> bool:
    sock.send(frame(check))
    deframer, end = Deframer(), time.monotonic() + PATIENCE
    while (data := sock.recv(2048)) and time.monotonic() < end:
        try:
            if any(_is_answer(one, transaction) for one in deframer.receive(data)):
                return True
        except FramingError:
            return False
    return False


def _is_answer(data: bytes, transaction: bytes) -> bool:
    """Even an error is: somebody who knows our kind of packet is there."""
    try:
        return Message.parse(data).transaction == transaction
    except StunError:
        return False
