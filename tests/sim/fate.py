"""What happens to the people of a played room: wishes, mutes, breaks, comings and goings."""

from typing import TYPE_CHECKING

from sfu.commands import MutePublication, RemovePublication, RemoveSubscription
from tests.sim.formats import H264, OPUS, RED, VP8
from tests.sim.member import Member
from tests.sim.microphones import Source

if TYPE_CHECKING:
    from tests.sim.director import Director


class Fate:
    """`happen` once in each moment, as far as the plan allows."""

    def __init__(self, director: "Director") -> None:
        self._director = director
        self._random = director.random

    def happen(self) -> None:
        plan, members = self._director.plan, list(self._director.members.values())
        if plan.wishes or plan.caps:
            for member in members:
                if member.ssrcs and self._random.random() < 0.15:
                    self.wish(member)
        if not members:
            return
        member = self._random.choice(members)
        if plan.mutes and self._random.random() < 0.05 and member.sources:
            self.mute(member, self._random.choice(member.sources))
        if plan.breaks and self._random.random() < 0.1 and member.sources:
            self.break_off(member, self._random.choice(member.sources))
        if plan.comings and self._random.random() < 0.05:
            self.come_and_go(member)

    def wish(self, member: Member) -> None:
        track = self._random.choice(list(member.ssrcs))
        fps = self._random.choice([0, 0, 7, 15]) if self._director.plan.caps else 0
        quality = self._random.randrange(3) if self._director.plan.wishes else 2
        disabled = self._director.plan.wishes and self._random.random() < 0.15
        self._director.wish_for(member, track, quality, disabled=disabled, fps=fps)

    def mute(self, member: Member, source: Source) -> None:
        member.muted ^= {source.track}
        self._director.tell(MutePublication(f"TR{source.track}", source.track in member.muted))
        source.wanted |= {layer.quality for layer in source.layers}

    def break_off(self, member: Member, source: Source) -> None:
        """An SSRC or a numbering ends, and nothing of it is under way any more."""
        self._director.arrive()
        member.uplink.clear()
        layer = self._random.choice(source.layers)
        choice = self._random.randrange(5)
        if choice == 0:
            layer.is_active = not layer.is_active
        elif choice == 1 and layer.mid:
            layer.restart(layer.ssrc + 1_000_000)
        elif choice == 2:
            layer.restart()
        elif choice == 3:
            layer.restart(layer.ssrc + 1_000_000)
            self._director.announce(member, source)
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
        choice = self._random.randrange(6)
        if choice == 0 and len(self._director.members) > 2:
            self._director.leave(member)
        elif choice == 1 and len(self._director.members) < self._director.plan.people + 2:
            self._director.enter()
        elif choice == 2 and member.sources:
            source = member.sources.pop(self._random.randrange(len(member.sources)))
            self._director.tell(RemovePublication(f"TR{source.track}"))
        elif choice == 3:
            self._director.publish(member, self._director.casting.camera())
        elif choice == 4 and member.ssrcs:
            track = self._random.choice(list(member.ssrcs))
            self._director.tell(RemoveSubscription(member.name, f"TR{track}"))
            if self._random.random() < 0.5:  # else the SSRC comes back
                del member.ssrcs[track]
        else:
            publisher = self._random.choice(list(self._director.members.values()))
            if publisher is not member and publisher.sources:
                self._director.subscribe(member, publisher, self._random.choice(publisher.sources))
