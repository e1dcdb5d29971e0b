"""What a new room is like: the operator's defaults, a preset of theirs, and what was asked for."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from livekit.protocol.room import CreateRoomRequest, RoomConfiguration

from sfu.media import PlayoutDelay
from signaling.admission import Refused
from signaling.config import RoomDefaults
from signaling.room import RoomSettings

MAX_SECONDS = 7 * 24 * 3600  # of a timeout that somebody asks for
UNKNOWN_PRESET = "unknown room configuration in create room request"  # LiveKit's words


def room_settings(defaults: RoomDefaults, request: CreateRoomRequest) -> RoomSettings:
    """Zero and empty mean "not said". Raises Refused(400) for a preset that nobody made."""
    preset = RoomConfiguration()
    if request.room_preset:
        if request.room_preset not in defaults.presets:
            raise Refused(400, UNKNOWN_PRESET)
        preset = defaults.presets[request.room_preset]
    return RoomSettings(
        empty_timeout=_seconds(request.empty_timeout or preset.empty_timeout)
        or defaults.empty_timeout,
        departure_timeout=_seconds(request.departure_timeout or preset.departure_timeout)
        or defaults.departure_timeout,
        max_participants=request.max_participants
        or preset.max_participants
        or defaults.max_participants,
        metadata=request.metadata or preset.metadata,
        sync_streams=request.sync_streams or preset.sync_streams or defaults.sync_streams,
        playout_delay=_playout_delay(request, preset) or defaults.playout_delay,
        agents=tuple(request.agents or preset.agents),
    )


def asked_by_token(name: str, preset: str, config: Mapping[str, Any] | None) -> CreateRoomRequest:
    """A join that makes its room asks for what its token says. Raises Refused(400)."""
    wanted = RoomConfiguration()
    try:
        json_format.ParseDict(dict(config or {}), wanted, ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError, TypeError, RecursionError):
        raise Refused(400, "invalid room configuration") from None
    return CreateRoomRequest(
        name=name,
        room_preset=preset,
        empty_timeout=wanted.empty_timeout,
        departure_timeout=wanted.departure_timeout,
        max_participants=wanted.max_participants,
        metadata=wanted.metadata,
        sync_streams=wanted.sync_streams,
        min_playout_delay=wanted.min_playout_delay,
        max_playout_delay=wanted.max_playout_delay,
        agents=wanted.agents,
    )


def _playout_delay(request: CreateRoomRequest, preset: RoomConfiguration) -> PlayoutDelay | None:
    least = request.min_playout_delay or preset.min_playout_delay
    most = request.max_playout_delay or preset.max_playout_delay
    return PlayoutDelay(least, most) if least or most else None


def _seconds(asked: int) -> int:
    return min(asked, MAX_SECONDS)
