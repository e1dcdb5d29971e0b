"""A worker's own conversation: registration, questions, load."""

import jwt
from livekit.protocol import agent, models
from livekit.protocol.agent_dispatch import CreateAgentDispatchRequest

from tests.signaling.agents.working import Employee, ask
from tests.signaling.stage import EPOCH, Stage


def test_a_registration_is_confirmed() -> None:
    worker = Employee(Stage())
    (answer,) = worker.told("register")

    assert answer.worker_id == worker.worker.id
    assert answer.worker_id.startswith("AW_")
    assert (answer.server_info.version, answer.server_info.agent_protocol) == ("1.13.5", 1)


def test_who_does_not_register_is_put_out() -> None:
    stage = Stage()
    worker = stage.conference.employ(stage.now)
    stage.wait(9.9)
    assert not worker.is_over
    stage.wait(0.2)
    assert worker.is_over


def test_who_says_something_else_first_is_put_out() -> None:
    stage = Stage()
    worker = stage.conference.employ(stage.now)
    worker.receive_message(agent.WorkerMessage(update_worker={}), stage.now)

    assert worker.is_over


def test_a_deployment_that_cannot_be() -> None:
    assert Employee(Stage(), deployment="a_b").worker.is_over
    assert Employee(Stage(), namespace="x" * 300).worker.is_over


def test_pings_are_answered_even_before() -> None:
    stage = Stage()
    worker = stage.conference.employ(stage.now)
    worker.receive_message(agent.WorkerMessage(ping=agent.WorkerPing(timestamp=7)), stage.now)
    (message,) = worker.take_messages()

    assert message.pong.last_timestamp == 7
    assert message.pong.timestamp == int((EPOCH + stage.now) * 1000)


def test_garbage_has_an_end() -> None:
    worker = Employee(Stage())
    for _ in range(19):
        worker.worker.receive_garbage(0.0)
    assert not worker.worker.is_over
    worker.worker.receive_garbage(0.0)
    assert worker.worker.is_over


def test_the_pass_lets_the_agent_into_its_room() -> None:
    stage = Stage()
    rights = models.ParticipantPermission(can_subscribe=True, hidden=True)
    worker = Employee(stage, "scribe", allowed_permissions=rights)
    ask(stage, "CreateDispatch", CreateAgentDispatchRequest(room="ward", agent_name="scribe"))
    (assignment,) = worker.told("assignment")
    claims = jwt.decode(assignment.token, options={"verify_signature": False})

    assert claims["sub"] == f"agent-{assignment.job.id}"
    assert (claims["name"], claims["kind"]) == ("Scribe", "agent")
    assert claims["attributes"] == {"a": "1", "lk.agent_name": "scribe"}
    assert claims["exp"] == EPOCH + stage.now + 3600
    assert claims["video"] == {
        "roomJoin": True,
        "room": "ward",
        "agent": True,
        "hidden": True,
        "canSubscribe": True,
        "canPublish": False,
        "canPublishData": False,
    }


def test_a_job_to_try_oneself_out_with() -> None:
    worker = Employee(Stage(), "scribe")
    worker.say(simulate_job=agent.SimulateJobRequest(room=models.Room(name="ward")))

    (job,) = worker.jobs
    assert (job.room.name, job.agent_name, job.type) == ("ward", "scribe", agent.JT_ROOM)
