"""Data that the server API sends."""

from livekit.protocol import models, room

from sfu.commands import SendData
from tests.signaling.administration.asking import ask
from tests.signaling.stage import Stage

NONCE = bytes(range(16))


def send(stage: Stage, **fields: object) -> SendData | None:
    """The command that came of it."""
    before = len(stage.sent(SendData))
    ask(stage, "SendData", room.SendDataRequest(room="ward", data=b"hello", **fields))  # type: ignore[arg-type]
    sent: list[SendData] = stage.sent(SendData)[before:]
    return sent[0] if sent else None


def three() -> tuple[Stage, dict[str, str]]:
    stage = Stage()
    return stage, {name: stage.join(name).sid for name in ("ann", "ben", "cat")}


def test_everybody_gets_it() -> None:
    stage, sids = three()
    sent = send(stage, topic="chat", kind=models.DataPacket.LOSSY)

    assert sent is not None
    assert sent.peers == list(sids.values())
    assert not sent.reliable
    packet = models.DataPacket.FromString(sent.payload)
    assert (packet.user.payload, packet.user.topic) == (b"hello", "chat")
    assert packet.participant_identity == ""


def test_those_who_are_named_get_it() -> None:
    stage, sids = three()
    sent = send(stage, destination_identities=["ben"], destination_sids=[sids["cat"]])

    assert sent is not None
    assert sent.peers == [sids["ben"], sids["cat"]]
    assert sent.reliable


def test_nobody_gets_what_is_for_one_who_is_not_there() -> None:
    stage, _ = three()

    assert send(stage, destination_identities=["dan"]) is None


def test_a_repetition_goes_to_nobody() -> None:
    stage, _ = three()

    assert send(stage, nonce=NONCE) is not None
    assert send(stage, nonce=NONCE) is None
    for number in range(100):
        send(stage, nonce=bytes([number]) * 16)
    assert send(stage, nonce=NONCE) is not None  # only the latest hundred are remembered
