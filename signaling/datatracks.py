"""Data tracks: who publishes which, who subscribes to them, under which numbers (LiveKit).

Every frame bears a number. The publisher chooses its own; each subscriber is told one for every
track that it gets, all of them again whenever anything changes.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from sfu.commands import (
    AddDataSubscription,
    AddDataTrack,
    RemoveDataSubscription,
    RemoveDataTrack,
)
from signaling import messages
from signaling.allowing import is_allowed
from signaling.config import Limits
from signaling.ids import DATA_TRACK, RandBytes, new_id
from signaling.messages import Reason

if TYPE_CHECKING:
    from signaling.participant import Participant

HANDLES = 0xFFFF  # 0 is none
MAX_NAME = 256  # characters
MAX_ENCODING = 32  # characters of one that is not well known
MAX_UPDATES = 2000  # tracks that one request speaks of
MAX_SIZE = 4096  # bytes of a request: everybody in the room gets most of it

Refusal = tuple[rtc.RequestResponse.Reason, str]


class DataPublications:
    def __init__(self) -> None:
        self.live: dict[int, models.DataTrackInfo] = {}  # by the publisher's number

    def publish(
        self, request: rtc.PublishDataTrackRequest, limits: Limits, randbytes: RandBytes
    ) -> models.DataTrackInfo | Refusal:
        refusal = self._refusal(request, limits)
        if refusal is not None:
            return refusal
        info = models.DataTrackInfo(
            pub_handle=request.pub_handle,
            sid=new_id(DATA_TRACK, randbytes),
            name=request.name,
            encryption=request.encryption,
            frame_encoding=request.frame_encoding if request.HasField("frame_encoding") else None,
            schema=request.schema if request.HasField("schema") else None,
        )
        self.live[request.pub_handle] = info
        return info

    def has(self, track: str) -> bool:
        return any(info.sid == track for info in self.live.values())

    def _refusal(self, request: rtc.PublishDataTrackRequest, limits: Limits) -> Refusal | None:
        if not 0 < request.pub_handle <= HANDLES:
            return Reason.INVALID_HANDLE, "handle should be > 0 AND < 65536"
        if not 0 < len(request.name) <= MAX_NAME:
            text = f"name should not be empty and should not exceed {MAX_NAME} characters"
            return Reason.INVALID_NAME, text
        if not _has_good_encodings(request) or request.ByteSize() > MAX_SIZE:
            text = "encoding identifier is empty or exceeds the maximum length"
            return Reason.INVALID_REQUEST, text
        if request.pub_handle in self.live:
            return Reason.DUPLICATE_HANDLE, "a data track with same handle already exists"
        if any(info.name == request.name for info in self.live.values()):
            return Reason.DUPLICATE_NAME, "a data track with same name already exists"
        if len(self.live) >= limits.data_tracks:
            return Reason.LIMIT_EXCEEDED, f"more than {limits.data_tracks} data tracks"
        return None


class DataSubscriptions:
    def __init__(self, settings: rtc.ConnectionSettings, limits: Limits, first: int) -> None:
        """`first`: where the numbers begin."""
        self.active: dict[str, tuple[int, str]] = {}  # track sid -> number, publisher's sid
        self._auto = settings.auto_subscribe_data_track
        self._limit = limits.data_subscriptions
        self._explicit: dict[str, bool] = {}
        self._used: set[int] = set()
        self._next = first % HANDLES

    def ask(self, track: str, wanted: bool) -> None:
        """The client's explicit word; beyond reason it is not heard."""
        if track in self._explicit or len(self._explicit) < 2 * self._limit:
            self._explicit[track] = wanted

    def wants(self, track: str) -> bool:
        return self._explicit.get(track, self._auto)

    def forget(self, track: str) -> None:
        """It is gone for good."""
        self._explicit.pop(track, None)

    def replace(self, wanted: dict[str, str]) -> tuple[list[str], list[str]]:
        """Make these (track sid -> publisher's sid) the active ones; what begins, what ends."""
        ended = [track for track in self.active if track not in wanted]
        for track in ended:
            number, _ = self.active.pop(track)
            self._used.remove(number)
        begun = []
        for track, publisher in wanted.items():
            if track not in self.active and len(self.active) < self._limit:
                self.active[track] = self._number(), publisher
                begun.append(track)
        return begun, ended

    def _number(self) -> int:
        """The next free one, so that late frames of another track are not taken for this one's."""
        while True:
            self._next = self._next % HANDLES + 1
            if self._next not in self._used:
                self._used.add(self._next)
                return self._next


def publish(publisher: "Participant", request: rtc.PublishDataTrackRequest, now: float) -> None:
    answer = _publish(publisher, request, now)
    if isinstance(answer, models.DataTrackInfo):
        add = AddDataTrack(peer=publisher.sid, track=answer.sid, handle=answer.pub_handle)
        publisher.context.commands.append(add)
        publisher.room.data_tracks[answer.sid] = publisher
        response = rtc.PublishDataTrackResponse(info=answer)
        publisher.send(rtc.SignalResponse(publish_data_track_response=response))
        publisher.announce(now)
        publisher.room.reconsider(publisher, now)
    else:
        reason, text = answer
        asked = request if request.ByteSize() <= MAX_SIZE else None
        publisher.send(messages.refusal(reason, text, publish_data_track=asked))


def end(publisher: "Participant", handle: int, now: float) -> bool:
    """The client, or the end of its right to publish, unpublishes a track. False: there is none."""
    info = publisher.data_publications.live.pop(handle, None)
    if info is None:
        return False
    publisher.context.commands.append(RemoveDataTrack(track=info.sid))
    del publisher.room.data_tracks[info.sid]
    response = rtc.UnpublishDataTrackResponse(info=info)
    publisher.send(rtc.SignalResponse(unpublish_data_track_response=response))
    publisher.announce(now)
    publisher.room.reconsider(publisher, now)
    publisher.room.forget_data_track(info.sid)
    return True


def end_all(publisher: "Participant", now: float) -> None:
    for handle in list(publisher.data_publications.live):
        end(publisher, handle, now)


def reconsider(participant: "Participant", *, may_begin: bool = True) -> None:
    """Something has changed: tracks, wishes, or permissions."""
    active = participant.data_subscriptions.active
    if not participant.room.data_tracks and not active:
        return
    wanted = {
        track: publisher
        for track, publisher in _wanted(participant)
        if may_begin or track in active
    }
    begun, ended = participant.data_subscriptions.replace(wanted)
    for track in ended:
        participant.context.commands.append(
            RemoveDataSubscription(peer=participant.sid, track=track)
        )
    for track in begun:
        handle, _ = participant.data_subscriptions.active[track]
        participant.context.commands.append(
            AddDataSubscription(peer=participant.sid, track=track, handle=handle)
        )
    if begun or ended:
        tell_handles(participant)


def tell_handles(participant: "Participant") -> None:
    told = rtc.DataTrackSubscriberHandles()
    for track, (handle, sid) in participant.data_subscriptions.active.items():
        entry = told.sub_handles[handle]
        entry.track_sid, entry.publisher_sid = track, sid
        entry.publisher_identity = participant.room.identity_of(sid) or ""
    participant.send(rtc.SignalResponse(data_track_subscriber_handles=told))


def ask(participant: "Participant", updates: Iterable[rtc.UpdateDataSubscription.Update]) -> None:
    """The client's word on some tracks, which may not be there yet."""
    for update in islice(updates, MAX_UPDATES):
        participant.data_subscriptions.ask(update.track_sid, update.subscribe)


def _publish(
    publisher: "Participant", request: rtc.PublishDataTrackRequest, now: float
) -> models.DataTrackInfo | Refusal:
    context = publisher.context
    if not publisher.grant.may_publish_data or not context.config.enable_data_tracks:
        return Reason.NOT_ALLOWED, "does not have permission to publish data"
    if not publisher.may_publish_another(now):
        return Reason.LIMIT_EXCEEDED, "too many data tracks in a short time"
    return publisher.data_publications.publish(request, context.config.limits, context.randbytes)


def _has_good_encodings(request: rtc.PublishDataTrackRequest) -> bool:
    encodings = request.frame_encoding, request.schema.encoding
    return all(
        0 < len(encoding.custom) <= MAX_ENCODING
        for encoding in encodings
        if encoding.WhichOneof("value") == "custom"
    )


def _wanted(participant: "Participant") -> Iterator[tuple[str, str]]:
    if not participant.grant.may_subscribe:
        return
    for track, publisher in participant.room.data_tracks.items():
        # Whom nobody sees, nobody subscribes to.
        if publisher is participant or publisher.is_hidden:
            continue
        is_wanted = participant.data_subscriptions.wants(track)
        if is_wanted and is_allowed(participant, publisher, track):
            yield track, publisher.sid
