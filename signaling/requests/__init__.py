"""What a client may ask for: one function for each kind of request."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from signaling.requests import (
    blobs,
    connection,
    datatracks,
    metadata,
    simulate,
    subscriptions,
    tracks,
)

if TYPE_CHECKING:
    from signaling.participant import Participant

Handler = Callable[["Participant", Any, float], None]

# By the name of the field in rtc.SignalRequest. Pings are answered by the session itself.
HANDLERS: dict[str, Handler] = {
    "offer": connection.offer,
    "answer": connection.answer,
    "trickle": connection.trickle,
    "leave": connection.leave,
    "sync_state": connection.sync_state,
    "add_track": tracks.add_track,
    "mute": tracks.mute,
    "update_layers": tracks.update_layers,
    "update_audio_track": tracks.update_audio_track,
    "update_video_track": tracks.update_video_track,
    "publish_data_track_request": datatracks.publish,
    "unpublish_data_track_request": datatracks.unpublish,
    "update_data_subscription": datatracks.subscribe,
    "store_data_blob_request": blobs.store,
    "get_data_blob_request": blobs.fetch,
    "subscription": subscriptions.subscription,
    "track_setting": subscriptions.track_setting,
    "subscription_permission": subscriptions.subscription_permission,
    "update_metadata": metadata.update_metadata,
    "simulate": simulate.simulate,
}
