"""All agent workers that are connected, and which of them gets a job (LiveKit)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from livekit.protocol import agent

from signaling.agents.worker import Trade, Worker, nanoseconds
from signaling.ids import JOB, new_id

if TYPE_CHECKING:
    from signaling.context import Context

PATIENCE = 30.0  # seconds that a job waits for a worker: one that connects again is soon back
MAX_WAITING = 1000

Taken = Callable[[agent.Job, float], None]


@dataclass(slots=True, eq=False)
class Launch:
    """One dispatch's wish, until a worker has taken it."""

    trade: Trade  # its namespace does not count: each gets a job
    job: agent.Job  # a pattern, without an id
    taken: Taken
    until: float
    served: set[str] = field(default_factory=set)  # namespaces
    tried: set[str] = field(default_factory=set)  # ids of workers: none is asked twice
    is_over: bool = False


class Workers:
    def __init__(self, context: "Context") -> None:
        self._context = context
        self._workers: dict[Worker, None] = {}  # the longest here first
        self._jobs: dict[
            str, agent.Job
        ] = {}  # that run, by id; whether or not their worker is here
        self._waiting: list[Launch] = []
        self.are_used = False  # by anybody, since the start

    def add(self, worker: Worker, now: float) -> None:
        self.are_used = True
        self._workers[worker] = None
        self.serve_waiting(now)

    def remove(self, worker: Worker) -> None:
        self._workers.pop(worker, None)

    def finish(self) -> None:
        """The server ends: workers look for another."""
        for worker in list(self._workers):
            worker.finish()

    def launch(self, kind: agent.JobType, job: agent.Job, taken: Taken, now: float) -> Launch:
        """Find workers for a job, now or within the next seconds. `taken` gets each that runs."""
        job.type = kind
        trade = Trade(kind, job.agent_name, deployment=job.deployment)
        launch = Launch(trade, job, taken, now + PATIENCE)
        self._serve(launch, now)
        self._waiting = [w for w in self._waiting if w.until > now and not w.is_over]
        if not launch.served and len(self._waiting) < MAX_WAITING:
            self._waiting.append(launch)
        return launch

    def serve_waiting(self, now: float) -> None:
        """Somebody has come, or has time again."""
        waiting, self._waiting = self._waiting, []
        for launch in waiting:
            if launch.until > now and not launch.is_over:
                self._serve(launch, now)
                if not launch.served:
                    self._waiting.append(launch)

    def terminate(self, job: str, status: agent.JobStatus, error: str, now: float) -> None:
        """Tell its worker, and take it for ended."""
        running = self._jobs.get(job)
        if running is None:
            return
        worker = next((w for w in self._workers if job in w.state.running), None)
        if worker is not None:
            worker.terminate(job)
        self._end(running, status, error, now)

    def update_job(self, worker: Worker, update: agent.UpdateJobStatus, now: float) -> None:
        """Of a job that the worker has, or had on an earlier connection."""
        job = self._jobs.get(update.job_id)
        if job is None or worker.trade is None or job.agent_name != worker.trade.name:
            return
        job.state.worker_id = worker.id
        if update.status in (agent.JS_SUCCESS, agent.JS_FAILED):
            worker.state.running.discard(job.id)
            self._end(job, update.status, update.error, now)
        else:
            worker.state.running.add(job.id)
            job.state.status = update.status
            job.state.error = update.error
            job.state.updated_at = nanoseconds(self._context, now)

    def _end(self, job: agent.Job, status: agent.JobStatus, error: str, now: float) -> None:
        stamp = nanoseconds(self._context, now)
        job.state.status = status
        job.state.error = error
        job.state.updated_at = job.state.ended_at = stamp
        del self._jobs[job.id]

    def _serve(self, launch: Launch, now: float) -> None:
        """One job for each namespace in which somebody has time."""
        trades = {w.trade for w in self._workers if w.trade is not None}
        for trade in sorted(trades, key=lambda t: t.namespace):
            fits = replace(trade, namespace="") == launch.trade
            if fits and trade.namespace not in launch.served:
                self._try_next(launch, trade, now)

    def _try_next(self, launch: Launch, trade: Trade, now: float) -> None:
        worker = self._choose(trade, launch.tried)
        if worker is None:
            return
        launch.served.add(trade.namespace)
        launch.tried.add(worker.id)
        job = agent.Job()
        job.CopyFrom(launch.job)
        job.id = new_id(JOB, self._context.randbytes)
        job.namespace = trade.namespace

        def answered(given: agent.Job | None, now: float) -> None:
            if given is None:
                self._decline(launch, trade, now)
                return
            if given.state.status == agent.JS_RUNNING:
                self._jobs[given.id] = given
            launch.taken(given, now)

        worker.ask(job, answered, now)

    def _decline(self, launch: Launch, trade: Trade, now: float) -> None:
        """The next one, or whoever comes in time."""
        launch.served.discard(trade.namespace)
        if launch.is_over:
            return
        self._try_next(launch, trade, now)
        if not launch.served and launch not in self._waiting:
            self._waiting.append(launch)

    def _choose(self, trade: Trade, tried: set[str]) -> Worker | None:
        """At random, those with less load more often (LiveKit)."""
        weights = {
            worker: 1.0 - worker.state.load
            for worker in self._workers
            if worker.trade == trade and worker.id not in tried and not worker.state.is_full
        }
        total = sum(weights.values())
        if total <= 0.0:
            return None
        point = int.from_bytes(self._context.randbytes(4), "big") / 2**32 * total
        for worker, weight in weights.items():
            point -= weight
            if point <= 0.0:
                return worker
        return next(reversed(weights))
