"""Accidents on demand: clients test their reconnection with them (LiveKit)."""

from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from sfu.events import Speaker, SpeakersChanged
from signaling import hearing
from signaling.messages import Action

if TYPE_CHECKING:
    from signaling.participant import Participant

Reason = models.DisconnectReason

MAX_SPEAKING = 60  # seconds
SIGNAL_DISCONNECTS = 5.0  # seconds in which resumes are cut off
SILENT_DISCONNECTS = 3  # resumes at most that get no message at all


def simulate(participant: "Participant", request: rtc.SimulateScenario, now: float) -> None:
    """Scenarios that we do not have are ignored."""
    match request.WhichOneof("scenario"):
        case "speaker_update":
            _speak(participant, min(request.speaker_update, MAX_SPEAKING), now)
        case "node_failure":
            participant.end(Reason.UNKNOWN_REASON, now)
        case "migration":
            participant.end(Reason.MIGRATION, now)
        case "server_leave":
            participant.end_session(Reason.SERVER_SHUTDOWN, Action.DISCONNECT)
            participant.end(Reason.SERVER_SHUTDOWN, now)
        case "switch_candidate_protocol":
            participant.room.fallbacks.set(
                participant.identity, request.switch_candidate_protocol, now
            )
        case "leave_request_full_reconnect":
            participant.restart(now)
        case "disconnect_signal_on_resume":
            participant.accidents.cut_until = now + SIGNAL_DISCONNECTS
        case "disconnect_signal_on_resume_no_messages":
            participant.accidents.silent = SILENT_DISCONNECTS
            participant.accidents.silent_until = now + SIGNAL_DISCONNECTS
        case _:
            return


def _speak(participant: "Participant", seconds: int, now: float) -> None:
    if not participant.may_fan_out(now):
        return

    def say(level: float, is_active: bool) -> None:
        speaker = Speaker(peer=participant.sid, level=level, active=is_active)
        hearing.change_speakers(
            participant.room, SpeakersChanged(room=participant.room.sid, speakers=[speaker])
        )

    say(0.9, True)
    participant.context.timers.at(now + seconds, lambda _: say(0.0, False))
