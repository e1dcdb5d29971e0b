"""A publisher's way to the server: packets get lost, come twice or late, and are sent again."""

from dataclasses import dataclass, field
from random import Random

from sfu import rtcp
from tests.sim.layer import Layer, Sent
from tests.sim.marks import Mark
from tests.sim.microphones import Source

Name = tuple[int, int, int, int]  # track, layer, generation, number


@dataclass(frozen=True, slots=True)
class Weather:
    """Shares of the packets; probes are spared, since nobody can tell that they are lost."""

    loss: float = 0.0
    twice: float = 0.0
    late: float = 0.0


@dataclass(slots=True)
class Uplink:
    """`carry` packets of one person; `answer` what the server asks of its sources."""

    random: Random
    weather: Weather
    has_numbers: bool = True  # transport-wide ones
    disturbed: set[Name] = field(default_factory=set)  # packets that did not come in turn
    _late: set[Name] = field(default_factory=set)
    _number: int = 65_500
    _held: list[bytes] = field(default_factory=list)
    _again: list[Sent] = field(default_factory=list)

    def carry(self, packets: list[Sent]) -> list[bytes]:
        """What arrives now, in this order."""
        arriving, self._held = self._held, []
        repeated, self._again = self._again, []
        for sent in repeated + packets:
            self._number += 1
            data = sent.datagram(self._number if self.has_numbers else None)
            chance = 1.0 if sent.number < 0 else self.random.random()
            if chance < self.weather.loss + self.weather.late:
                self.disturbed.add(name_of(sent))
                if chance >= self.weather.loss:
                    self._late.add(name_of(sent))
                    self._held.append(data)
                continue
            arriving.append(data)
            if self.random.random() < self.weather.twice:
                arriving.append(data)
        return arriving

    def withhold(self, sent: Sent) -> None:
        """It has a number, but never leaves."""
        self.disturbed.add(name_of(sent))

    def clear(self) -> None:
        """What is late, or to be sent again, never arrives."""
        self._held.clear()
        self._again.clear()

    def answer(self, packet: rtcp.Packet, sources: list[Source]) -> None:
        for source in sources:
            for layer in source.layers:
                if isinstance(packet, rtcp.Pli) and packet.media == layer.ssrc:
                    source.wanted.add(layer.quality)
                if isinstance(packet, rtcp.Nack) and packet.media == layer.ssrc:
                    self._repeat(layer, packet.sequences)

    def _repeat(self, layer: Layer, sequences: list[int]) -> None:
        for sequence in sequences:
            sent = layer.repeat(sequence)
            # Of what comes late and again at one moment, either may count as first.
            if sent is not None and name_of(sent) not in self._late and len(self._again) < 50:
                self._again.append(sent)

    def is_disturbed(self, mark: Mark) -> bool:
        return (mark.track, mark.layer, mark.generation, mark.number) in self.disturbed


def name_of(sent: Sent) -> Name:
    layer = sent.layer
    return layer.track, layer.quality, layer.generation, sent.number
