"""Place tracks on media sections that we offer, and see what the client takes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sfu.extensions import TRANSPORT_CC
from sfu.media import Codec, Kind
from signaling.negotiation import codecpolicy, codecs, extmap
from signaling.negotiation.connection import Local
from signaling.negotiation.downstream import Placement, Placements, Ssrcs
from signaling.negotiation.outcome import ClientRules, Outcome, Wish
from signaling.negotiation.sdp import MAX_SECTIONS, Section


@dataclass(slots=True)
class Slot:
    """A media section of ours. Once offered it stays (RFC 8829, section 5.2.2)."""

    mid: str
    kind: Kind
    codecs: list[Codec] = field(default_factory=list)  # as last offered
    placement: Placement | None = None
    is_reusable: bool = False  # the client has answered that nothing is on it
    is_refused: bool = False  # the client has refused it, so it is never used again

    def section(self, local: Local, rules: ClientRules) -> Section:
        section = Section(self.kind, "UDP/TLS/RTP/SAVPF", [], port=0 if self.is_refused else 9)
        section.add("mid", self.mid)
        codecs.write(section, self.codecs)
        if self.is_refused:
            return section
        local.write(section, with_candidates=False)
        section.add("sendonly" if self.placement else "inactive")
        section.add("rtcp-mux")
        section.add("rtcp-rsize")
        extmap.write(section, extmap.choose(extmap.OFFERED, extmap.to_client(self.kind, rules)))
        if self.placement is not None:
            self.placement.write(section)
        return section


class Offering:
    """The sections behind the data section: mid "1" and so on."""

    def __init__(
        self, transport: str, peer: str, rules: ClientRules, randbytes: Callable[[int], bytes]
    ) -> None:
        self.slots: list[Slot] = []
        self.placements = Placements(transport, peer, rules)
        self._rules = rules
        self._ssrcs = Ssrcs(randbytes)
        self._undecodable: set[tuple[str, ...]] = set()  # publication and mimes

    def update(self, wishes: Sequence[Wish], outcome: Outcome) -> None:
        """End at once what is no longer wished; say whether an offer is due."""
        self._undecodable &= {_form(wish) for wish in wishes}
        self.placements.update(wishes, outcome)
        outcome.needs_offer = self.is_stale or bool(self._open(wishes))

    @property
    def is_stale(self) -> bool:
        """Whether the next offer will say something else of a section."""
        return any(self._is_stale(slot) for slot in self.slots)

    def prepare(self, wishes: Sequence[Wish], outcome: Outcome) -> None:
        """Make the sections what the next offer shall say."""
        self.update(wishes, outcome)
        outcome.needs_offer = False
        for slot in self.slots:
            if slot.placement is not None and slot.placement.is_released:
                self._drop(slot)
            elif slot.placement is not None:
                slot.codecs = self._renewed(slot, slot.placement.wish)
        for wish in self._open(wishes):
            self._place(wish, outcome)

    def receive_answer(self, sections: Sequence[Section], outcome: Outcome) -> None:
        """`sections`: of the answer, one for each slot."""
        for slot, section in zip(self.slots, sections, strict=True):
            self._take(slot, section, outcome)
        outcome.needs_offer = self.is_stale

    def _open(self, wishes: Sequence[Wish]) -> list[Wish]:
        """Wishes that the next offer can do something about."""
        return [
            wish
            for wish in self.placements.unplaced(wishes)
            if _form(wish) not in self._undecodable and self._has_slot(wish.kind)
        ]

    def _has_slot(self, kind: Kind) -> bool:
        reusable = any(slot.kind is kind and slot.is_reusable for slot in self.slots)
        return reusable or len(self.slots) + 1 < MAX_SECTIONS

    def _is_stale(self, slot: Slot) -> bool:
        if slot.placement is None:
            return False
        renewed = self._renewed(slot, slot.placement.wish)
        return slot.placement.is_released or renewed != slot.codecs

    def _renewed(self, slot: Slot, wish: Wish) -> list[Codec]:
        """The publisher may have changed its codec, perhaps to one that we may not offer."""
        return self._codecs(wish) or slot.codecs

    def _codecs(self, wish: Wish) -> list[Codec]:
        chosen = codecpolicy.for_offer(wish.kind, wish.mimes, self._rules, stereo=wish.stereo)
        return codecpolicy.with_one_estimate(chosen, has_transport_cc=True)

    def _place(self, wish: Wish, outcome: Outcome) -> None:
        chosen = self._codecs(wish)
        if not chosen:
            self._refuse(wish, outcome)
            return
        slot = self._slot(wish.kind)
        if slot is None:
            return
        slot.codecs = chosen
        slot.is_reusable = False
        slot.placement = self.placements.by_mid[slot.mid] = Placement(
            mid=slot.mid,
            wish=wish,
            ssrc=self._ssrcs.take(),
            rtx_ssrc=self._ssrcs.take() if wish.kind is Kind.VIDEO else 0,
            codecs=slot.codecs,
        )

    def _slot(self, kind: Kind) -> Slot | None:
        """One that was inactive once, so that the client notices the change; else a new one."""
        for slot in self.slots:
            if slot.kind is kind and slot.is_reusable:
                return slot
        if not self._has_slot(kind):
            return None
        self.slots.append(Slot(str(len(self.slots) + 1), kind))
        return self.slots[-1]

    def _refuse(self, wish: Wish, outcome: Outcome) -> None:
        self._undecodable.add(_form(wish))
        outcome.unsupported.append(wish.track)

    def _drop(self, slot: Slot) -> None:
        del self.placements.by_mid[slot.mid]
        slot.placement = None

    def _take(self, slot: Slot, section: Section, outcome: Outcome) -> None:
        placement = slot.placement
        slot.is_refused = slot.is_refused or section.is_refused
        if placement is None:
            slot.is_reusable = not slot.is_refused
            return
        offered = extmap.read(section, extmap.Numbers())
        extensions = extmap.choose(offered, extmap.to_client(slot.kind, self._rules))
        kept = self._kept(slot, section, placement.wish, extensions)
        if kept:
            self.placements.accept(placement, kept, extensions, outcome)
        else:
            self._withdraw(slot, placement, outcome)

    def _kept(
        self, slot: Slot, section: Section, wish: Wish, extensions: dict[str, int]
    ) -> list[Codec]:
        """Of the offered codecs those that the answer lists, with the feedback that it lists."""
        if slot.is_refused or section.direction not in ("recvonly", "sendrecv"):
            return []
        offered = {(codec.payload_type, codec.mime) for codec in slot.codecs}
        answered = [
            codec for codec in codecs.read(section) if (codec.payload_type, codec.mime) in offered
        ]
        chosen = codecpolicy.for_subscribing(answered, wish.mimes, self._rules)
        return codecpolicy.with_one_estimate(chosen, TRANSPORT_CC in extensions)

    def _withdraw(self, slot: Slot, placement: Placement, outcome: Outcome) -> None:
        """The client takes none of it."""
        if not placement.is_released:
            self._refuse(placement.wish, outcome)
            self.placements.release(placement, outcome)
        self._drop(slot)
        slot.is_reusable = not slot.is_refused


def _form(wish: Wish) -> tuple[str, ...]:
    return wish.media, *wish.mimes
