"""Simulated calls of known shape, sealed with real SRTP, for a plane without any socket.

Rates are those that Chromium has at 720p: 7 + 2 + 1 packets in a frame of the three layers, 30
frames and 50 packets of sound a second. Every packet carries a transport-wide number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from sfu import extensions, rtcp, rtp
from sfu.arena import Arena
from sfu.config import PlaneConfig
from sfu.feedback import twcc
from sfu.media import Encoding, Kind
from sfu.path import Path
from sfu.plane import Plane
from sfu.sealing.trial import choose
from tests.sim.media import UP, Call, Person, fill
from tests.sim.sources import OPUS, OPUS_CODEC, VP8, VP8_CODEC, Vp8Layer, camera

FRAME = 1 / 30  # seconds
SOUND = 0.02  # seconds in a packet
LAYERS = ((1, 600), (2, 950), (7, 1000))  # packets in a frame, bytes in each; low to high
LOW, HIGH = 0, 2
FEEDBACK = 0.1  # seconds between two reports of a subscriber
WARM_UP = 1.0  # seconds until every subscription has its layer
KEYS_AGAIN = 0.5  # seconds: key frames that those asked for who started before any came


@dataclass(frozen=True)
class Arrival:
    at: float  # simulated seconds
    data: bytes  # sealed
    path: Path


class Layer(Vp8Layer):
    """One layer whose packets carry what a browser's do."""

    def __init__(self, ssrc: int, quality: int, seed: int, numbers: Iterator[int]) -> None:
        packets, self.bytes = LAYERS[quality]
        super().__init__(ssrc, quality, seed, packets=packets)
        self.size = self.bytes - 30
        self._numbers = numbers

    def wrap(self, payload: bytes, now: float, *, marker: bool = False, padding: int = 0) -> bytes:
        self.sequence = self.sequence + 1 & 0xFFFF
        return rtp.build(
            VP8,
            self.sequence,
            self.rtp_time(now),
            self.ssrc,
            payload,
            marker=marker,
            extension=numbered(self._numbers),
        )


def feedback(person: Person, begin: float, seconds: float, rate: float) -> Iterator[Arrival]:
    """What a subscriber says of the packets that it gets, `rate` a second: RR and transport-cc.

    The numbers are no packet's, which costs the plane the same.
    """
    uncovered, report, each = 0x10000, 0, round(rate * FEEDBACK)
    for number in range(round(seconds / FEEDBACK)):
        first, at = number * each, begin + number * FEEDBACK
        entries = [
            (first + n & 0xFFFF, int((at + n / rate) * 1e6) // twcc.TICK) for n in range(each)
        ]
        bodies, uncovered, report = twcc.build(entries, uncovered, report)
        for body in bodies:
            compound = rtcp.compound([rtcp.ReceiverReport(1), rtcp.Twcc(1, 100, body)])
            sealed = person.own.protect_rtcp(compound)
            assert sealed is not None
            yield Arrival(at + FEEDBACK, sealed, person.path)


class Publisher:
    """One person's camera and microphone."""

    def __init__(self, call: Call, name: str, seed: int, qualities: tuple[int, ...]) -> None:
        self.person = call.join(name)
        self.numbers = count()
        self.layers = [Layer(10 + q, q, seed + q, self.numbers) for q in qualities]
        self.start = Random(seed).random() * FRAME
        self.sequence = 0
        encodings = camera(*self.layers)
        call.publish(self.person, f"{name}/video", Kind.VIDEO, [VP8_CODEC], encodings, "0")
        sound = [Encoding(0, "", 5, 0)]
        call.publish(self.person, f"{name}/audio", Kind.AUDIO, [OPUS_CODEC], sound, "1")

    def arrivals(self, begin: float, seconds: float) -> Iterator[Arrival]:
        """In order of time, and so numbered."""
        pictures = [(self.start + n * FRAME, n) for n in range(int(seconds / FRAME))]
        sounds = [(self.start + n * SOUND, -1) for n in range(int(seconds / SOUND))]
        for after, number in sorted(pictures + sounds):
            at = begin + after
            if number < 0:
                yield self._seal(at, self._sound())
                continue
            key = number in (0, int(KEYS_AGAIN / FRAME))
            for layer in self.layers:
                yield from (self._seal(at, packet) for packet in layer.make(at, key=key))

    def _sound(self) -> bytes:
        self.sequence += 1
        extension = numbered(self.numbers, level=30)
        return rtp.build(
            OPUS, self.sequence, self.sequence * 960, 5, bytes(80), extension=extension
        )

    def _seal(self, at: float, packet: bytes) -> Arrival:
        sealed = self.person.own.protect(packet)
        assert sealed is not None
        return Arrival(at, sealed, self.person.path)


def numbered(numbers: Iterator[int], level: int | None = None) -> bytes:
    """Header extensions: a transport-wide number, and how loud a sound is."""
    elements = [(UP[extensions.TRANSPORT_CC], (next(numbers) & 0xFFFF).to_bytes(2, "big"))]
    if level is not None:
        elements.append((UP[extensions.AUDIO_LEVEL], bytes([level])))
    return extensions.build(elements)


def party(guests: int, seed: int, rooms: int = 1) -> tuple[Call, list[Publisher]]:
    """Everybody gets the next one in high quality, all others in low, and all sounds."""
    call = new_call(seed)
    people = []
    for room in range(rooms):
        names = [f"r{room}p{n}" for n in range(guests)]
        inside = [Publisher(call, name, seed + n * 10, (0, 1, 2)) for n, name in enumerate(names)]
        for place, viewer in enumerate(inside):
            others = inside[place + 1 :] + inside[:place]
            for number, other in enumerate(others):
                quality = LOW if number else HIGH
                subscribe(call, viewer.person, other.person.name, 100 + 10 * number, quality)
        people += inside
    return call, people


def new_call(seed: int) -> Call:
    """A call as the server forwards it, but that its packets go nowhere."""
    call = Call(seed, sealed=True)
    call.plane = Plane(
        call.ring,
        randbytes=call.random.randbytes,
        config=PlaneConfig(),
        sealer=choose(call.ring),
        egress=Nowhere(),
    )
    return call


class Nowhere:
    """The end of every packet."""

    def send(self, arena: Arena) -> None:
        pass


def broadcast(viewers: int, seed: int) -> tuple[Call, list[Publisher]]:
    """One sends 720p in one layer and sound to all others."""
    call = new_call(seed)
    speaker = Publisher(call, "speaker", seed, (HIGH,))
    for number in range(viewers):
        subscribe(call, call.join(f"v{number}"), "speaker", 100, HIGH)
    return call, [speaker]


def subscribe(call: Call, viewer: Person, publisher: str, ssrc: int, quality: int) -> None:
    video = f"{publisher}/video"
    call.subscribe(viewer, video, ssrc, [VP8_CODEC], rtx_ssrc=ssrc + 1, quality=quality)
    call.subscribe(viewer, f"{publisher}/audio", ssrc + 2, [OPUS_CODEC])


def play(call: Call, arrivals: list[Arrival], size: int) -> None:
    """Put what arrives through the plane by batches of a size, with all that is due meanwhile."""
    plane, ring, first = call.plane, call.ring, 0
    while first < len(arrivals):
        some = [(arrival.path, arrival.data) for arrival in arrivals[first : first + size]]
        batch = fill(ring, some, arrivals[first].at)
        first += batch.count
        now = arrivals[first - 1].at
        plane.forward(batch, now)
        at = plane.next_timeout()
        if at is not None and at <= now:
            plane.handle_timeout(now)
        plane.take_transmits()
        plane.take_events()
