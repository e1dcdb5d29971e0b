"""Which track the client receives on which media section, and under which SSRCs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sfu.commands import AddSubscription, RemoveSubscription
from sfu.media import Codec
from signaling.negotiation.outcome import ClientRules, Outcome, Wish
from signaling.negotiation.sdp import Section


class Ssrcs:
    """SSRCs of our own: random, not 0, none twice on one connection (RFC 3550, section 8)."""

    def __init__(self, randbytes: Callable[[int], bytes]) -> None:
        self._randbytes = randbytes
        self._used = {0}

    def take(self) -> int:
        ssrc = 0
        while ssrc in self._used:
            ssrc = int.from_bytes(self._randbytes(4), "big")
        self._used.add(ssrc)
        return ssrc


@dataclass(slots=True)
class Placement:
    """A track on a section."""

    mid: str
    wish: Wish
    ssrc: int
    rtx_ssrc: int  # chosen for all video, used when RTX was negotiated
    codecs: list[Codec] = field(default_factory=list)
    extensions: dict[str, int] = field(default_factory=dict)
    media: str = ""  # the publication that it gets, once bound
    is_bound: bool = False  # media may be forwarded: the client knows of it
    is_released: bool = False  # no longer wished; the client does not know yet

    @property
    def has_rtx(self) -> bool:
        return any(codec.rtx is not None for codec in self.codecs)

    def command(self, transport: str, peer: str, rules: ClientRules) -> AddSubscription:
        return AddSubscription(
            transport=transport,
            peer=peer,
            track=self.media,
            mid=self.mid,
            codecs=self.codecs,
            ssrc=self.ssrc,
            rtx_ssrc=self.rtx_ssrc if self.has_rtx else 0,
            cname=self.wish.stream,
            extensions=self.extensions,
            disabled=self.wish.disabled,
            quality=self.wish.quality,
            fps=self.wish.fps,
            is_opened=rules.is_opened,
            trailer=rules.trailer,
            strips_trailers=self.wish.has_trailers and not rules.takes_trailers,
            delay=rules.delay,
        )

    def write(self, section: Section) -> None:
        """The lines that tell the client which track it is (LiveKit)."""
        stream, track = self.wish.stream, self.wish.track
        section.add("msid", f"{stream} {track}")
        pair = (self.ssrc, self.rtx_ssrc) if self.has_rtx else (self.ssrc,)
        if self.has_rtx:
            section.add("ssrc-group", f"FID {self.ssrc} {self.rtx_ssrc}")
        for ssrc in pair:
            section.add("ssrc", f"{ssrc} cname:{stream}")
            section.add("ssrc", f"{ssrc} msid:{stream} {track}")


class Placements:
    """The subscriptions of one connection, by mid."""

    def __init__(self, transport: str, peer: str, rules: ClientRules) -> None:
        self.transport = transport
        self.peer = peer
        self._rules = rules
        self.by_mid: dict[str, Placement] = {}

    def update(self, wishes: Sequence[Wish], outcome: Outcome) -> None:
        """End at once what is no longer wished.

        A track that is wished again before the client knows of its end comes on another section:
        the client has let go of it, and only a section that turns active brings a `track` event.
        """
        wished = {wish.track: wish for wish in wishes}
        for placement in self.by_mid.values():
            if placement.is_released:
                continue
            wish = wished.get(placement.wish.track)
            if wish is None:
                self.release(placement, outcome)
            else:
                placement.wish = wish

    def refresh(self, wishes: Sequence[Wish]) -> None:
        """Of the tracks that are placed the client may want another size by now."""
        wished = {wish.track: wish for wish in wishes}
        for placement in self.by_mid.values():
            placement.wish = wished.get(placement.wish.track, placement.wish)

    def release(self, placement: Placement, outcome: Outcome) -> None:
        """End the forwarding; the section is free once the client knows."""
        if placement.is_bound and not placement.is_released:
            outcome.commands.append(RemoveSubscription(self.peer, placement.media))
        placement.is_released = True

    def accept(
        self,
        placement: Placement,
        codecs: list[Codec],
        extensions: dict[str, int],
        outcome: Outcome,
    ) -> None:
        """The section was negotiated so, for the first time or again."""
        if placement.is_released:
            return
        media = placement.wish.media
        was = placement.is_bound, placement.media, placement.codecs, placement.extensions
        placement.is_bound, placement.media = True, media
        placement.codecs, placement.extensions = codecs, extensions
        if was == (True, media, codecs, extensions):
            return
        if was[0]:
            if was[1] != media:
                outcome.commands.append(RemoveSubscription(self.peer, was[1], goes_on=True))
            outcome.commands.append(self._command(placement))
        else:
            self._start(placement, outcome)

    def _start(self, placement: Placement, outcome: Outcome) -> None:
        if placement.is_bound:
            outcome.commands.append(self._command(placement))
            outcome.bound.append(placement.wish.track)

    def _command(self, placement: Placement) -> AddSubscription:
        return placement.command(self.transport, self.peer, self._rules)

    def unplaced(self, wishes: Iterable[Wish]) -> list[Wish]:
        placed = {p.wish.track for p in self.by_mid.values() if not p.is_released}
        return [wish for wish in wishes if wish.track not in placed]

    def mid_to_track_id(self) -> dict[str, str]:
        return {
            mid: placement.wish.track
            for mid, placement in self.by_mid.items()
            if not placement.is_released
        }
