"""Answer a client's offers: v1 single connection, and v0 publisher."""

from collections.abc import Callable, Sequence

from sfu.commands import ConnectTransport
from sfu.media import IceCredentials, NodeInfo, Setup
from signaling.negotiation import answer, extmap
from signaling.negotiation.connection import Local, Remote, new_credentials, read_sctp
from signaling.negotiation.offer import Offer
from signaling.negotiation.outcome import ClientRules, NegotiationError, Outcome, PendingTrack, Wish
from signaling.negotiation.receiving import Receiving
from signaling.negotiation.sdp import Description, Section
from signaling.negotiation.upstream import Upstream

__all__ = ["Answerer", "ClientRules", "NegotiationError", "Outcome", "PendingTrack", "Wish"]


class Answerer:
    """Our side of one peer connection on which the client makes every offer.

    Three things can happen to it: an offer comes, an AddTrack comes whose media section was there
    first, the tracks that the client should receive change.
    """

    def __init__(
        self,
        transport: str,
        peer: str,
        node: NodeInfo,
        rules: ClientRules,
        randbytes: Callable[[int], bytes],
        *,
        single: bool,  # False: v0 publisher, which never receives tracks
    ) -> None:
        self.local: IceCredentials = new_credentials(randbytes)
        """For AddTransport at join; replaced at an ICE restart."""
        self._transport = transport
        self._node = node
        self._rules = rules
        self._randbytes = randbytes
        self._single = single
        self._upstream = Upstream(transport, peer, rules)
        self._receiving = Receiving(transport, peer, rules, randbytes)
        self._session = int.from_bytes(randbytes(8), "big") >> 2
        self._version = 0
        self._remote: Remote | None = None
        self._setup: Setup | None = None

    def receive_offer(
        self, sdp: str, pending: Sequence[PendingTrack], wishes: Sequence[Wish]
    ) -> Outcome:
        """Answer an offer. Raises NegotiationError and changes nothing when it cannot be answered.

        `pending`: oldest first. Their `info` is read again at later offers, so it must be the
        session's own, which mute and the like keep current. `wishes`: all tracks that the client
        should receive, oldest first.
        """
        offer = Offer.parse(sdp)
        outcome = Outcome()
        self._connect(offer.remote)
        self._upstream.receive_offer(offer.media, pending, outcome)
        if self._single:
            self._receiving.receive_offer(offer.media, wishes, outcome)
        outcome.commands.insert(0, self._command(offer))
        outcome.sdp = str(self._answer(offer))
        return self._finish(outcome)

    def receive_pending(self, pending: Sequence[PendingTrack]) -> Outcome:
        """Match tracks whose media section came before their AddTrack (no SDP in the outcome).

        To be called after each AddTrack; `published` and `commands` say what was found.
        """
        outcome = Outcome()
        self._upstream.receive_pending(pending, outcome)
        return self._finish(outcome)

    def receive_wishes(self, wishes: Sequence[Wish]) -> Outcome:
        """The tracks that the client should receive have changed (no SDP in the outcome).

        Forwarding of a track no longer wished ends at once. `needs_offer` says that the client
        must offer before the rest can be done: send media_sections_requirement{*missing}. What was
        asked for once is not asked for again while the client's offer is awaited.
        """
        outcome = Outcome()
        if self._single:
            self._receiving.receive_wishes(wishes, outcome)
        return self._finish(outcome)

    def forget_request(self) -> None:
        """A requirement may have been lost (the WebSocket broke): ask again when there is need."""
        self._receiving.forget_request()

    def remove_publication(self, track: str) -> Outcome:
        """The server ends a publication (permission revoked); the next answer says so."""
        outcome = Outcome()
        self._upstream.remove(track, outcome)
        return self._finish(outcome)

    def _finish(self, outcome: Outcome) -> Outcome:
        outcome.mid_to_track_id = self._receiving.placements.mid_to_track_id()
        return outcome

    def _connect(self, remote: Remote) -> None:
        if self._remote is not None and remote.ice != self._remote.ice:
            self.local = new_credentials(self._randbytes)  # ICE restart (RFC 8839, section 4.4.3.1)
        self._setup = remote.role(self._setup)
        self._remote = remote

    def _command(self, offer: Offer) -> ConnectTransport:
        assert self._setup is not None
        sctp_port, max_message_size = read_sctp(offer.data)
        extensions: dict[str, int] = {}
        for section in offer.media.values():
            if self._upstream.codecs(section):
                extensions |= extmap.choose(section.extensions, extmap.FROM_CLIENT[section.kind])
        return ConnectTransport(
            transport=self._transport,
            local=self.local,
            remote=offer.remote.ice,
            fingerprint=offer.remote.fingerprint,
            setup=self._setup,
            sctp_port=sctp_port,
            max_message_size=max_message_size,
            has_data=offer.data is not None,
            extensions=extensions,
        )

    def _answer(self, offer: Offer) -> Description:
        assert self._setup is not None
        self._version += 1
        local = Local(self._node, self.local, self._setup)
        accepted = offer.accepted
        description = Description(session=self._session, version=self._version)
        if offer.description.bundle:
            description.add("group", " ".join(("BUNDLE", *accepted)))
        description.add("ice-lite")
        if "extmap-allow-mixed" in offer.description.attributes:
            description.add("extmap-allow-mixed")
        description.add("msid-semantic", "WMS *")
        description.sections = [
            self._section(offer, section, local, is_first=section.mid == accepted[0])
            for section in offer.description.sections
        ]
        return description

    def _section(self, offer: Offer, section: Section, local: Local, *, is_first: bool) -> Section:
        media = offer.media.get(section.mid)
        if media is not None:
            return answer.media(
                media,
                local,
                self._rules,
                sent=self._upstream.codecs(media),
                placement=self._receiving.placements.by_mid.get(section.mid),
                is_first=is_first,
            )
        if section is offer.data:
            return answer.data(section, local, is_first=is_first)
        return answer.refused(section)
