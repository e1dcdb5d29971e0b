"""Which agents one room wants, and what has become of each wish (LiveKit)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from livekit.protocol import agent, agent_dispatch, models

from signaling.agents.worker import nanoseconds
from signaling.agents.workers import Launch
from signaling.ids import DISPATCH, new_id
from signaling.messages import Action

if TYPE_CHECKING:
    from signaling.participant import Participant
    from signaling.room import Room

LEAVING = 3.0  # seconds that an agent has to leave when its dispatch is deleted (LiveKit)
LEFT = "agent worker left the room"

MAX_JOBS = 200  # of one dispatch, remembered

Dispatch = agent_dispatch.AgentDispatch


@dataclass(slots=True)
class Entry:
    dispatch: Dispatch
    jobs: list[agent.Job] = field(default_factory=list)
    launches: list[Launch] = field(default_factory=list)

    def info(self) -> Dispatch:
        info = Dispatch()
        info.CopyFrom(self.dispatch)
        info.state.jobs.extend(self.jobs)
        return info

    def keep(self, job: agent.Job) -> None:
        """Of those that have ended the oldest go first."""
        self.jobs.append(job)
        if len(self.jobs) > MAX_JOBS:
            ended = next((one for one in self.jobs if one.state.ended_at), self.jobs[0])
            self.jobs.remove(ended)

    def stop(self) -> None:
        """What is not taken yet shall not be."""
        for launch in self.launches:
            launch.is_over = True


class Dispatches:
    def __init__(self, room: "Room") -> None:
        self._room = room
        self._workers = room.context.workers
        self._entries: dict[str, Entry] = {}  # by dispatch id, oldest first
        self._jobs: dict[str, agent.Job] = {}  # by the identity that the agent joins with
        self._publishers: set[str] = set()  # sids; each gets its agents once
        self._is_closed = False

    def start(self, now: float) -> None:
        """What the room was made with; else agents without a name, which go to every room."""
        for wanted in self._room.settings.agents or (agent_dispatch.RoomAgentDispatch(),):
            self.add(
                agent_dispatch.CreateAgentDispatchRequest(
                    agent_name=wanted.agent_name,
                    metadata=wanted.metadata,
                    restart_policy=wanted.restart_policy,
                    deployment=wanted.deployment,
                    attributes=wanted.attributes,
                ),
                now,
            )

    def add(self, request: agent_dispatch.CreateAgentDispatchRequest, now: float) -> Dispatch:
        context = self._room.context
        dispatch = Dispatch(
            id=new_id(DISPATCH, context.randbytes),
            agent_name=request.agent_name,
            room=self._room.name,
            metadata=request.metadata,
            restart_policy=request.restart_policy,
            deployment=request.deployment,
            attributes=request.attributes,
            state=agent_dispatch.AgentDispatchState(created_at=nanoseconds(context, now)),
        )
        entry = self._entries[dispatch.id] = Entry(dispatch)
        self._launch(entry, agent.JT_ROOM, None, now)
        for participant in self._room.participants.values():
            if participant.is_publisher:
                self._launch(entry, agent.JT_PUBLISHER, participant, now)
            self._launch(entry, agent.JT_PARTICIPANT, participant, now)
        return dispatch

    def find(self, dispatch: str = "") -> list[Dispatch]:
        """All, or the one with this id."""
        return [entry.info() for name, entry in self._entries.items() if dispatch in ("", name)]

    def delete(self, dispatch: str, now: float) -> Dispatch | None:
        """Its agents are sent home; those that stay are removed. None: there is no such one."""
        entry = self._entries.pop(dispatch, None)
        if entry is None:
            return None
        entry.dispatch.state.deleted_at = nanoseconds(self._room.context, now)
        entry.stop()
        for job in entry.jobs:
            self._workers.terminate(job.id, agent.JS_SUCCESS, "", now)
            if job.state.participant_identity:
                self._remove_later(job.state.participant_identity, now)
        return entry.info()

    def joined(self, participant: "Participant", now: float) -> None:
        for entry in self._entries.values():
            self._launch(entry, agent.JT_PARTICIPANT, participant, now)

    def published(self, participant: "Participant", now: float) -> None:
        """Once for each who publishes."""
        if participant.sid in self._publishers:
            return
        self._publishers.add(participant.sid)
        for entry in self._entries.values():
            self._launch(entry, agent.JT_PUBLISHER, participant, now)

    def left(self, participant: "Participant", now: float) -> None:
        self._publishers.discard(participant.sid)
        job = self._jobs.pop(participant.identity, None)
        if job is not None:
            self._workers.terminate(job.id, agent.JS_FAILED, LEFT, now)

    def close(self, now: float) -> None:
        """The room ends, and with it everybody's work."""
        self._is_closed = True
        for entry in self._entries.values():
            entry.stop()
            for job in entry.jobs:
                self._workers.terminate(job.id, agent.JS_SUCCESS, "", now)

    def _launch(
        self, entry: Entry, kind: agent.JobType, participant: "Participant | None", now: float
    ) -> None:
        if participant is not None and not participant.is_counted:
            return  # agents need no agents
        is_for_all = not entry.dispatch.agent_name
        if is_for_all and not self._workers.are_used:
            return  # every room has such a wish: it costs nothing where nobody has agents
        room, dispatch = self._room, entry.dispatch
        job = agent.Job(
            dispatch_id=dispatch.id,
            room=room.info(),
            participant=None if participant is None else participant.info(),
            metadata=dispatch.metadata,
            agent_name=dispatch.agent_name,
            deployment=dispatch.deployment,
            attributes=dispatch.attributes,
            enable_recording=room.context.config.agents_record,
        )

        def taken(job: agent.Job, now: float) -> None:
            self._take(entry, job, now)

        launch = self._workers.launch(kind, job, taken, now)
        entry.launches = [each for each in entry.launches if each.until > now]
        entry.launches.append(launch)

    def _take(self, entry: Entry, job: agent.Job, now: float) -> None:
        if self._is_closed or entry.dispatch.id not in self._entries:
            self._workers.terminate(job.id, agent.JS_SUCCESS, "", now)
            return
        entry.keep(job)
        if job.state.participant_identity:
            self._jobs[job.state.participant_identity] = job

    def _remove_later(self, identity: str, now: float) -> None:
        room = self._room

        def remove(now: float) -> None:
            participant = room.identities.get(identity)
            if participant is not None and not participant.is_counted:
                reason = models.DisconnectReason.PARTICIPANT_REMOVED
                participant.end_session(reason, Action.DISCONNECT)
                participant.end(reason, now)

        room.context.timers.at(now + LEAVING, remove)
