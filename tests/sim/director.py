"""Writes scripts of whole rooms by a seed: who publishes, who watches, and what goes wrong.

A script is written while it is played, since publishers and viewers answer the server; once
written it can be played again without answers.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from sfu import extensions, rtcp
from sfu.commands import (
    AddPublication,
    AddSubscription,
    MutePublication,
    RemovePublication,
    RemoveSubscription,
    UpdateSubscription,
)
from sfu.media import Codec, Kind
from tests.sim.stage import Act, Join, Leave, Raw, Send, Stage, Tell, Told, Wait
from tests.sim.traffic import (
    FEEDBACK,
    H264,
    H264_CODEC,
    OPUS,
    OPUS_CODEC,
    OTHER,
    RED,
    RED_CODEC,
    UP,
    VP8,
    VP8_CODEC,
    VP9_CODEC,
    Camera,
    Layer,
    Microphone,
    Sent,
    Source,
    Style,
)
from tests.sim.uplink import Uplink, Weather

TICK = 0.020  # seconds
DOWN = [
    {extensions.MID: 9, extensions.TRANSPORT_CC: 5, extensions.ABS_SEND_TIME: 2},
    {extensions.MID: 16, extensions.TRANSPORT_CC: 17, extensions.ABS_SEND_TIME: 18},
    {extensions.TRANSPORT_CC: 3},
    {extensions.MID: 9, extensions.ABS_SEND_TIME: 2},
    {},
]
VIDEO_DOWN = [
    Codec("video/vp8", 120, 90000, rtx=121, feedback=FEEDBACK),
    Codec("video/h264", 122, 90000, rtx=123, feedback=FEEDBACK),
    Codec("video/vp9", 124, 90000, rtx=125, feedback=FEEDBACK),
]
OPUS_DOWN, RED_DOWN = Codec("audio/opus", 109, 48000, 2), Codec("audio/red", 110, 48000, 2)
SUNSHINE = Weather()
CAMERAS = ((VP8, 1), (VP8, 3), (VP8, 3), (H264, 3), (OTHER, 1))


@dataclass(frozen=True, slots=True)
class Plan:
    """What may happen. The defaults are a quiet room."""

    seed: int = 1
    people: int = 3
    ticks: int = 60
    weather: Weather = SUNSHINE
    layouts: bool = False  # header extensions change from packet to packet, probes come
    wishes: bool = False  # viewers change layers, pause and go on
    caps: bool = False  # and frame rates
    mutes: bool = False
    breaks: bool = False  # layers stop, change SSRC, jump; formats change
    comings: bool = False  # people and tracks come and go
    reports: bool = False  # viewers report, publishers too
    losses: float = 0.0  # share of what viewers lose and ask for again
    hostile: bool = False  # garbage comes in between
    encrypted: bool = False  # every third track is, end to end
    cameras: tuple[tuple[int, int], ...] = CAMERAS  # payload types and numbers of layers
    stalls: bool = False  # the server wakes up late and finds what several moments have brought


@dataclass
class Member:
    name: str
    uplink: Uplink
    sources: list[Source] = field(default_factory=list)
    muted: set[int] = field(default_factory=set)  # tracks
    ssrcs: dict[int, int] = field(default_factory=dict)  # track -> SSRC that it gets
    asked: dict[tuple[int, int], int] = field(default_factory=dict)  # lost packet -> times


class Director:
    """`write` plays a script on the stage while it is written, and returns it."""

    def __init__(self, plan: Plan, stage: Stage) -> None:
        self.plan = plan
        self.stage = stage
        self.random = Random(plan.seed)
        self.acts: list[Act] = []
        self.members: dict[str, Member] = {}
        self.sources: dict[int, Source] = {}  # by track, of all times
        self.uplinks: list[Uplink] = []
        self.now = 0.0
        self._arriving: list[tuple[str, bytes]] = []
        self._tracks = 0
        self._ssrcs = 0
        self._people = 0
        stage.on_control = self._hear

    def write(self) -> list[Act]:
        for _ in range(self.plan.people):
            self.enter()
        for _ in range(self.plan.ticks):
            self.tick()
        return self.acts

    def act(self, act: Act) -> None:
        self.acts.append(act)
        self.stage.do(act)

    def tell(self, command: Told) -> None:
        self.act(Tell(command))

    # ---- people

    def enter(self) -> None:
        self._people += 1
        name = f"person{self._people}"
        up = dict(UP)
        if self.random.random() < 0.2:
            del up[extensions.TRANSPORT_CC]
        uplink = Uplink(self.random, self.plan.weather, has_numbers=extensions.TRANSPORT_CC in up)
        member = self.members[name] = Member(name, uplink)
        self.uplinks.append(uplink)
        self.act(Join(name, up))
        self.publish(member, self._camera(member))
        self.publish(member, self._microphone(member))
        for other in list(self.members.values()):
            for source in other.sources:
                if other is not member and self.random.random() < 0.9:
                    self.subscribe(member, other, source)

    def leave(self, member: Member) -> None:
        del self.members[member.name]
        self.act(Leave(member.name))

    def publish(self, member: Member, source: Source) -> None:
        member.sources.append(source)
        self._announce(member, source)
        self.sources[source.track] = source
        for other in self.members.values():
            if other is not member and self.random.random() < 0.9:
                self.subscribe(other, member, source)

    def _announce(self, member: Member, source: Source) -> None:
        codecs = [OPUS_CODEC, RED_CODEC]
        if source.kind is Kind.VIDEO:
            codecs = [VP8_CODEC, H264_CODEC] if source.payload_type != OTHER else [VP9_CODEC]
        name, mid = member.name, source.layers[0].mid or f"x{source.track}"
        self.tell(
            AddPublication(
                f"{name}/0", name, f"TR{source.track}", mid, source.kind, codecs,
                source.encodings, muted=source.track in member.muted,
                is_encrypted=self.plan.encrypted and source.track % 3 == 0,
            )
        )  # fmt: skip

    def subscribe(self, member: Member, publisher: Member, source: Source) -> None:
        """Again, it is a renegotiation of the same m-line."""
        ssrc = member.ssrcs.get(source.track)
        if ssrc is None:
            self._ssrcs += 2
            ssrc = member.ssrcs[source.track] = 10_000 + self._ssrcs
        codecs = self._codecs(source)
        rtx = ssrc + 1 if source.kind is Kind.VIDEO and ssrc % 6 else 0
        self.tell(
            AddSubscription(
                f"{member.name}/0", member.name, f"TR{source.track}", f"m{ssrc}",
                codecs, ssrc, rtx, f"PA{source.track}", self.random.choice(DOWN), False, 2,
            )
        )  # fmt: skip

    def _codecs(self, source: Source) -> list[Codec]:
        if source.kind is Kind.VIDEO:
            return VIDEO_DOWN
        return self.random.choice([[OPUS_DOWN], [RED_DOWN, OPUS_DOWN]])

    # ---- sources

    def _layer(self, track: int, quality: int, rate: int, *, rid: str = "", mid: str = "") -> Layer:
        number = track * 100 + quality * 10
        return Layer(self.random, track, quality, number + 1, rate, rid, mid, number + 2)

    def _camera(self, member: Member) -> Camera:
        self._tracks += 1
        track, random, plan = self._tracks, self.random, self.plan
        payload_type, count = random.choice(plan.cameras)
        is_learnt = random.random() < 0.5
        mid = f"x{track}" if is_learnt else ""
        layers = [
            self._layer(
                track, quality, 90_000, rid="qhf"[quality] if is_learnt and count > 1 else "",
                mid=mid,
            )
            for quality in range(count)
        ]  # fmt: skip
        style = Style(
            temporal=payload_type == VP8 and (plan.caps or random.random() < 0.3),
            picture_bits=random.choice([15, 15, 7, 0]),
            has_tl0=random.random() < 0.8,
            has_key=random.random() < 0.8,
            layouts=plan.layouts,
            probes=0.1 if plan.layouts else 0.0,
        )
        return Camera(random, track, payload_type, layers, style)

    def _microphone(self, member: Member) -> Microphone:
        self._tracks += 1
        track, random = self._tracks, self.random
        layer = self._layer(track, 0, 48_000, mid=random.choice(["", f"x{track}"]))
        return Microphone(
            random, layer, random.choice([OPUS, OPUS, RED]), has_level=random.random() < 0.7,
            has_silence=random.random() < 0.3, layouts=self.plan.layouts,
        )  # fmt: skip

    # ---- one moment

    def tick(self) -> None:
        self.happen()
        self.now = self.stage.call.now
        # A batch's RTCP acts before its media, so it comes at a moment of its own.
        reports = {
            name: [bytes(packet) for packet in self._reports(member)]
            for name, member in self.members.items()
        }
        if control := interleave(self.random, reports):
            self.act(Send(control))
        streams = {name: self._speak(member) for name, member in self.members.items()}
        self._arriving += interleave(self.random, streams)
        if not (self.plan.stalls and self.random.random() < 0.7):
            self._arrive()
        self.act(Wait(TICK))

    def _arrive(self) -> None:
        if self._arriving:
            self.act(Send(self._arriving))
            self._arriving = []

    def _speak(self, member: Member) -> list[bytes]:
        """All that one person sends now."""
        packets = [
            sent
            for source in member.sources
            for sent in source.make(self.now)
            if source.track not in member.muted or self._slips_out(member, sent)
        ]
        sent = member.uplink.carry(packets)
        if self.plan.hostile and self.random.random() < 0.2:
            sent.insert(self.random.randint(0, len(sent)), self._garbage())
        return sent

    def _slips_out(self, member: Member, sent: Sent) -> bool:
        """A publisher that has just muted still sends some."""
        if sent.number < 0 or self.random.random() < 0.3:
            return True
        member.uplink.withhold(sent)
        return False

    def _garbage(self) -> bytes:
        random = self.random
        kinds = [
            Raw(b"\x00\x01" + random.randbytes(18)),  # STUN
            Raw(b"\x80\x60" + random.randbytes(random.randrange(60))),
            Raw(b"\x80\xc9" + random.randbytes(random.randrange(60))),
            Raw(b"\x90"),
            b"\x80\x7f\x00\x01" + bytes(4) + b"\x7f\x00\x00\x01" + b"unknown",
            b"\x80\xc9\x00\x01\x00\x00\x00\x01",
        ]
        return random.choice(kinds)

    # ---- feedback

    def _hear(self, name: str, packet: rtcp.Packet) -> None:
        member = self.members.get(name)
        if member is not None:
            member.uplink.answer(packet, member.sources)

    def _reports(self, member: Member) -> list[rtcp.Packet]:
        found: list[rtcp.Packet] = []
        missing = self._missing(member)
        for ssrc, sequences in missing.items():
            found.append(rtcp.Nack(1, ssrc, sorted(sequences)))
        if not self.plan.reports or self.random.random() > 0.1:
            return found
        heard = [ssrc for ssrc in member.ssrcs.values() if self.random.random() < 0.5]
        blocks = [rtcp.ReportBlock(ssrc, 0, 0, 70_000, 90, 0, 0) for ssrc in heard]
        found.append(rtcp.ReceiverReport(1, blocks))
        if heard and self.random.random() < 0.2:
            found.append(rtcp.Pli(1, self.random.choice(heard)))
            wild = [self.random.randrange(1 << 16) for _ in range(3)]
            found.append(rtcp.Nack(1, heard[0], sorted(wild)))
        for source in member.sources:
            for layer in source.layers:
                ntp = int((self.now + 10_000) * (1 << 32))
                found.append(rtcp.SenderReport(layer.ssrc, ntp, layer.time(self.now), 0, 0))
        return found

    def _missing(self, member: Member) -> dict[int, list[int]]:
        """What it lost, each asked for three times."""
        found: dict[int, list[int]] = defaultdict(list)
        for key in self.stage.receiver(member.name).missing:
            times = member.asked[key] = member.asked.get(key, 0) + 1
            if times <= 3:
                found[key[0]].append(key[1])
        return found

    # ---- what happens

    def happen(self) -> None:
        plan, members = self.plan, list(self.members.values())
        if plan.wishes or plan.caps:
            for member in members:
                if member.ssrcs and self.random.random() < 0.15:
                    self.wish(member)
        if not members:
            return
        member = self.random.choice(members)
        if plan.mutes and self.random.random() < 0.05 and member.sources:
            self.mute(member, self.random.choice(member.sources))
        if plan.breaks and self.random.random() < 0.1 and member.sources:
            self.break_off(member, self.random.choice(member.sources))
        if plan.comings and self.random.random() < 0.05:
            self.come_and_go(member)

    def wish(self, member: Member) -> None:
        track = self.random.choice(list(member.ssrcs))
        fps = self.random.choice([0, 0, 7, 15]) if self.plan.caps else 0
        quality = self.random.randrange(3) if self.plan.wishes else 2
        disabled = self.plan.wishes and self.random.random() < 0.15
        self.wish_for(member, track, quality, disabled=disabled, fps=fps)

    def wish_for(
        self, member: Member, track: int, quality: int, *, disabled: bool = False, fps: int = 0
    ) -> None:
        self.tell(UpdateSubscription(member.name, f"TR{track}", disabled, quality, fps))

    def mute(self, member: Member, source: Source) -> None:
        member.muted ^= {source.track}
        self.tell(MutePublication(f"TR{source.track}", source.track in member.muted))
        source.wanted |= {layer.quality for layer in source.layers}

    def break_off(self, member: Member, source: Source) -> None:
        """An SSRC or a numbering ends, and nothing of it is under way any more."""
        self._arrive()
        member.uplink.clear()
        layer = self.random.choice(source.layers)
        choice = self.random.randrange(5)
        if choice == 0:
            layer.is_active = not layer.is_active
        elif choice == 1 and layer.mid:
            layer.restart(layer.ssrc + 1_000_000)
        elif choice == 2:
            layer.restart()
        elif choice == 3:
            layer.restart(layer.ssrc + 1_000_000)
            self._announce(member, source)
        else:
            self._change_format(source)
        source.wanted.add(layer.quality)

    def _change_format(self, source: Source) -> None:
        other = {VP8: H264, H264: VP8, OPUS: RED, RED: OPUS}.get(source.payload_type)
        if other is not None:
            source.payload_type = other
            for layer in source.layers:
                layer.generation += 1
                source.wanted.add(layer.quality)

    def come_and_go(self, member: Member) -> None:
        choice = self.random.randrange(6)
        if choice == 0 and len(self.members) > 2:
            self.leave(member)
        elif choice == 1 and len(self.members) < self.plan.people + 2:
            self.enter()
        elif choice == 2 and member.sources:
            source = member.sources.pop(self.random.randrange(len(member.sources)))
            self.tell(RemovePublication(f"TR{source.track}"))
        elif choice == 3:
            self.publish(member, self._camera(member))
        elif choice == 4 and member.ssrcs:
            track = self.random.choice(list(member.ssrcs))
            self.tell(RemoveSubscription(member.name, f"TR{track}"))
            if self.random.random() < 0.5:  # else the SSRC comes back
                del member.ssrcs[track]
        else:
            publisher = self.random.choice(list(self.members.values()))
            if publisher is not member and publisher.sources:
                self.subscribe(member, publisher, self.random.choice(publisher.sources))


def interleave(random: Random, streams: dict[str, list[bytes]]) -> list[tuple[str, bytes]]:
    """As packets of many people come: each person's in its order."""
    names = [name for name, packets in streams.items() for _ in packets]
    random.shuffle(names)
    following = {name: iter(packets) for name, packets in streams.items()}
    return [(name, next(following[name])) for name in names]
