"""Writes scripts of whole rooms by a seed: who publishes, who watches, and what goes wrong.

A script is written while it is played, since publishers and viewers answer the server; once
written it can be played again without answers.
"""

from random import Random

from sfu import extensions, rtcp
from sfu.commands import (
    AddPublication,
    AddSubscription,
    UpdateSubscription,
)
from sfu.media import Kind
from tests.sim.acts import Act, Join, Leave, Raw, Send, Tell, Told, Wait
from tests.sim.casting import Casting
from tests.sim.fate import Fate
from tests.sim.formats import DOWN, UP
from tests.sim.layer import Sent
from tests.sim.member import Member
from tests.sim.microphones import Source
from tests.sim.plan import Plan
from tests.sim.stage import Stage
from tests.sim.uplink import Uplink

TICK = 0.020  # seconds


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
        self.casting = Casting(self.random, plan)
        self._ssrcs = 0
        self._people = 0
        self._fate = Fate(self)
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
        self.publish(member, self.casting.camera())
        self.publish(member, self.casting.microphone())
        for other in list(self.members.values()):
            for source in other.sources:
                if other is not member and self.random.random() < 0.9:
                    self.subscribe(member, other, source)

    def leave(self, member: Member) -> None:
        del self.members[member.name]
        self.act(Leave(member.name))

    def publish(self, member: Member, source: Source) -> None:
        member.sources.append(source)
        self.announce(member, source)
        self.sources[source.track] = source
        for other in self.members.values():
            if other is not member and self.random.random() < 0.9:
                self.subscribe(other, member, source)

    def announce(self, member: Member, source: Source) -> None:
        codecs = self.casting.codecs_up(source)
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
        codecs = self.casting.codecs_down(source)
        rtx = ssrc + 1 if source.kind is Kind.VIDEO and ssrc % 6 else 0
        self.tell(
            AddSubscription(
                f"{member.name}/0", member.name, f"TR{source.track}", f"m{ssrc}",
                codecs, ssrc, rtx, f"PA{source.track}", self.random.choice(DOWN), False, 2,
            )
        )  # fmt: skip

    # ---- one moment

    def tick(self) -> None:
        self._fate.happen()
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
            self.arrive()
        self.act(Wait(TICK))

    def arrive(self) -> None:
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
            sent.insert(self.random.randint(0, len(sent)), garbage(self.random))
        return sent

    def _slips_out(self, member: Member, sent: Sent) -> bool:
        """A publisher that has just muted still sends some."""
        if sent.number < 0 or self.random.random() < 0.3:
            return True
        member.uplink.withhold(sent)
        return False

    # ---- feedback

    def _hear(self, name: str, packet: rtcp.Packet) -> None:
        member = self.members.get(name)
        if member is not None:
            member.uplink.answer(packet, member.sources)

    def _reports(self, member: Member) -> list[rtcp.Packet]:
        found = member.ask(self.stage.receiver(member.name).missing)
        if self.plan.reports and self.random.random() <= 0.1:
            found += member.report(self.random, self.now)
        return found

    def wish_for(
        self, member: Member, track: int, quality: int, *, disabled: bool = False, fps: int = 0
    ) -> None:
        self.tell(UpdateSubscription(member.name, f"TR{track}", disabled, quality, fps))


def interleave(random: Random, streams: dict[str, list[bytes]]) -> list[tuple[str, bytes]]:
    """As packets of many people come: each person's in its order."""
    names = [name for name, packets in streams.items() for _ in packets]
    random.shuffle(names)
    following = {name: iter(packets) for name, packets in streams.items()}
    return [(name, next(following[name])) for name in names]


def garbage(random: Random) -> bytes:
    """STUN, RTP and RTCP that make no sense; some of it under the keys of who sends it."""
    kinds = [
        Raw(b"\x00\x01" + random.randbytes(18)),  # STUN
        Raw(b"\x80\x60" + random.randbytes(random.randrange(60))),
        Raw(b"\x80\xc9" + random.randbytes(random.randrange(60))),
        Raw(b"\x90"),
        b"\x80\x7f\x00\x01" + bytes(4) + b"\x7f\x00\x00\x01" + b"unknown",
        b"\x80\xc9\x00\x01\x00\x00\x00\x01",
    ]
    return random.choice(kinds)
