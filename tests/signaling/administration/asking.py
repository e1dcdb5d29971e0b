"""Ask a conference with pretended media as the server API does."""

from typing import Any

from google.protobuf.message import Message

from signaling.administration import Failure, administer
from tests.signaling.stage import Stage

Answer = Message | Failure


def begin(stage: Stage, method: str, request: Message) -> list[Answer]:
    """The list gets the answer when there is one."""
    answers: list[Answer] = []
    administer(stage.conference, f"RoomService/{method}", request, answers.append, stage.now)
    stage.drain()
    return answers


def ask(stage: Stage, method: str, request: Message) -> Any:
    (answer,) = begin(stage, method, request)
    if isinstance(answer, Failure):
        raise answer
    return answer


def refused(stage: Stage, method: str, request: Message) -> tuple[str, str]:
    (answer,) = begin(stage, method, request)
    assert isinstance(answer, Failure), answer
    return answer.code.value, answer.text
