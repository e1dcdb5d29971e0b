"""What one participant publishes: announced, queued behind a cid in use, or live.

The rules are LiveKit's.
"""

from dataclasses import dataclass, field

from livekit.protocol import models, rtc

from sfu.media import Kind
from signaling import backup
from signaling.backup import Backup
from signaling.config import Limits
from signaling.dynacast import Dynacast
from signaling.ids import RandBytes, new_track_id
from signaling.messages import Reason
from signaling.negotiation.outcome import ClientRules, PendingTrack, Published
from signaling.timers import Timer, cancel
from signaling.trackinfo import USUAL, lowest_first, name_layers, spelled, track_info


@dataclass(slots=True)
class Publication:
    """A track whose media section has been negotiated."""

    publisher: str  # participant sid
    cid: str
    info: models.TrackInfo
    kind: Kind
    mimes: list[str]  # what the client may send, preferred first
    dynacast: Dynacast = field(default_factory=Dynacast)
    has_told_subscribed: bool = False
    repeats: list[Timer] = field(default_factory=list)  # of what its publisher was told
    backup: Backup | None = None  # another codec for those who lack this one
    is_synced: bool = False  # with the publisher's other tracks of the same stream
    adds_red: bool = False  # its plain Opus may be repeated

    @property
    def dynacasts(self) -> list[Dynacast]:
        """Of the first codec, and of the second when there is one."""
        return [self.dynacast, *([self.backup.dynacast] if self.backup is not None else [])]

    @property
    def receivable(self) -> list[str]:
        """What subscribers may get, preferred first: RED can be made of Opus that can be read."""
        is_closed = self.info.disable_red or self.info.encryption != models.Encryption.NONE
        if not self.adds_red or is_closed or self.mimes != ["audio/opus"]:
            return self.mimes
        return ["audio/red", *self.mimes]

    def stop(self) -> None:
        for dynacast in self.dynacasts:
            dynacast.stop()
        for timer in self.repeats:
            cancel(timer)

    @property
    def stream(self) -> str:
        """Tracks of one stream are played in step."""
        together = self.is_synced and self.info.stream
        return f"{self.publisher}|{together or self.info.sid}"


class Publications:
    def __init__(self, publisher: str, limits: Limits, randbytes: RandBytes) -> None:
        self.live: dict[str, Publication] = {}  # by track sid
        self._publisher = publisher
        self._limits = limits
        self._randbytes = randbytes
        self._pending: dict[str, PendingTrack] = {}  # by cid, oldest first
        self._queued: list[rtc.AddTrackRequest] = []

    @property
    def pending(self) -> list[PendingTrack]:
        return list(self._pending.values())

    def infos(self) -> list[models.TrackInfo]:
        return [publication.info for publication in self.live.values()]

    def find(self, track: str) -> models.TrackInfo | None:
        """Announced or live, by track sid."""
        if track in self.live:
            return self.live[track].info
        return next((p.info for p in self._pending.values() if p.info.sid == track), None)

    def announce(
        self, request: rtc.AddTrackRequest, rules: ClientRules = USUAL
    ) -> "models.TrackInfo | rtc.RequestResponse.Reason":
        """The track's description, or why there is none."""
        if request.type not in (models.TrackType.AUDIO, models.TrackType.VIDEO):
            return Reason.UNSUPPORTED_TYPE
        if self._uses(request.cid):
            return self._queue(request)
        if len(self._pending) >= self._limits.pending_tracks:
            return Reason.LIMIT_EXCEEDED
        if len(self._pending) + len(self.live) >= self._limits.tracks:
            return Reason.LIMIT_EXCEEDED
        sid = new_track_id(request.type, request.source, self._randbytes)
        info = track_info(sid, request, rules)
        self._pending[request.cid] = PendingTrack(cid=request.cid, info=info)
        return info

    def confirm(self, published: Published) -> Publication:
        """The media section of a pending track was found."""
        pending = self._pending.pop(published.cid)
        info = pending.info
        info.mid = published.mid
        if published.mimes:
            info.mime_type = spelled(published.mimes[0])
        first = info.codecs[0]
        first.mid, first.sdp_cid = published.mid, published.sdp_cid
        first.mime_type = first.mime_type or info.mime_type
        for layers in (info.layers, first.layers):
            name_layers(layers, published.encodings)
        publication = Publication(
            self._publisher, published.cid, info, pending.kind, published.mimes
        )
        publication.backup = backup.backup_of(info)
        self.live[info.sid] = publication
        return publication

    def end(self, track: str) -> Publication | None:
        publication = self.live.pop(track, None)
        if publication is not None and publication.backup is not None:
            self._forget_backup(publication.backup)
        return publication

    def announce_backup(self, publication: Publication, request: rtc.AddTrackRequest) -> bool:
        """False: it is no request for the track's second codec."""
        kept, codecs = publication.backup, request.simulcast_codecs
        if kept is None or not codecs or kept.is_live or self._uses(request.cid):
            return False
        if codecs[0].codec.lower().rpartition("/")[2] != kept.mime.partition("/")[2]:
            return False
        self._forget_backup(kept)
        layers = lowest_first(codecs[0].layers or request.layers)
        backup.announce(kept, publication.info, request.cid, layers)
        self._pending[request.cid] = PendingTrack(cid=request.cid, info=kept.info)
        return True

    def confirm_backup(self, published: Published) -> Publication | None:
        """The media section of a second codec was found; None: it is of a track's only one."""
        publication = self.of_backup(published.track)
        if publication is None or publication.backup is None:
            return None
        self._pending.pop(published.cid, None)
        publication.backup.is_live = True
        publication.backup.mimes = published.mimes
        described = publication.info.codecs[1]
        described.mid, described.sdp_cid = published.mid, published.sdp_cid
        name_layers(described.layers, published.encodings)
        return publication

    def of_backup(self, track: str) -> Publication | None:
        """The track whose second codec has this name in the media plane."""
        found = (p for p in self.live.values() if p.backup is not None and p.backup.track == track)
        return next(found, None)

    def _forget_backup(self, kept: Backup) -> None:
        for cid in [cid for cid, one in self._pending.items() if one.info is kept.info]:
            del self._pending[cid]

    def take_unblocked(self) -> list[rtc.AddTrackRequest]:
        """Queued requests whose cid is free now; to be announced again."""
        taken: list[rtc.AddTrackRequest] = []
        for request in list(self._queued):
            if not self._uses(request.cid) and request.cid not in {r.cid for r in taken}:
                taken.append(request)
                self._queued.remove(request)
        return taken

    def _uses(self, cid: str) -> bool:
        return cid in self._pending or any(p.cid == cid for p in self.live.values())

    def _queue(self, request: rtc.AddTrackRequest) -> rtc.RequestResponse.Reason:
        same = sum(queued.cid == request.cid for queued in self._queued)
        if same >= self._limits.queued_tracks or len(self._queued) >= self._limits.pending_tracks:
            return Reason.LIMIT_EXCEEDED
        self._queued.append(request)
        return Reason.QUEUED
