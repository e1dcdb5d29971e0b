"""Which of our codecs a client may use (LiveKit)."""

from collections import defaultdict
from collections.abc import Sequence

from livekit.protocol import models

from sfu.media import PlayoutDelay
from signaling.config import EnabledCodec, SignalingConfig
from signaling.negotiation.outcome import ENABLED, ClientRules
from signaling.room import RoomSettings

# Firefox without a licensed encoder offers H264 and then sends nothing that decodes.
_FIREFOX_WITHOUT_H264 = ("linux", "android")
_BROKEN_H264 = ("xiaomi 2201117ti", "android")
_SAFARI_WITH_VP9 = (18, 3)  # the last one whose VP9 others can decode


def rules_for(
    client: models.ClientInfo, config: SignalingConfig, settings: RoomSettings, trailer: bytes
) -> ClientRules:
    """`trailer`: what the client has been told to know our silence by (JoinResponse)."""
    barred = no_codec(client)
    codecs = config.room.enabled_codecs
    enabled = {codec.mime.lower() for codec in codecs}.difference(barred)
    return ClientRules(
        enabled=tuple(mime for mime in ENABLED if mime in enabled),
        formats=_formats(codecs),
        barred=barred,
        no_publish=no_publish(client),
        is_opened=client.sdk == models.ClientInfo.GO,  # pion's OnTrack waits for a packet
        trailer=trailer,
        takes_trailers=models.ClientInfo.CAP_PACKET_TRAILER in client.capabilities,
        lacks_reports="OBS" in client.browser,
        delay=_delay(client, settings),
    )


def _formats(codecs: Sequence[EnabledCodec]) -> dict[str, tuple[str, ...]]:
    lines: dict[str, list[str]] = defaultdict(list)
    for codec in codecs:
        lines[codec.mime.lower()].append(codec.fmtp)
    return {mime: tuple(found) for mime, found in lines.items() if all(found)}


def may_publish(codecs: Sequence[EnabledCodec], rules: ClientRules) -> list[EnabledCodec]:
    """What the client is told that it may send: what most others decode comes first (LiveKit)."""
    ranks = {"video/vp8": 0, "video/h264": 1}
    refused = {*rules.barred, *rules.no_publish}
    allowed = [codec for codec in codecs if codec.mime.lower() not in refused]
    video = [codec for codec in allowed if codec.mime.lower().startswith("video/")]
    video.sort(key=lambda codec: ranks.get(codec.mime.lower(), 2))
    return video + [codec for codec in allowed if codec not in video]


def _delay(client: models.ClientInfo, settings: RoomSettings) -> PlayoutDelay | None:
    # Firefox does not play the streams of a publisher in step: pictures alone would lag behind.
    is_firefox = client.browser.lower() == "firefox"
    return None if is_firefox and settings.sync_streams else settings.playout_delay


def no_codec(client: models.ClientInfo) -> tuple[str, ...]:
    """Mimes, lower case, of what the client neither sends nor gets."""
    return ("video/av1",) if client.browser.lower() == "safari" else ()


def no_publish(client: models.ClientInfo) -> tuple[str, ...]:
    """Mimes, lower case. The client still receives them: refusing both broke viewing before."""
    browser, system = client.browser.lower(), client.os.lower()
    if "firefox" in browser and system in _FIREFOX_WITHOUT_H264:
        return ("video/h264",)
    if (client.device_model.lower(), system) == _BROKEN_H264:
        return ("video/h264",)
    if browser == "safari" and _version(client.browser_version) > _SAFARI_WITH_VP9:
        return ("video/vp9",)
    return ()


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")[:3]
    return tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in parts)
