"""Who gets which job, and what becomes of it."""

from collections import Counter

import pytest
from livekit.protocol import agent, models
from livekit.protocol.agent_dispatch import (
    AgentDispatch,
    CreateAgentDispatchRequest,
    DeleteAgentDispatchRequest,
    ListAgentDispatchRequest,
    RoomAgentDispatch,
)
from livekit.protocol.room import CreateRoomRequest

from signaling.administration import Failure
from signaling.config import RoomDefaults, SignalingConfig
from tests.signaling.agents.working import Employee, ask
from tests.signaling.stage import Client, Stage


def send_for(stage: Stage, name: str = "scribe", **fields: object) -> AgentDispatch:
    request = CreateAgentDispatchRequest(room="ward", agent_name=name, **fields)  # type: ignore[arg-type]
    answer: AgentDispatch = ask(stage, "CreateDispatch", request)
    return answer


def listed(stage: Stage, dispatch: str = "") -> list[AgentDispatch]:
    answer = ask(stage, "ListDispatch", ListAgentDispatchRequest(room="ward", dispatch_id=dispatch))
    return list(answer.agent_dispatches)


def come(stage: Stage, job: agent.Job) -> Client:
    """The agent joins with the identity that it has announced."""
    return stage.join(f"agent-{job.id}", claims={"kind": "agent"}, agent=True)


def test_agents_without_a_name_go_to_every_room() -> None:
    stage = Stage()
    worker = Employee(stage)
    ann = stage.join("ann")

    (job,) = worker.jobs
    assert (job.type, job.room.sid) == (agent.JT_ROOM, ann.last("join").room.sid)
    (dispatch,) = listed(stage)
    assert (dispatch.agent_name, job.dispatch_id) == ("", dispatch.id)
    assert [(j.id, j.state.status) for j in dispatch.state.jobs] == [(job.id, agent.JS_RUNNING)]
    assert dispatch.state.jobs[0].state.worker_id == worker.worker.id


def test_named_agents_go_where_they_are_sent_for() -> None:
    stage = Stage()
    scribe, other = Employee(stage, "scribe"), Employee(stage, "other")
    stage.join("ann")
    assert scribe.jobs == []

    dispatch = send_for(stage, metadata="m", attributes={"a": "1"})
    (job,) = scribe.jobs
    assert (job.dispatch_id, job.metadata, dict(job.attributes)) == (dispatch.id, "m", {"a": "1"})
    assert other.jobs == []


def test_a_room_can_be_made_with_its_agents() -> None:
    stage = Stage()
    scribe, nameless = Employee(stage, "scribe"), Employee(stage)
    wanted = [RoomAgentDispatch(agent_name="scribe", metadata="m")]
    stage.conference.create(CreateRoomRequest(name="ward", agents=wanted), stage.now)

    assert [job.metadata for job in scribe.jobs] == ["m"]
    assert nameless.jobs == []


def test_a_token_can_bring_agents() -> None:
    stage = Stage()
    scribe = Employee(stage, "scribe")
    config = {"agents": [{"agentName": "scribe", "metadata": "m"}]}
    stage.join("ann", claims={"room_config": config})

    assert [job.metadata for job in scribe.jobs] == ["m"]


def test_one_job_for_each_participant() -> None:
    stage = Stage()
    stage.join("ann")
    worker = Employee(stage, "scribe", agent.JT_PARTICIPANT)
    send_for(stage)
    stage.join("ben")
    stage.join("recorder", recorder=True)

    assert [job.participant.identity for job in worker.jobs] == ["ann", "ben"]


def test_one_job_for_each_publisher() -> None:
    stage = Stage()
    ann, ben = stage.join("ann"), stage.join("ben")
    ann.publish("c1")
    worker = Employee(stage, "scribe", agent.JT_PUBLISHER)
    send_for(stage)
    assert [job.participant.identity for job in worker.jobs] == ["ann"]
    ben.publish("c2")
    ben.publish("c3")
    assert [job.participant.identity for job in worker.jobs] == ["ann", "ben"]


def test_agents_get_no_agents() -> None:
    stage = Stage()
    worker = Employee(stage, kind=agent.JT_PARTICIPANT)
    stage.join("ann")
    (job,) = worker.jobs
    come(stage, job)

    assert len(worker.jobs) == 1


def test_each_namespace_gets_a_job() -> None:
    stage = Stage()
    first, second = Employee(stage, namespace="a"), Employee(stage, namespace="b")
    stage.join("ann")

    assert [job.namespace for job in first.jobs + second.jobs] == ["a", "b"]


def test_only_the_deployment_that_is_meant() -> None:
    stage = Stage()
    live, trial = Employee(stage, "scribe"), Employee(stage, "scribe", deployment="trial")
    send_for(stage, deployment="trial")

    assert (len(live.jobs), len(trial.jobs)) == (0, 1)


@pytest.mark.parametrize("takes", [False, None])
def test_who_does_not_take_it_is_passed_over(takes: bool | None) -> None:
    stage = Stage()
    lazy = Employee(stage, "scribe", takes=takes)
    send_for(stage)
    lazy.work()
    willing = Employee(stage, "scribe")
    stage.wait(10)

    assert len(willing.jobs) == 1
    assert len(lazy.told("availability")) == 1


def test_who_is_lost_meanwhile_is_passed_over() -> None:
    stage = Stage()
    lost = Employee(stage, "scribe", takes=None)
    send_for(stage)
    willing = Employee(stage, "scribe")
    assert willing.jobs == []
    lost.leave()

    assert len(willing.jobs) == 1


def test_the_less_loaded_get_more() -> None:
    stage = Stage()
    light, heavy, full = (Employee(stage, "scribe") for _ in range(3))
    light.say(update_worker=agent.UpdateWorkerStatus(load=0.2))
    heavy.say(update_worker=agent.UpdateWorkerStatus(load=0.9))
    full.say(update_worker=agent.UpdateWorkerStatus(status=agent.WS_FULL))
    for _ in range(200):
        send_for(stage)
        for worker in (light, heavy, full):
            worker.work()
    counts = Counter({"light": len(light.jobs), "heavy": len(heavy.jobs), "full": len(full.jobs)})

    assert counts["full"] == 0
    assert counts["light"] + counts["heavy"] == 200
    assert 5 < counts["heavy"] < 50


def test_a_worker_that_comes_a_little_late_is_given_the_job() -> None:
    stage = Stage()
    send_for(stage)
    stage.wait(29)
    assert len(Employee(stage, "scribe").jobs) == 1

    send_for(stage)
    late = Stage()
    send_for(late)
    late.wait(31)
    assert Employee(late, "scribe").jobs == []


def test_a_worker_that_has_time_again_is_given_the_job() -> None:
    stage = Stage()
    worker = Employee(stage, "scribe")
    worker.say(update_worker=agent.UpdateWorkerStatus(status=agent.WS_FULL))
    send_for(stage)
    assert worker.jobs == []
    worker.say(update_worker=agent.UpdateWorkerStatus(status=agent.WS_AVAILABLE))

    assert len(worker.jobs) == 1


def test_a_job_that_has_ended_says_how() -> None:
    stage = Stage()
    worker = Employee(stage, "scribe")
    dispatch = send_for(stage)
    (job,) = worker.jobs
    worker.say(update_job=agent.UpdateJobStatus(job_id=job.id, status=agent.JS_FAILED, error="e"))

    (state,) = [each.state for each in listed(stage, dispatch.id)[0].state.jobs]
    assert (state.status, state.error, bool(state.ended_at)) == (agent.JS_FAILED, "e", True)


def test_a_worker_that_connects_again_goes_on_with_its_jobs() -> None:
    stage = Stage()
    worker = Employee(stage, "scribe")
    dispatch = send_for(stage)
    (job,) = worker.jobs
    worker.leave()
    back = Employee(stage, "scribe")
    back.say(update_job=agent.UpdateJobStatus(job_id=job.id, status=agent.JS_RUNNING))

    (state,) = [each.state for each in listed(stage)[1].state.jobs]
    assert (state.status, state.worker_id) == (agent.JS_RUNNING, back.worker.id)
    ask(stage, "DeleteDispatch", DeleteAgentDispatchRequest(room="ward", dispatch_id=dispatch.id))
    assert [told.job_id for told in back.told("termination")] == [job.id]


def test_a_stranger_cannot_report_on_a_job() -> None:
    stage = Stage()
    worker, stranger = Employee(stage, "scribe"), Employee(stage, "other")
    send_for(stage)
    (job,) = worker.jobs
    stranger.say(update_job=agent.UpdateJobStatus(job_id=job.id, status=agent.JS_SUCCESS))

    assert listed(stage)[1].state.jobs[0].state.status == agent.JS_RUNNING


def test_a_deleted_dispatch_sends_its_agent_home() -> None:
    stage = Stage()
    worker = Employee(stage, "scribe")
    dispatch = send_for(stage)
    (job,) = worker.jobs
    visitor = come(stage, job)
    answer = ask(
        stage, "DeleteDispatch", DeleteAgentDispatchRequest(room="ward", dispatch_id=dispatch.id)
    )

    assert answer.id == dispatch.id
    assert answer.state.jobs[0].state.status == agent.JS_SUCCESS
    assert [told.job_id for told in worker.told("termination")] == [job.id]
    assert [each.id for each in listed(stage, dispatch.id)] == []
    stage.wait(2.9)
    assert not visitor.heard("leave")
    stage.wait(0.2)
    assert visitor.last("leave").reason == models.DisconnectReason.PARTICIPANT_REMOVED


def test_an_agent_that_leaves_has_failed_its_job() -> None:
    stage = Stage()
    worker = Employee(stage, "scribe")
    stage.join("ann")
    send_for(stage)
    (job,) = worker.jobs
    come(stage, job).say(leave={})

    assert [told.job_id for told in worker.told("termination")] == [job.id]
    state = listed(stage)[1].state.jobs[0].state
    assert (state.status, state.error) == (agent.JS_FAILED, "agent worker left the room")


def test_the_end_of_the_room_is_the_end_of_its_jobs() -> None:
    stage = Stage()
    worker = Employee(stage, "scribe")
    send_for(stage)
    (job,) = worker.jobs
    stage.conference.rooms["ward"].close(stage.now)

    assert [told.job_id for told in worker.told("termination")] == [job.id]


def test_an_answer_after_the_end_of_the_room_is_too_late() -> None:
    stage = Stage()
    worker = Employee(stage, "scribe", takes=None)
    send_for(stage)
    stage.conference.rooms["ward"].close(stage.now)
    (asked,) = worker.told("availability")
    worker.say(availability=agent.AvailabilityResponse(job_id=asked.job.id, available=True))

    assert [told.job_id for told in worker.told("termination")] == [asked.job.id]


def test_what_is_not_there() -> None:
    stage = Stage()
    unknown = DeleteAgentDispatchRequest(room="ward", dispatch_id="AD_x")
    with pytest.raises(Failure, match="requested room does not exist"):
        ask(stage, "DeleteDispatch", unknown)
    with pytest.raises(Failure, match="requested room does not exist"):
        ask(stage, "ListDispatch", ListAgentDispatchRequest(room="ward"))
    send_for(stage)
    with pytest.raises(Failure, match="dispatch ID not found"):
        ask(stage, "DeleteDispatch", unknown)


def test_without_auto_create_nobody_is_sent_to_a_room_that_is_not_there() -> None:
    stage = Stage(SignalingConfig(room=RoomDefaults(auto_create=False)))
    with pytest.raises(Failure, match="requested room does not exist"):
        send_for(stage)


def test_no_agent_goes_into_the_quiet_room() -> None:
    stage = Stage(SignalingConfig(quiet_room="quiet"))
    worker = Employee(stage)
    stage.join("ann", room="quiet")

    assert worker.jobs == []
