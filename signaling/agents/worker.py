"""One agent worker's connection as a core: it registers, is asked about jobs, and reports on them.

A worker that connects again is a new one; jobs that it goes on with are found by their ids.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from livekit.protocol import agent, models

from signaling import messages, protojson
from signaling.agents import token
from signaling.ids import JOB, WORKER, new_id
from signaling.messages import FrameError
from signaling.protojson import JsonError
from signaling.timers import Timer, cancel

if TYPE_CHECKING:
    from signaling.agents.workers import Workers
    from signaling.context import Context

REGISTER = 10.0  # seconds from the connection to the registration (LiveKit)
ANSWER = 10.0  # seconds to say whether a job can be taken (LiveKit)
MAX_GARBAGE = 20  # frames that say nothing, until the connection is closed
MAX_NAME = 256  # characters

RIGHTS = models.ParticipantPermission(
    can_subscribe=True, can_publish=True, can_publish_data=True, can_update_metadata=True
)

Answered = Callable[[agent.Job | None, float], None]  # None: not this worker


@dataclass(frozen=True, slots=True)
class Trade:
    """Which jobs a worker is for: all of it must fit."""

    kind: agent.JobType
    name: str
    namespace: str = ""
    deployment: str = ""


@dataclass(slots=True)
class Offer:
    job: agent.Job
    answered: Answered
    deadline: Timer


@dataclass(slots=True)
class Load:
    load: float = 0.0  # 0..1, the worker's own word
    is_full: bool = False
    running: set[str] = field(default_factory=set)  # ids of jobs


class Worker:
    """After anything that changes it, take the messages, then look at `is_over`."""

    def __init__(self, context: "Context", workers: "Workers", now: float) -> None:
        self.id = new_id(WORKER, context.randbytes)
        self.trade: Trade | None = None  # before it has registered
        self.state = Load()
        self.is_over = False  # send what is left, then close
        self._context = context
        self._workers = workers
        self._rights = RIGHTS
        self._messages: list[agent.ServerMessage] = []
        self._offers: dict[str, Offer] = {}  # by job id
        self._garbage = 0
        self._unregistered: Timer | None = context.timers.at(
            now + REGISTER, lambda _: self.finish()
        )

    # --- its connection

    def receive_message(self, message: agent.WorkerMessage, now: float) -> None:
        kind = message.WhichOneof("message")
        if self.is_over:
            return
        if kind == "ping":
            pong = agent.WorkerPong(
                last_timestamp=message.ping.timestamp, timestamp=self._context.milliseconds(now)
            )
            self._send(agent.ServerMessage(pong=pong))
        elif self.trade is None:
            self._register(message, now)
        elif kind in HANDLERS:
            HANDLERS[kind](self, getattr(message, kind), now)

    def receive_garbage(self, now: float) -> None:
        self._garbage += 1
        if self._garbage >= MAX_GARBAGE:
            self.finish()

    def fail(self, now: float) -> None:
        """What it said broke something of ours."""
        self.finish()

    def take_messages(self) -> list[agent.ServerMessage]:
        taken, self._messages = self._messages, []
        return taken

    def lose(self, now: float) -> None:
        """The connection is gone; its jobs may go on without it."""
        self.is_over = True
        self._messages.clear()
        cancel(self._unregistered)
        self._workers.remove(self)
        for job in list(self._offers):
            self._answer(job, None, now)

    def finish(self) -> None:
        self.is_over = True
        self._context.ready[self] = None

    # --- jobs

    def ask(self, job: agent.Job, answered: Answered, now: float) -> None:
        """Whether it takes the job; `answered` is called later, once."""
        asked = agent.Job()
        asked.CopyFrom(job)
        stamp = nanoseconds(self._context, now)
        asked.state.CopyFrom(
            agent.JobState(
                status=agent.JS_RUNNING, started_at=stamp, updated_at=stamp, worker_id=self.id
            )
        )
        deadline = self._context.timers.at(
            now + ANSWER, lambda at: self._answer(asked.id, None, at)
        )
        self._offers[asked.id] = Offer(asked, answered, deadline)
        self._send(agent.ServerMessage(availability=agent.AvailabilityRequest(job=asked)))

    def terminate(self, job: str) -> None:
        self.state.running.discard(job)
        self._send(agent.ServerMessage(termination=agent.JobTermination(job_id=job)))

    # --- what it says

    def _register(self, message: agent.WorkerMessage, now: float) -> None:
        request = message.register
        if message.WhichOneof("message") != "register" or not is_plausible(request):
            self.finish()
            return
        cancel(self._unregistered)
        if request.HasField("allowed_permissions"):
            self._rights = request.allowed_permissions
        self.trade = Trade(request.type, request.agent_name, request.namespace, request.deployment)
        info = messages.server_info(self._context.config, "")
        answer = agent.RegisterWorkerResponse(worker_id=self.id, server_info=info)
        self._send(agent.ServerMessage(register=answer))
        self._workers.add(self, now)

    def _receive_availability(self, response: agent.AvailabilityResponse, now: float) -> None:
        offer = self._offers.get(response.job_id)
        if offer is None:
            return
        if response.terminate:  # there is nothing to do: done already
            offer.job.state.status = agent.JS_SUCCESS
            offer.job.state.ended_at = nanoseconds(self._context, now)
            self._answer(response.job_id, offer.job, now)
        elif not response.available:
            self._answer(response.job_id, None, now)
        else:
            offer.job.state.participant_identity = response.participant_identity
            self._assign(offer.job, response, now)
            self._answer(response.job_id, offer.job, now)

    def _assign(self, job: agent.Job, response: agent.AvailabilityResponse, now: float) -> None:
        assert self.trade is not None
        self.state.running.add(job.id)
        pass_ = token.for_agent(
            self._context, job.room.name, response, self._rights, self.trade.name, now
        )
        self._send(agent.ServerMessage(assignment=agent.JobAssignment(job=job, token=pass_)))

    def _receive_job(self, update: agent.UpdateJobStatus, now: float) -> None:
        self._workers.update_job(self, update, now)

    def _receive_status(self, update: agent.UpdateWorkerStatus, now: float) -> None:
        if update.HasField("status"):
            self.state.is_full = update.status == agent.WS_FULL
        self.state.load = max(0.0, min(update.load, 1.0))
        self._workers.serve_waiting(now)

    def _simulate(self, request: agent.SimulateJobRequest, now: float) -> None:
        """A job that nobody has asked for, to try oneself out with (LiveKit)."""
        assert self.trade is not None
        job = agent.Job(
            id=new_id(JOB, self._context.randbytes),
            type=agent.JT_PUBLISHER if request.HasField("participant") else agent.JT_ROOM,
            room=request.room,
            participant=request.participant if request.HasField("participant") else None,
            namespace=self.trade.namespace,
            agent_name=self.trade.name,
        )
        if len(self._offers) < MAX_GARBAGE:
            self.ask(job, lambda *_: None, now)

    def _answer(self, job: str, given: agent.Job | None, now: float) -> None:
        offer = self._offers.pop(job, None)
        if offer is not None:
            cancel(offer.deadline)
            offer.answered(given, now)

    def _send(self, message: agent.ServerMessage) -> None:
        if not self.is_over:
            self._messages.append(message)
            self._context.ready[self] = None


HANDLERS: dict[str, Callable[[Worker, Any, float], None]] = {
    "availability": Worker._receive_availability,
    "update_job": Worker._receive_job,
    "update_worker": Worker._receive_status,
    "simulate_job": Worker._simulate,
}  # migrate_job does nothing in LiveKit either


def is_plausible(request: agent.RegisterWorkerRequest) -> bool:
    names = (request.agent_name, request.namespace, request.deployment)
    return (
        request.type in agent.JobType.values()
        and all(len(name) <= MAX_NAME for name in names)
        and is_deployment(request.deployment)
    )


def is_deployment(name: str) -> bool:
    return not any(c == "_" or c <= " " or c == "\x7f" for c in name)


def nanoseconds(context: "Context", now: float) -> int:
    return int(context.unix(now) * 1e9)


def decode_frame(data: bytes | str) -> agent.WorkerMessage:
    """Raises FrameError."""
    try:
        if isinstance(data, str):
            return protojson.parse(data, agent.WorkerMessage())
        return agent.WorkerMessage.FromString(data)
    except (DecodeError, JsonError, ValueError) as error:
        raise FrameError(f"{type(error).__name__} in a frame of {len(data)}") from None
