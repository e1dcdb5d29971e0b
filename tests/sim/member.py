"""Somebody in a played room: what they send and get, and what they report of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from sfu import rtcp
from tests.sim.microphones import Source
from tests.sim.uplink import Uplink

TIMES = 3  # that a lost packet is asked for


@dataclass
class Member:
    name: str
    uplink: Uplink
    sources: list[Source] = field(default_factory=list)
    muted: set[int] = field(default_factory=set)  # tracks
    ssrcs: dict[int, int] = field(default_factory=dict)  # track -> SSRC that it gets
    asked: dict[tuple[int, int], int] = field(default_factory=dict)  # lost packet -> times

    def ask(self, missing: Iterable[tuple[int, int]]) -> list[rtcp.Packet]:
        """NACKs for packets that it lost, by SSRC and number."""
        found: dict[int, list[int]] = defaultdict(list)
        for key in missing:
            times = self.asked[key] = self.asked.get(key, 0) + 1
            if times <= TIMES:
                found[key[0]].append(key[1])
        return [rtcp.Nack(1, ssrc, sorted(sequences)) for ssrc, sequences in found.items()]

    def report(self, random: Random, now: float) -> list[rtcp.Packet]:
        """What it got and sent; sometimes it wants a key frame, or packets that never were."""
        heard = [ssrc for ssrc in self.ssrcs.values() if random.random() < 0.5]
        blocks = [rtcp.ReportBlock(ssrc, 0, 0, 70_000, 90, 0, 0) for ssrc in heard]
        found: list[rtcp.Packet] = [rtcp.ReceiverReport(1, blocks)]
        if heard and random.random() < 0.2:
            found.append(rtcp.Pli(1, random.choice(heard)))
            wild = [random.randrange(1 << 16) for _ in range(3)]
            found.append(rtcp.Nack(1, heard[0], sorted(wild)))
        for source in self.sources:
            for layer in source.layers:
                ntp = int((now + 10_000) * (1 << 32))
                found.append(rtcp.SenderReport(layer.ssrc, ntp, layer.time(now), 0, 0))
        return found
