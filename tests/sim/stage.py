"""A plane with people around it, each an independent receiver: a script is played, all is noted.

A script is a list of acts. The same script may be played in batches of any size; what comes out
is an `Outcome`, and `differences` compares two.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from sfu import extensions, rtcp
from sfu.client import Protection
from sfu.commands import (
    AddPublication,
    AddSubscription,
    MutePublication,
    RemovePublication,
    RemoveSubscription,
    UpdateSubscription,
)
from sfu.ring import Ring
from sfu.sealing import Sealer
from sfu.sealing.public import PublicSealer
from sfu.transport.protection import Protection as Srtp
from tests.sim.acts import Act, Join, Leave, Raw, Send, Tell, Told, Wait
from tests.sim.continuity import wrong_numbers
from tests.sim.media import Call, Paths, Person, by_ipv4
from tests.sim.outcome import COUNTED, Outcome, arrivals
from tests.sim.receiver import Packet, Receiver, loses_nothing
from tests.sim.srtp import GCM, SALTS

Loses = Callable[[int, int], bool]  # SSRC, sequence number


class SealedCall(Call):
    """A call whose people are judges: they open what comes by code of their own."""

    def __init__(
        self, seed: int, profile: bytes, loses: Loses, sealer: Callable[[Ring], Sealer],
        paths: Paths,
    ) -> None:  # fmt: skip
        super().__init__(seed, sealed=True, sealer=sealer, paths=paths)
        self._profile = profile
        self._loses = loses

    def _keys(self) -> tuple[Protection, Protection]:
        size = 16 + SALTS[self._profile]
        one, other = self.random.randbytes(size), self.random.randbytes(size)
        ours = Srtp(self._profile, one, other)
        return ours, Receiver(self._profile, other, one, self._loses)


class Stage:
    """`play` acts. `on_packet` hears of each packet that a client has, as it was sent first.

    It is called with the person, the SSRC, how often that was subscribed, and the packet.
    """

    def __init__(
        self, size: int, *, seed: int = 1, profile: bytes = GCM, loses: Loses = loses_nothing,
        sealer: Callable[[Ring], Sealer] = PublicSealer, paths: Paths = by_ipv4,
    ) -> None:  # fmt: skip
        self.size = size  # of the largest batch
        self.call = SealedCall(seed, profile, loses, sealer, paths)
        self.people: dict[str, Person] = {}
        self.outcome = Outcome()
        self.on_packet: Callable[[str, int, int, Packet], None] = lambda *_: None
        self.on_control: Callable[[str, rtcp.Packet], None] = lambda name, packet: None
        self._media: dict[tuple[str, int], int] = {}  # person, RTX SSRC -> media SSRC
        self._subscribed: set[tuple[str, str]] = set()  # person, track
        self.starts: Counter[tuple[str, int]] = Counter()  # times that an SSRC was subscribed
        self._bases: dict[tuple[str, int, int], int] = {}  # first timestamp of each
        self._volatile: dict[tuple[str, int], set[int]] = defaultdict(set)  # extension ids
        self._reported: dict[str, int] = {}  # person -> act of the first report of arrivals
        self._acts = 0

    def play(self, acts: Iterable[Act]) -> Outcome:
        for act in acts:
            self.do(act)
        return self.finish()

    def do(self, act: Act) -> None:
        self._acts += 1
        match act:
            case Join(name, up):
                self.people[name] = self.call.join(name, up=up)
            case Leave(name):
                self.call.plane.remove_client(f"{name}/0")
            case Tell(command):
                self._tell(command)
            case Send(items):
                self._send(items)
            case Wait(seconds):
                self.call.run(seconds)
        self.call.flush()
        self._collect()

    def receiver(self, name: str) -> Receiver:
        receiver = self.people[name].own
        assert isinstance(receiver, Receiver)
        return receiver

    def finish(self) -> Outcome:
        stats, outcome = self.call.plane.stats, self.outcome
        for reason, count in stats.dropped.items():
            outcome.counters[f"drop {reason}"] = count
        for name in COUNTED:
            outcome.counters[name] = getattr(stats, name)
        for name in self.people:
            receiver = self.receiver(name)
            outcome.problems += [f"{name}: {text}" for text in receiver.problems]
            for number in wrong_numbers(receiver.numbers):
                outcome.problems.append(f"{name}: transport-wide number {number}")
        return outcome

    def _tell(self, command: Told) -> None:
        plane, now = self.call.plane, self.call.now
        match command:
            case AddPublication():
                plane.add_publication(command, now)
            case MutePublication():
                plane.mute_publication(command, now)
            case RemovePublication():
                self._forget(lambda name, track: track == command.track)
                plane.remove_publication(command, now)
            case AddSubscription():
                self._expect(command)
                plane.add_subscription(command, now)
            case UpdateSubscription():
                plane.update_subscription(command, now)
            case RemoveSubscription():
                self._subscribed.discard((command.peer, command.track))
                plane.remove_subscription(command, now)

    def _forget(self, is_meant: Callable[[str, str], bool]) -> None:
        self._subscribed = {pair for pair in self._subscribed if not is_meant(*pair)}

    def _expect(self, command: AddSubscription) -> None:
        name, ids = command.peer, command.extensions
        receiver = self.receiver(name)
        if (name, command.track) not in self._subscribed:
            self._subscribed.add((name, command.track))
            self.starts[name, command.ssrc] += 1
        if command.rtx_ssrc:
            self._media[name, command.rtx_ssrc] = command.ssrc
        number = ids.get(extensions.TRANSPORT_CC, 0)
        changing = {number, ids.get(extensions.ABS_SEND_TIME, 0)}
        for ssrc in (command.ssrc, command.rtx_ssrc):
            receiver.number_ids[ssrc] = number
            self._volatile[name, ssrc] = changing

    def _send(self, items: list[tuple[str, bytes]]) -> None:
        sealed = [(self.people[name], self._seal(name, packet)) for name, packet in items]
        for at in range(0, len(sealed), self.size):
            part = sealed[at : at + self.size]
            slow = self.call.deliver(part)
            self.outcome.slow += [part[position][1] for position in slow]

    def _seal(self, name: str, packet: bytes) -> bytes:
        if isinstance(packet, Raw):
            return packet
        receiver = self.receiver(name)
        is_control = 192 <= packet[1] <= 223
        return receiver.protect_rtcp(packet) if is_control else receiver.protect(packet)

    def _collect(self) -> None:
        for name, person in self.people.items():
            receiver = self.receiver(name)
            packets, receiver.packets = receiver.packets, []
            for packet in sorted([*packets, *receiver.missing.values()], key=lambda p: p.index):
                key = name, packet.ssrc, self.starts[name, packet.ssrc]
                self._bases.setdefault(key, packet.timestamp)
            # In one moment the order of repaired packets and others means nothing.
            for packet in sorted(packets, key=lambda packet: packet.index):
                self._note(name, receiver, packet)
            if person.control:
                self._note_control(name, person)
            person.got.clear()
        if self.call.events:
            self.outcome.events[self._acts] = sorted(map(repr, self.call.events))
            self.call.events.clear()

    def _note(self, name: str, receiver: Receiver, packet: Packet) -> None:
        media = self._media.get((name, packet.ssrc), packet.ssrc)
        restored = packet
        if media != packet.ssrc:
            found = receiver.restore(media, packet)
            restored = found if found is not None else packet
        if restored.ssrc == media:
            self.on_packet(name, media, self.starts[name, media], restored)
        self._keep(name, media, packet)

    def _keep(self, name: str, media: int, packet: Packet) -> None:
        """Without what order alone decides: random first timestamps, transport-wide numbers."""
        epoch = self.starts[name, media]
        base = self._bases.get((name, media, epoch), packet.timestamp)
        packet = replace(packet, extensions=dict(packet.extensions))
        packet.timestamp = packet.timestamp - base & 0xFFFFFFFF
        for number in self._volatile[name, packet.ssrc] & packet.extensions.keys():
            packet.extensions[number] = bytes(len(packet.extensions[number]))
        key = name, packet.ssrc, epoch, packet.is_again
        self.outcome.packets.setdefault(key, []).append(packet)

    def _note_control(self, name: str, person: Person) -> None:
        texts = []
        for packet in person.control:
            self.on_control(name, packet)
            if isinstance(packet, rtcp.Twcc):
                first = self._reported.setdefault(name, self._acts)
                texts += arrivals(packet, is_first=first == self._acts)
            else:
                texts.append(repr(self._relative(name, packet)))
        person.control.clear()
        self.outcome.control[self._acts, name] = sorted(texts)

    def _relative(self, name: str, packet: rtcp.Packet) -> rtcp.Packet:
        if isinstance(packet, rtcp.ReceiverReport):
            # Streams that begin in one moment are listed as their first packets came.
            packet.blocks.sort(key=lambda block: block.ssrc)
        if not isinstance(packet, rtcp.SenderReport):
            return packet
        epoch = self.starts[name, packet.ssrc]
        base = self._bases.get((name, packet.ssrc, epoch), packet.rtp)
        packet.rtp = packet.rtp - base & 0xFFFFFFFF
        return packet
