"""Offer tracks to a client: the subscriber connection of v0."""

from collections.abc import Callable, Sequence

from sfu.commands import ConnectTransport
from sfu.media import IceCredentials, NodeInfo, Setup
from signaling.negotiation.connection import Local, Remote, new_credentials, read_sctp, write_sctp
from signaling.negotiation.offering import Offering
from signaling.negotiation.outcome import ClientRules, NegotiationError, Outcome, Wish
from signaling.negotiation.sdp import Description, SdpError, Section

DATA_MID = "0"


class Offerer:
    """Our side of the peer connection on which we make every offer; we open its data channels.

    An offer must be answered before the next is made (`awaits_answer`).
    """

    def __init__(
        self,
        transport: str,
        peer: str,
        node: NodeInfo,
        rules: ClientRules,
        randbytes: Callable[[int], bytes],
    ) -> None:
        self.local: IceCredentials = new_credentials(randbytes)
        """For AddTransport at join; replaced at an ICE restart."""
        self.awaits_answer = False
        self._transport = transport
        self._node = node
        self._rules = rules
        self._randbytes = randbytes
        self._offering = Offering(transport, peer, rules, randbytes)
        self._session = int.from_bytes(randbytes(8), "big") >> 2
        self._version = 0
        self._setup: Setup | None = None

    def make_offer(self, wishes: Sequence[Wish], *, restart: bool = False) -> Outcome:
        """Offer the data section and one media section for each wish.

        `restart`: with new ICE credentials. Raises NegotiationError while an answer is awaited.
        `commands` holds the RemoveSubscription of tracks no longer wished; `mid_to_track_id` is for
        the offer message.
        """
        if self.awaits_answer:
            raise NegotiationError("the last offer has not been answered")
        outcome = Outcome()
        if restart:
            self.local = new_credentials(self._randbytes)
        self._offering.prepare(wishes, outcome)
        self.awaits_answer = True
        outcome.sdp = str(self._offer())
        return self._finish(outcome)

    def receive_answer(self, sdp: str, wishes: Sequence[Wish] = ()) -> Outcome:
        """Take the client's answer: ConnectTransport, then AddSubscription for what it accepted.

        `wishes`: as they are now; since the offer the client may have asked for another size.

        Raises NegotiationError when it does not fit our last offer; then the offer still stands.
        """
        if not self.awaits_answer:
            raise NegotiationError("there is no offer to answer")
        sections, command, setup = self._read(sdp)
        self.awaits_answer = False
        self._setup = setup
        outcome = Outcome(commands=[command])
        self._offering.placements.refresh(wishes)
        self._offering.receive_answer(sections[1:], outcome)
        return self._finish(outcome)

    def receive_wishes(self, wishes: Sequence[Wish]) -> Outcome:
        """The tracks that the client should receive have changed.

        Forwarding of a track no longer wished ends at once. `needs_offer`: call `make_offer` (when
        no answer is awaited).
        """
        outcome = Outcome()
        self._offering.update(wishes, outcome)
        return self._finish(outcome)

    def forget_offer(self) -> None:
        """The last offer or its answer was lost (the WebSocket broke): another may be made."""
        self.awaits_answer = False

    def _finish(self, outcome: Outcome) -> Outcome:
        outcome.mid_to_track_id = self._offering.placements.mid_to_track_id()
        return outcome

    def _offer(self) -> Description:
        self._version += 1
        description = Description(session=self._session, version=self._version)
        live = [slot.mid for slot in self._offering.slots if not slot.is_refused]
        description.add("group", " ".join(("BUNDLE", DATA_MID, *live)))
        description.add("ice-lite")
        description.add("extmap-allow-mixed")
        description.add("msid-semantic", "WMS *")
        # Not "actpass", to which all answer "active": a DTLS server cannot tell a forged
        # ClientHello from a true one, and whichever comes first ends the other.
        local = Local(self._node, self.local, "active")
        data = Section("application", "UDP/DTLS/SCTP", ["webrtc-datachannel"])
        data.add("mid", DATA_MID)
        local.write(data, with_candidates=True)
        write_sctp(data)
        description.sections = [
            data,
            *(slot.section(local, self._rules) for slot in self._offering.slots),
        ]
        return description

    def _read(self, sdp: str) -> tuple[list[Section], ConnectTransport, Setup]:
        try:
            description = Description.parse(sdp)
        except SdpError as error:
            raise NegotiationError(f"unreadable description: {error}") from None
        sections = description.sections
        if [section.mid for section in sections] != [
            DATA_MID,
            *(slot.mid for slot in self._offering.slots),
        ]:
            raise NegotiationError("the sections of the answer are not those of the offer")
        accepted = next((section for section in sections if not section.is_refused), None)
        if accepted is None:
            raise NegotiationError("the answer refuses every section")
        remote = Remote.read(description, accepted)
        data = None if sections[0].is_refused else sections[0]
        sctp_port, max_message_size = read_sctp(data)
        setup = remote.role(self._setup)
        command = ConnectTransport(
            transport=self._transport,
            local=self.local,
            remote=remote.ice,
            fingerprint=remote.fingerprint,
            setup=setup,
            sctp_port=sctp_port,
            max_message_size=max_message_size,
            has_data=data is not None,
        )
        return sections, command, setup
