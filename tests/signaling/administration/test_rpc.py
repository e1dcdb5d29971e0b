"""Methods of participants, called by the server API."""

import pytest
from livekit.protocol import models, room

from sfu.commands import SendData
from sfu.events import CallAnswered
from signaling.administration import Failure
from tests.signaling.administration.asking import Answer, begin, refused
from tests.signaling.stage import Client, Stage


def call(**fields: object) -> room.PerformRpcRequest:
    given = {"room": "ward", "destination_identity": "ann", "method": "greet", "payload": "hi"}
    return room.PerformRpcRequest(**given | fields)  # type: ignore[arg-type]


def started(**fields: object) -> tuple[Stage, Client, SendData, list[Answer]]:
    stage = Stage()
    ann = stage.join("ann")
    ann.connect()
    answers = begin(stage, "PerformRpc", call(**fields))
    assert answers == []
    return stage, ann, stage.sent(SendData)[-1], answers


def answer(ann: Client, sent: SendData, **fields: object) -> None:
    response = models.RpcResponse(request_id=sent.call, **fields)  # type: ignore[arg-type]
    ann.stage.tell(CallAnswered(ann.sid, sent.call, response.SerializeToString()))


def failed(answers: list[Answer]) -> tuple[str, str]:
    (failure,) = answers
    assert isinstance(failure, Failure)
    return failure.code.value, failure.text


def test_the_participant_alone_is_asked() -> None:
    _, ann, sent, _ = started(response_timeout_ms=5000)

    assert (sent.peers, sent.reliable) == ([ann.sid], True)
    packet = models.DataPacket.FromString(sent.payload)
    asked = packet.rpc_request
    assert packet.participant_identity == asked.id == sent.call
    assert (asked.method, asked.payload, asked.version) == ("greet", "hi", 1)
    assert asked.response_timeout_ms == 5000


def test_its_answer_is_the_answer() -> None:
    _, ann, sent, answers = started()
    answer(ann, sent, payload="hello")
    answer(ann, sent, payload="again")

    assert answers == [room.PerformRpcResponse(payload="hello")]


def test_its_error_is_told() -> None:
    _, ann, sent, answers = started()
    answer(ann, sent, error=models.RpcError(code=1400, message="Method not supported", data="x"))

    assert failed(answers) == ("invalid_argument", "RpcError 1400: Method not supported: x")


def test_an_error_of_its_own_making() -> None:
    _, ann, sent, answers = started()
    answer(ann, sent, error=models.RpcError(code=7, message="no"))

    assert failed(answers) == ("internal", "RpcError 7: no")


def test_one_whose_sdk_says_nothing() -> None:
    stage, _, _, answers = started()
    stage.wait(1.9)
    assert not answers
    stage.wait(0.2)

    assert failed(answers) == ("canceled", "RpcError 1501: Connection timeout")


def test_one_who_thinks_too_long() -> None:
    stage, ann, sent, answers = started(response_timeout_ms=5000)
    stage.tell(CallAnswered(ann.sid, sent.call))
    stage.wait(4.9)
    assert not answers
    stage.wait(0.2)

    assert failed(answers) == ("canceled", "RpcError 1502: Response timeout")


def test_one_who_leaves_meanwhile() -> None:
    _, ann, _, answers = started()
    ann.say(leave={})

    assert failed(answers) == ("unavailable", "RpcError 1503: Recipient disconnected")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            call(destination_identity=""),
            ("invalid_argument", "destination identity is required"),
        ),
        (call(destination_identity="dan"), ("not_found", "participant does not exist")),
        (call(room="other"), ("not_found", "participant does not exist")),
        (
            call(payload="x" * 15361),
            ("malformed", "RpcError 1402: Request payload too large"),
        ),
    ],
    ids=["nobody named", "nobody there", "no room", "too large"],
)
def test_what_is_refused(request_: room.PerformRpcRequest, expected: tuple[str, str]) -> None:
    stage = Stage()
    stage.join("ann")

    assert refused(stage, "PerformRpc", request_) == expected
