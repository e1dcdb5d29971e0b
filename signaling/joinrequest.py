"""What a client says of itself before it is in: `join_request` of v1, the query of v0.

Both become the same `rtc.JoinRequest` (LiveKit).
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from signaling.errors import SignalingError

MAX_SIZE = 1 << 20  # bytes, wrapped and decompressed
GZIP = 16 + zlib.MAX_WBITS  # zlib's name for the gzip container

_URL_SAFE = str.maketrans("-_", "+/")

_SDKS = {
    "js": "JS",
    "ios": "SWIFT",
    "swift": "SWIFT",
    "android": "ANDROID",
    "flutter": "FLUTTER",
    "go": "GO",
    "unity": "UNITY",
    "reactnative": "REACT_NATIVE",
    "rust": "RUST",
    "python": "PYTHON",
    "cpp": "CPP",
    "unityweb": "UNITY_WEB",
    "node": "NODE",
    "unreal": "UNREAL",
    "esp32": "ESP32",
}

_BROWSERS = (
    ("OBS-Studio/", "OBS-Studio"),
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class JoinRequestError(SignalingError):
    """Not a join request. The message is what the client gets to read, with status 400."""


def decode(value: str) -> rtc.JoinRequest:
    """The query parameter `join_request`: base64url of a WrappedJoinRequest."""
    if not value:
        raise JoinRequestError("join_request is required")
    wrapped = rtc.WrappedJoinRequest()
    try:
        data = base64.b64decode(_padded(value).translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        raise JoinRequestError("cannot base64 decode wrapped join request") from None
    try:
        wrapped.ParseFromString(data)
    except DecodeError:
        raise JoinRequestError("cannot unmarshal wrapped join request") from None
    inner = wrapped.join_request
    if len(inner) > MAX_SIZE:
        raise JoinRequestError("join request too large")
    if wrapped.compression == rtc.WrappedJoinRequest.GZIP:
        inner = _decompress(inner)
    try:
        return rtc.JoinRequest.FromString(inner)
    except DecodeError:
        raise JoinRequestError("cannot unmarshal join request") from None


def from_query(query: Mapping[str, str]) -> rtc.JoinRequest:
    """The parameters of v0. An absent `auto_subscribe` means true, unlike in v1."""
    request = rtc.JoinRequest(
        client_info=_client_info(query),
        connection_settings=rtc.ConnectionSettings(
            auto_subscribe=_flag(query.get("auto_subscribe", "true")),
            auto_subscribe_data_track=_flag(query.get("auto_subscribe_data_track", "")),
            adaptive_stream=_flag(query.get("adaptive_stream", "")),
            disable_ice_lite=_flag(query.get("disable_ice_lite", "")),
        ),
        reconnect=_flag(query.get("reconnect", "")),
        participant_sid=query.get("sid", ""),
    )
    if query.get("attributes"):
        request.participant_attributes.update(_attributes(query["attributes"]))
    return request


def complete(client: models.ClientInfo, user_agent: str, address: str) -> None:
    """What a client did not say of itself may stand in the User-Agent."""
    if not client.browser:
        client.browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    if not client.os:
        client.os = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    client.address = address


def _padded(value: str) -> str:
    """Clients write the padding; some proxies take it away."""
    return value + "=" * (-len(value) % 4)


def _decompress(data: bytes) -> bytes:
    stream = zlib.decompressobj(GZIP)
    try:
        plain = stream.decompress(data, MAX_SIZE + 1)
    except zlib.error:
        raise JoinRequestError("cannot read decompressed join request") from None
    if len(plain) > MAX_SIZE:
        raise JoinRequestError("join request too large")
    if not stream.eof:
        raise JoinRequestError("cannot read decompressed join request")
    return plain


def _client_info(query: Mapping[str, str]) -> models.ClientInfo:
    known = models.ClientInfo.Capability.keys()
    named = [name for name in query.get("capabilities", "").split(",") if name in known]
    return models.ClientInfo(
        sdk=_SDKS.get(query.get("sdk", "").lower(), "UNKNOWN"),
        version=query.get("version", ""),
        protocol=_integer(query.get("protocol", "")),
        client_protocol=_integer(query.get("client_protocol", "")),
        os=query.get("os", ""),
        os_version=query.get("os_version", ""),
        device_model=query.get("device_model", ""),
        browser=query.get("browser", ""),
        browser_version=query.get("browser_version", ""),
        network=query.get("network", ""),
        capabilities=named,
    )


def _attributes(value: str) -> dict[str, str]:
    try:
        data = base64.b64decode(_padded(value).translate(_URL_SAFE), validate=True)
        attributes = json.loads(data)
    except (ValueError, RecursionError):
        raise JoinRequestError("cannot decode attributes") from None
    if not isinstance(attributes, dict) or not all(
        isinstance(item, str) for item in attributes.values()
    ):
        raise JoinRequestError("cannot decode attributes")
    return attributes


def _flag(value: str) -> bool:
    return value in ("1", "true")


def _integer(value: str) -> int:
    """A number that fits the field; anything else is 0, as for an absent one."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return 0
