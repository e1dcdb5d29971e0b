"""Which of our codecs a client may use (LiveKit)."""

from livekit.protocol import models

from sfu.media import PlayoutDelay
from signaling.config import SignalingConfig
from signaling.negotiation.outcome import ENABLED, ClientRules
from signaling.room import RoomSettings

# Firefox without a licensed encoder offers H264 and then sends nothing that decodes.
_FIREFOX_WITHOUT_H264 = ("linux", "android")


def rules_for(
    client: models.ClientInfo, config: SignalingConfig, settings: RoomSettings, trailer: bytes
) -> ClientRules:
    """`trailer`: what the client has been told to know our silence by (JoinResponse)."""
    enabled = {mime.lower() for mime in config.room.enabled_codecs}
    return ClientRules(
        enabled=tuple(mime for mime in ENABLED if mime in enabled),
        no_publish=no_publish(client),
        is_opened=client.sdk == models.ClientInfo.GO,  # pion's OnTrack waits for a packet
        trailer=trailer,
        delay=_delay(client, settings),
    )


def _delay(client: models.ClientInfo, settings: RoomSettings) -> PlayoutDelay | None:
    # Firefox does not play the streams of a publisher in step: pictures alone would lag behind.
    is_firefox = client.browser.lower() == "firefox"
    return None if is_firefox and settings.sync_streams else settings.playout_delay


def no_publish(client: models.ClientInfo) -> tuple[str, ...]:
    """Mimes, lower case. The client still receives them: refusing both broke viewing before."""
    is_firefox = "firefox" in client.browser.lower()
    if is_firefox and client.os.lower() in _FIREFOX_WITHOUT_H264:
        return ("video/h264",)
    return ()
