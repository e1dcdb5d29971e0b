"""The media plane tells what has arrived of a client's reliable packets."""

from random import Random

from livekit.protocol.models import DataPacket, UserPacket

from sfu.commands import AddPeer, TellSequence
from sfu.config import PlaneConfig
from sfu.data import RELIABLE
from sfu.events import SequenceTold
from sfu.node import MediaNode
from sfu.ring import Ring
from sfu.transport.certificate import Certificate

PACKET = DataPacket(user=UserPacket(payload=b"x"), sequence=5).SerializeToString()


def test_it_answers_in_any_case() -> None:
    node = MediaNode(
        "ND_test", [], Certificate(), Ring(), PlaneConfig(), randbytes=Random(1).randbytes
    )
    node.handle(AddPeer("RM_1", "PA_a", "a"), 0.0)
    node.data.receive("PA_a", RELIABLE, PACKET)

    node.handle(TellSequence("PA_a"), 0.0)
    node.handle(TellSequence("PA_gone"), 0.0)

    assert node.take_events() == [SequenceTold("PA_a", 5), SequenceTold("PA_gone", 0)]
