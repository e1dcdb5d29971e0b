"""Attacks with datagrams and TCP connections on the media ports."""

import random
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from typing import Any

from sfu.aio.tcp import UNPROVEN_PER_SOURCE
from tests.hostile.call import Target
from tests.hostile.spoof import Forger, Seen, Tap
from turn.stun import Attribute, Class, Message, Method

RATE = 20_000  # datagrams a second
STEP = 0.005  # seconds between two handfuls
STUN = bytes.fromhex("000100002112a442")
DTLS = bytes.fromhex("16fefd0000000000000000")
CLIENT_HELLO = 1
NEWEST, EACH = 6, 3  # addresses that are forged, and datagrams for each in a millisecond
SAMPLE = 500  # datagrams of which the answers are weighed
MARGIN = 20  # handles that the server has for other reasons, a call's joins among them
STRANGERS = 165  # connections that pin a server (measured on livekit-server)


def pace(seconds: float, rate: float, send: Callable[[], None]) -> int:
    """Call `send` that often; how often it was."""
    began = time.monotonic()
    count = 0
    while (passed := time.monotonic() - began) < seconds:
        while count < passed * rate:
            send()
            count += 1
        time.sleep(STEP)
    return count


def junk(target: Target, seconds: float) -> dict[str, Any]:
    """What looks like every class of RFC 7983, and like none."""
    chance = random.Random(7)
    starts = [b"", b"", STUN, DTLS, b"\x80\x60", b"\x80\xc8", b"\x90\xe0", b"\x40\x00"]
    noise = chance.randbytes(1 << 16)
    ports = target.media_ports
    with ExitStack() as stack:
        made = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4))
        files = [stack.enter_context(one) for one in made]

        def send() -> None:
            start = chance.randrange(1 << 15)
            data = chance.choice(starts) + noise[start : start + chance.randrange(1400)]
            chance.choice(files).sendto(data, ("127.0.0.1", chance.choice(ports)))

        return {"sent": pace(seconds, RATE, send)}


def spoofed(target: Target, seconds: float) -> dict[str, Any]:
    """One datagram from each of 20,000 sources a second, that begins something."""
    chance = random.Random(8)
    ports = target.media_ports
    known = user_names(target)
    with closing(Forger()) as forger:

        def send() -> None:
            data = chance.choice((check(chance.choice(known)), client_hello(chance), STUN))
            source = bytes([127, *chance.randbytes(3)]), chance.randrange(1024, 65536)
            forger.send(data, source, chance.choice(ports))

        sent = pace(seconds, RATE, send)
        return {"sent": sent, "amplification": round(amplification(forger, known, ports), 2)}


def amplification(forger: Forger, known: list[bytes], ports: list[int]) -> float:
    """Bytes of answers to addresses that never asked, by bytes of questions."""
    chance = random.Random(11)
    asked = answered = 0
    with closing(Tap()) as tap:
        for number in range(SAMPLE):
            data = check(chance.choice(known)) if number % 2 else client_hello(chance)
            asked += len(data)
            forger.send(data, (bytes([127, 8, 8, number % 250 + 1]), 9999), chance.choice(ports))
        for one in tap.watch(0.5):
            if one.source[1] in ports and one.target[0][:3] == bytes([127, 8, 8]):
                answered += len(one.data)
    assert answered <= asked
    return answered / asked


def replay(target: Target, seconds: float) -> dict[str, Any]:
    """The call's own packets again, from where they came and from elsewhere."""
    chance = random.Random(9)
    ports = set(target.media_ports)
    recent: deque[Seen] = deque(maxlen=500)
    sent = 0
    with closing(Tap()) as tap, closing(Forger()) as forger:
        end = time.monotonic() + seconds
        elsewhere = socket.inet_aton("127.9.9.9"), 9999
        while time.monotonic() < end:
            seen = [one for one in tap.watch(STEP) if one.target[1] in ports]
            recent.extend(one for one in seen if one.data[:1] >= b"\x80")
            for one in chance.choices(recent, k=100) if recent else ():
                source = chance.choice((one.source, elsewhere))
                forger.send(one.data, source, one.target[1])
                sent += 1
    return {"sent": sent}


def forged_hellos(target: Target, seconds: float) -> dict[str, Any]:
    """Handshake records, alerts and more from the address of whoever joins, as soon as it shows."""
    chance = random.Random(10)
    ports = set(target.media_ports)
    clients: deque[tuple[tuple[bytes, int], int]] = deque(maxlen=NEWEST)
    sent = addresses = 0
    with closing(Tap()) as tap, closing(Forger()) as forger:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for one in tap.watch(0.001):
                client = one.source, one.target[1]
                is_check = one.target[1] in ports and one.data[:2] == STUN[:2]
                if is_check and client not in clients:
                    clients.append(client)
                    addresses += 1
            for source, port in clients:
                for _ in range(EACH):
                    forger.send(forged_record(chance), source, port)
                    sent += 1
    return {"sent": sent, "addresses": addresses}


def forged_record(chance: random.Random) -> bytes:
    """What a stranger may send into a handshake to end it."""
    return chance.choice(
        (
            client_hello(chance),
            client_hello(chance, suites=b"\x00\x00"),  # NULL
            record(21, b"\x02\x28"),  # a fatal alert: handshake failure
            record(21, b"\x02\x00"),
            record(20, b"\x01"),
            record(23, b"hello"),
            record(22, handshake(CLIENT_HELLO, b"")),
            record(22, chance.randbytes(40)),
        )
    )


def record(kind: int, body: bytes) -> bytes:
    number = 0xFFFF if kind == 20 else 0  # all others would be older than this one
    head = struct.pack("!BHHHIH", kind, 0xFEFD, 0, number, 1, len(body))
    return head + body


def handshake(kind: int, body: bytes) -> bytes:
    size = len(body).to_bytes(3, "big")
    return bytes([kind]) + size + b"\0\0" + b"\0\0\0" + size + body


def client_hello(chance: random.Random, suites: bytes = b"\xc0\x2b\xc0\x2f") -> bytes:
    body = b"\xfe\xfd" + chance.randbytes(32) + b"\0\0"
    body += len(suites).to_bytes(2, "big") + suites + b"\x01\x00"
    return record(22, handshake(CLIENT_HELLO, body))


def user_names(target: Target) -> list[bytes]:
    """The names in checks on the wire: whoever sees one may use it."""
    ports = set(target.media_ports)
    names = []
    with closing(Tap()) as tap:
        for one in tap.watch(3.0):
            if one.target[1] in ports and one.data[:2] == STUN[:2]:
                names.append((Message.parse(one.data).username or "").encode())
                if len(set(names)) >= 2:
                    break
    assert names, "nobody has sent a check"
    return sorted(set(names))


def check(name: bytes, password: bytes = b"guessed-and-wrong-password") -> bytes:
    attributes = [(int(Attribute.USERNAME), name), (int(Attribute.PRIORITY), b"\x6e\0\x1e\xff")]
    message = Message(Method.BINDING, Class.REQUEST, random.randbytes(12), attributes)
    return message.sealed(password)


def pinned(target: Target, seconds: float) -> dict[str, Any]:
    """TCP connections by somebody who knows a user name and no password, held as long as may be."""
    name = user_names(target)[0]
    datagram = check(name)
    framed = len(datagram).to_bytes(2, "big") + datagram
    before = target.handles()
    highest = opened = 0
    with ExitStack() as stack:
        end = time.monotonic() + seconds
        files: list[socket.socket] = []
        while time.monotonic() < end:
            if len(files) < STRANGERS:
                file = stack.enter_context(socket.create_connection(("127.0.0.1", target.tcp_port)))
                file.settimeout(0.0)
                files.append(file)
                opened += 1
            for file in files:
                with suppress(OSError):
                    file.send(framed)
            files = [file for file in files if is_open(file)]
            highest = max(highest, target.handles() - before)
            time.sleep(STEP)
    assert highest <= UNPROVEN_PER_SOURCE + MARGIN
    return {"opened": opened, "handles": highest}


def is_open(file: socket.socket) -> bool:
    try:
        while data := file.recv(4096):
            if not data:
                return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
