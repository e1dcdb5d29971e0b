"""Which tracks one participant should receive, and how (LiveKit)."""

from collections.abc import Iterable
from dataclasses import dataclass

from livekit.protocol import models, rtc

from sfu.media import Kind
from signaling.backup import Backup
from signaling.config import Limits
from signaling.negotiation.outcome import Wish
from signaling.publications import Publication
from simulcast.layers import USUAL, Size, quality_for


@dataclass(slots=True)
class Settings:
    """The client's last UpdateTrackSettings for a track."""

    disabled: bool = False
    quality: int = models.VideoQuality.HIGH
    size: Size | None = None  # of the tile; counts instead of `quality`
    fps: int = 0


@dataclass(slots=True)
class Subscription:
    publication: Publication
    settings: Settings
    is_bound: bool = False  # it has a media section
    is_paused: bool = False  # by the media plane, for want of bandwidth
    has_paused: bool = False  # at any time, so that the client has to know
    lacks_codec: bool = False  # the client cannot decode the track's first one

    @property
    def backup(self) -> Backup | None:
        """The second codec, when it is that which it should get."""
        backup = self.publication.backup
        if backup is None or not (self.lacks_codec or backup.replaces):
            return None
        return backup

    @property
    def media(self) -> str:
        """The publication in the media plane that it gets."""
        backup = self.backup
        is_there = backup is not None and backup.is_live
        return backup.track if backup is not None and is_there else self.publication.info.sid

    @property
    def quality(self) -> int:
        """The highest layer that the viewer has a use for."""
        if self.settings.size is None:
            return self.settings.quality
        return quality_for(self.settings.size, layer_sizes(self.publication.info))

    @property
    def wish(self) -> Wish:
        publication, backup = self.publication, self.backup
        mimes = publication.receivable
        if backup is not None and backup.is_live:
            mimes = backup.mimes
        return Wish(
            media=self.media,
            track=publication.info.sid,
            publisher=publication.publisher,
            kind=publication.kind,
            mimes=mimes,
            stream=publication.stream,
            stereo=publication.info.stereo,
            has_trailers=len(publication.info.packet_trailer_features) > 0,
            disabled=self.settings.disabled,
            quality=self.quality,
            fps=self.settings.fps,
        )


class Subscriptions:
    """Wishes of the client, and what came of them.

    The settings stay when a track is unsubscribed, so that it comes back as it was.
    """

    def __init__(self, settings: rtc.ConnectionSettings, limits: Limits) -> None:
        self.active: dict[str, Subscription] = {}  # by track sid, oldest first
        self.denied: set[str] = set()  # wanted, but the publisher does not allow it
        self.expected: set[str] = set()  # wanted, but not there yet
        self._auto = settings.auto_subscribe
        self._first_quality = (
            models.VideoQuality.LOW if settings.adaptive_stream else models.VideoQuality.HIGH
        )
        self._limits = limits
        self._explicit: dict[str, bool] = {}  # by track sid
        self._settings: dict[str, Settings] = {}

    def ask(self, track: str, wanted: bool) -> bool:
        """The client's explicit word; False: it has said too much already."""
        if track not in self._explicit and len(self._explicit) >= 2 * self._limits.subscriptions:
            return False
        self._explicit[track] = wanted
        return True

    def forget(self, track: str) -> None:
        """The track is gone for good."""
        self.denied.discard(track)
        self.expected.discard(track)
        self._explicit.pop(track, None)
        self._settings.pop(track, None)

    def wants(self, track: str) -> bool:
        return self._explicit.get(track, self._auto)

    def settings(self, track: str) -> Settings:
        """The same object for as long as the track lives."""
        if track in self.active:
            return self.active[track].settings
        if track in self._settings:
            return self._settings[track]
        settings = Settings(quality=self._first_quality)
        if len(self._settings) < 2 * self._limits.subscriptions:
            self._settings[track] = settings
        return settings

    def replace(self, wanted: Iterable[Publication]) -> list[Subscription]:
        """Make these the active ones; returns those that ended."""
        publications = {p.info.sid: p for p in wanted}
        ended = [s for track, s in self.active.items() if track not in publications]
        for subscription in ended:
            del self.active[subscription.publication.info.sid]
        for track, publication in publications.items():
            if track not in self.active and self._has_room_for(publication.kind):
                self.active[track] = Subscription(publication, self.settings(track))
        return ended

    def _has_room_for(self, kind: Kind) -> bool:
        """What does not fit waits until something else ends (LiveKit)."""
        limits = self._limits
        limit = limits.video_subscriptions if kind is Kind.VIDEO else limits.audio_subscriptions
        same = sum(one.publication.kind is kind for one in self.active.values())
        return len(self.active) < limits.subscriptions and (not limit or same < limit)

    def wishes(self) -> list[Wish]:
        return [subscription.wish for subscription in self.active.values()]

    def sources(self) -> set[str]:
        """Participants of whom the client gets a track, by sid."""
        return {s.publication.publisher for s in self.active.values() if s.is_bound}

    def voices(self) -> set[str]:
        """Participants whom the client hears, by sid."""
        bound = (s.publication for s in self.active.values() if s.is_bound)
        return {publication.publisher for publication in bound if publication.kind is Kind.AUDIO}


def apply_settings(settings: Settings, request: rtc.UpdateTrackSettings) -> None:
    settings.disabled = request.disabled
    settings.fps = request.fps
    if request.width or request.height:
        settings.size = Size(request.width, request.height)
    else:
        settings.size = None
        settings.quality = max(0, min(request.quality, models.VideoQuality.HIGH))
        settings.disabled |= request.quality == models.VideoQuality.OFF


def layer_sizes(info: models.TrackInfo) -> list[Size]:
    """As announced, from LOW upwards."""
    layers = list(info.layers) or [layer for codec in info.codecs[:1] for layer in codec.layers]
    sizes = [Size(layer.width, layer.height) for layer in layers]
    return sizes if sizes and all(size.width and size.height for size in sizes) else list(USUAL)
