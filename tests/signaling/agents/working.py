"""An agent worker that talks to a conference with pretended media."""

from typing import Any

from google.protobuf.message import Message
from livekit.protocol import agent

from signaling.administration import Failure, administer
from tests.signaling.stage import Stage


class Employee:
    """`takes` says whether it takes jobs; None: it does not answer."""

    def __init__(
        self,
        stage: Stage,
        name: str = "",
        kind: agent.JobType = agent.JT_ROOM,
        *,
        takes: bool | None = True,
        **rest: Any,
    ) -> None:
        self.stage = stage
        self.worker = stage.conference.employ(stage.now)
        self.takes = takes
        self.heard: list[agent.ServerMessage] = []
        self.say(register=agent.RegisterWorkerRequest(type=kind, agent_name=name, **rest))

    def say(self, **message: Any) -> None:
        self.worker.receive_message(agent.WorkerMessage(**message), self.stage.now)
        self.work()

    def work(self) -> None:
        """Answer what was asked."""
        self.stage.drain()
        for message in self.worker.take_messages():
            self.heard.append(message)
            if message.WhichOneof("message") == "availability" and self.takes is not None:
                job = message.availability.job.id
                self.say(
                    availability=agent.AvailabilityResponse(
                        job_id=job,
                        available=self.takes,
                        participant_identity=f"agent-{job}",
                        participant_name="Scribe",
                        participant_attributes={"a": "1"},
                    )
                )

    def told(self, kind: str) -> list[Any]:
        self.work()
        return [getattr(m, kind) for m in self.heard if m.WhichOneof("message") == kind]

    @property
    def jobs(self) -> list[agent.Job]:
        return [assignment.job for assignment in self.told("assignment")]

    def leave(self) -> None:
        self.worker.lose(self.stage.now)


def ask(stage: Stage, method: str, request: Message) -> Any:
    answers: list[Any] = []
    administer(
        stage.conference, f"AgentDispatchService/{method}", request, answers.append, stage.now
    )
    stage.drain()
    (answer,) = answers
    if isinstance(answer, Failure):
        raise answer
    return answer
