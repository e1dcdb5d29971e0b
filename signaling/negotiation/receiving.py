"""Place tracks on the sections that a client offers to receive on, and ask for more of them."""

from collections import Counter
from collections.abc import Callable, Sequence

from sfu.extensions import TRANSPORT_CC
from sfu.media import Codec, Kind
from signaling.negotiation import codecpolicy, extmap
from signaling.negotiation.downstream import Placement, Placements, Ssrcs
from signaling.negotiation.offer import MediaSection
from signaling.negotiation.outcome import ClientRules, Outcome, Wish
from signaling.negotiation.sdp import MAX_SECTIONS

Media = dict[str, MediaSection]


class Request:
    """What the client was asked for and has not offered yet (media_sections_requirement)."""

    def __init__(self) -> None:
        self._sections: Counter[Kind] = Counter()
        self._is_awaited = False

    def receive_offer(self, added: Counter[Kind]) -> None:
        """An offer with so many new sections. It may have crossed our request on its way."""
        self._sections -= added
        self._is_awaited = bool(self._sections)

    def ask(self, lacking: Counter[Kind], room: int, outcome: Outcome, *, is_due: bool) -> None:
        """Ask for what is lacking beyond what was asked for.

        `room`: how many sections may be added at all. `is_due`: an offer without new sections
        would help as well.
        """
        missing = lacking - self._sections
        room -= self._sections.total()
        audio = min(missing[Kind.AUDIO], max(0, room))
        video = min(missing[Kind.VIDEO], max(0, room - audio))
        outcome.missing = audio, video
        outcome.needs_offer = bool(audio or video) or (is_due and not self._is_awaited)
        self._sections += Counter({Kind.AUDIO: audio, Kind.VIDEO: video})
        self._is_awaited = self._is_awaited or outcome.needs_offer


class Receiving:
    """The downstream half of a connection on which the client makes the offers."""

    def __init__(
        self, transport: str, peer: str, rules: ClientRules, randbytes: Callable[[int], bytes]
    ) -> None:
        self.placements = Placements(transport, peer, rules)
        self._rules = rules
        self._ssrcs = Ssrcs(randbytes)
        self._request = Request()
        self._media: Media | None = None  # of the last offer
        self._fits: dict[tuple[str, ...], list[Codec]] = {}  # its mid and mimes -> codecs

    def receive_offer(self, media: Media, wishes: Sequence[Wish], outcome: Outcome) -> None:
        self._request.receive_offer(self._added(media))
        self._media = media
        self._fits.clear()
        self.placements.update(wishes, outcome)
        closing = self._renew(media, outcome)
        lacking = self._place(self._free(media, closing), wishes, outcome)
        # A section must be inactive once before it can carry another track: else the client gets
        # no `track` event (W3C WebRTC, section 4.4.1.5). The next offer may reuse it.
        reusable = Counter(media[mid].kind for mid in closing)
        self._ask(lacking - reusable, outcome, is_due=bool(lacking & reusable))

    def receive_wishes(self, wishes: Sequence[Wish], outcome: Outcome) -> None:
        self.placements.update(wishes, outcome)
        if self._media is None:  # the first offer is on its way
            return
        free = self._free(self._media, set())
        lacking: Counter[Kind] = Counter()
        is_due = any(self._is_stale(placement) for placement in self.placements.by_mid.values())
        for wish in self.placements.unplaced(wishes):
            section = self._first_fit(free, wish)
            if section is not None:
                free.remove(section)
                is_due = True
            elif self._is_decodable(wish, outcome):
                lacking[wish.kind] += 1
        self._ask(lacking, outcome, is_due=is_due)

    def forget_request(self) -> None:
        self._request = Request()

    def _ask(self, lacking: Counter[Kind], outcome: Outcome, *, is_due: bool) -> None:
        room = MAX_SECTIONS - len(self._media or ()) - 1  # one for data
        self._request.ask(lacking, room, outcome, is_due=is_due)

    def _added(self, media: Media) -> Counter[Kind]:
        known = self._media or {}
        return Counter(each.kind for mid, each in media.items() if mid not in known)

    def _renew(self, media: Media, outcome: Outcome) -> set[str]:
        """Go through what is placed; returns the sections that this answer makes inactive."""
        closing: set[str] = set()
        for mid, placement in list(self.placements.by_mid.items()):
            section = media.get(mid)
            codecs = self._fit(section, placement.wish) if section and section.receives else []
            if section and codecs and not placement.is_released:
                self.placements.accept(placement, codecs, self._extensions(section), outcome)
                continue
            self.placements.release(placement, outcome)
            del self.placements.by_mid[mid]
            if section and section.receives:
                closing.add(mid)
        return closing

    def _free(self, media: Media, closing: set[str]) -> list[MediaSection]:
        """Sections without a track of ours; those that carry none of the client's come first."""
        taken = closing | self.placements.by_mid.keys()
        free = [each for mid, each in media.items() if each.receives and mid not in taken]
        return sorted(free, key=lambda section: section.sends)

    def _place(
        self, free: list[MediaSection], wishes: Sequence[Wish], outcome: Outcome
    ) -> Counter[Kind]:
        """Returns how many sections are lacking."""
        lacking: Counter[Kind] = Counter()
        for wish in self.placements.unplaced(wishes):
            section = self._first_fit(free, wish)
            if section is not None:
                free.remove(section)
                self._bind(section, wish, outcome)
            elif self._is_decodable(wish, outcome):
                lacking[wish.kind] += 1
        return lacking

    def _is_stale(self, placement: Placement) -> bool:
        """Whether the next answer will say something else of its section."""
        section = (self._media or {})[placement.mid]
        return placement.is_released or self._fit(section, placement.wish) != placement.codecs

    def _bind(self, section: MediaSection, wish: Wish, outcome: Outcome) -> None:
        placement = Placement(
            mid=section.mid,
            wish=wish,
            ssrc=self._ssrcs.take(),
            rtx_ssrc=self._ssrcs.take() if wish.kind is Kind.VIDEO else 0,
        )
        self.placements.by_mid[section.mid] = placement
        codecs = self._fit(section, wish)
        self.placements.accept(placement, codecs, self._extensions(section), outcome)

    def _first_fit(self, free: list[MediaSection], wish: Wish) -> MediaSection | None:
        return next((section for section in free if self._fit(section, wish)), None)

    def _is_decodable(self, wish: Wish, outcome: Outcome) -> bool:
        """Whether any section to receive on could carry it, free or not; unknown counts as yes."""
        known = [
            each
            for each in (self._media or {}).values()
            if each.receives and each.kind is wish.kind
        ]
        if not known or any(self._fit(each, wish) for each in known):
            return True
        outcome.unsupported.append(wish.track)
        return False

    def _fit(self, section: MediaSection, wish: Wish) -> list[Codec]:
        """The codecs for it, computed once: an offer may have 256 sections, a room many tracks."""
        if section.kind is not wish.kind:
            return []
        key = section.mid, *wish.mimes
        if key not in self._fits:
            chosen = codecpolicy.for_subscribing(section.codecs, wish.mimes, self._rules)
            has_transport_cc = TRANSPORT_CC in section.extensions
            self._fits[key] = codecpolicy.with_one_estimate(chosen, has_transport_cc)
        return self._fits[key]

    def _extensions(self, section: MediaSection) -> dict[str, int]:
        return extmap.choose(section.extensions, extmap.to_client(section.kind, self._rules))
