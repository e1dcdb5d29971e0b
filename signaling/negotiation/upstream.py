"""Which track the client publishes on which media section."""

from collections.abc import Sequence
from dataclasses import dataclass

from livekit.protocol.models import Encryption

from sfu.commands import AddPublication, RemovePublication
from sfu.extensions import TRANSPORT_CC
from sfu.media import Codec
from signaling.negotiation import codecpolicy, encodings
from signaling.negotiation.codecs import OPUS, RED
from signaling.negotiation.offer import MediaSection
from signaling.negotiation.outcome import ClientRules, Outcome, PendingTrack, Published

Pairs = list[tuple[MediaSection, PendingTrack]]


def match(sections: Sequence[MediaSection], pending: Sequence[PendingTrack]) -> Pairs:
    """Which announced track each section carries (LiveKit).

    By the track's id, or that of one of its codecs; what is then left, oldest first, by kind: the
    ids of Firefox are of its own making.
    """
    pairs: Pairs = []
    left = list(pending)
    for rule in (_has_cid, _has_kind):
        for section in sections:
            if any(section is taken for taken, _ in pairs):
                continue
            track = next((each for each in left if rule(section, each)), None)
            if track is not None:
                left.remove(track)
                pairs.append((section, track))
    return pairs


def _has_kind(section: MediaSection, track: PendingTrack) -> bool:
    return section.kind is track.kind


def _has_cid(section: MediaSection, track: PendingTrack) -> bool:
    cids = (track.cid, *(codec.cid for codec in track.info.codecs))
    return section.kind is track.kind and section.track_id in cids


@dataclass(slots=True)
class Publication:
    source: PendingTrack
    track_id: str  # in the SDP
    command: AddPublication  # as last sent


class Upstream:
    """The publications of one connection, by mid."""

    def __init__(self, transport: str, peer: str, rules: ClientRules) -> None:
        self._transport = transport
        self._peer = peer
        self._rules = rules
        self._publications: dict[str, Publication] = {}
        self._parked: dict[str, MediaSection] = {}  # they send, but AddTrack has not come
        self._ended: dict[str, str] = {}  # mid -> track id of what the server ended

    def receive_offer(
        self,
        media: dict[str, MediaSection],
        pending: Sequence[PendingTrack],
        outcome: Outcome,
    ) -> None:
        self._end_what_stopped(media, pending, outcome)
        for mid, publication in self._publications.items():
            self._renew(media[mid], publication, outcome)
        self._parked = {mid: each for mid, each in media.items() if self._is_parked(each)}
        self.receive_pending(pending, outcome)

    def receive_pending(self, pending: Sequence[PendingTrack], outcome: Outcome) -> None:
        """Match sections that wait with tracks that wait."""
        bound = {publication.command.track for publication in self._publications.values()}
        free = [track for track in pending if track.info.sid not in bound]
        for section, track in match(list(self._parked.values()), free):
            del self._parked[section.mid]
            self._publish(section, track, outcome)

    def remove(self, track: str, outcome: Outcome) -> None:
        """The server ends a publication: its section stays unused until the client changes it."""
        for mid, publication in list(self._publications.items()):
            if publication.command.track == track:
                self._ended[mid] = publication.track_id
                self._end(mid, outcome)

    def codecs(self, section: MediaSection) -> list[Codec]:
        """What the client may send on this section; empty when we do not receive on it."""
        if section.mid in self._publications:
            return self._publications[section.mid].command.codecs
        return self._codecs(section, None) if section.mid in self._parked else []

    def _end_what_stopped(
        self,
        media: dict[str, MediaSection],
        pending: Sequence[PendingTrack],
        outcome: Outcome,
    ) -> None:
        self._ended = {
            mid: track_id
            for mid, track_id in self._ended.items()
            if mid in media and media[mid].sends and media[mid].track_id == track_id
        }
        for mid, publication in list(self._publications.items()):
            section = media.get(mid)
            if section is None or not section.sends or not self._codecs(section, None):
                self._end(mid, outcome)
            elif section.track_id != publication.track_id and any(
                _has_cid(section, track) for track in pending
            ):
                self._end(mid, outcome)  # another track on the same section

    def _end(self, mid: str, outcome: Outcome) -> None:
        track = self._publications.pop(mid).command.track
        outcome.unpublished.append(track)
        outcome.commands.append(RemovePublication(track))

    def _is_parked(self, section: MediaSection) -> bool:
        return (
            section.sends
            and section.mid not in self._publications
            and section.mid not in self._ended
            and bool(self._codecs(section, None))
        )

    def _renew(self, section: MediaSection, publication: Publication, outcome: Outcome) -> None:
        publication.track_id = section.track_id
        command = self._command(section, publication.source)
        last = publication.command
        if (command.codecs, command.encodings) != (last.codecs, last.encodings):
            outcome.commands.append(command)
        publication.command = command

    def _publish(self, section: MediaSection, track: PendingTrack, outcome: Outcome) -> None:
        command = self._command(section, track)
        self._publications[section.mid] = Publication(track, section.track_id, command)
        outcome.commands.append(command)
        outcome.published.append(
            Published(
                track.cid,
                command.track,
                section.mid,
                _sent(command),
                section.track_id,
                command.encodings,
            )
        )

    def _command(self, section: MediaSection, track: PendingTrack) -> AddPublication:
        streams = encodings.read(section.section, track.info, section.kind)
        return AddPublication(
            transport=self._transport,
            peer=self._peer,
            track=track.info.sid,
            mid=section.mid,
            kind=section.kind,
            codecs=self._codecs(section, track),
            encodings=streams,
            spatial_qualities=encodings.spatial(streams, track.info),
            muted=track.info.muted,
            is_screen=track.is_screen,
            is_encrypted=track.info.encryption != Encryption.NONE,
        )

    def _codecs(self, section: MediaSection, track: PendingTrack | None) -> list[Codec]:
        chosen = codecpolicy.for_publishing(section.codecs, track, self._rules)
        return codecpolicy.with_one_estimate(chosen, TRANSPORT_CC in section.extensions)


def _sent(command: AddPublication) -> list[str]:
    """A client sends the first codec of an answer; RED may turn to Opus at any packet."""
    mimes = list(dict.fromkeys(codec.mime for codec in command.codecs))
    return mimes if {RED, OPUS} & set(mimes[:1]) else mimes[:1]
