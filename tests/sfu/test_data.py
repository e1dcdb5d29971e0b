import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol.metrics import MetricsBatch
from livekit.protocol.models import (
    ChatMessage,
    DataPacket,
    DataStream,
    RpcAck,
    RpcResponse,
    Transcription,
    UserPacket,
)

from sfu.commands import AddPeer, MovePeer, SendData, UpdatePeer
from sfu.data import LOSSY, RELIABLE, WAITING_BYTES, DataDrop, DataRouter, Delivery
from sfu.events import CallAnswered


def room_of_three() -> DataRouter:
    router = DataRouter()
    for name in ("a", "b", "c"):
        router.add(AddPeer("RM_1", f"PA_{name}", name))
        router.opened(f"PA_{name}")
    return router


def user(payload: bytes = b"hello", **fields: object) -> bytes:
    return DataPacket(user=UserPacket(payload=payload), **fields).SerializeToString()  # type: ignore[arg-type]


def peers(deliveries: list[Delivery]) -> list[str]:
    return [delivery.peer for delivery in deliveries]


def test_a_packet_without_destinations_goes_to_everybody_else() -> None:
    deliveries = room_of_three().receive("PA_a", RELIABLE, user())

    assert peers(deliveries) == ["PA_b", "PA_c"]
    assert all(d.reliable for d in deliveries)
    packet = DataPacket.FromString(deliveries[0].payload)
    assert packet.user.payload == b"hello"
    assert (packet.participant_identity, packet.participant_sid) == ("a", "PA_a")
    assert packet.user.participant_identity == "a"


def test_destinations_are_identities_or_sids() -> None:
    router = room_of_three()
    by_identity = user(destination_identities=["c"])
    by_sid = DataPacket(user=UserPacket(destination_sids=["PA_b"])).SerializeToString()

    assert peers(router.receive("PA_a", LOSSY, by_identity)) == ["PA_c"]
    assert peers(router.receive("PA_a", LOSSY, by_sid)) == ["PA_b"]


def test_a_sender_cannot_pretend_to_be_another() -> None:
    forged = user(participant_identity="b", participant_sid="PA_b")

    (delivery, *_) = room_of_three().receive("PA_a", RELIABLE, forged)

    packet = DataPacket.FromString(delivery.payload)
    assert (packet.participant_identity, packet.participant_sid) == ("a", "PA_a")


def test_a_hidden_sender_has_no_name() -> None:
    router = room_of_three()
    router.update(UpdatePeer("PA_a", hidden=True, can_publish_data=True))

    (delivery, *_) = router.receive("PA_a", RELIABLE, user())

    packet = DataPacket.FromString(delivery.payload)
    assert packet.participant_identity == packet.participant_sid == ""
    assert packet.user.participant_identity == ""


def test_without_permission_nothing_is_relayed() -> None:
    router = room_of_three()
    router.update(UpdatePeer("PA_a", hidden=False, can_publish_data=False))

    assert router.receive("PA_a", RELIABLE, user()) == []
    assert router.dropped == {DataDrop.NOT_ALLOWED: 1}


def test_metrics_of_clients_go_to_nobody() -> None:
    """livekit-server 1.13.5 collects them only by a switch that nothing turns on."""
    router = room_of_three()
    packet = DataPacket(metrics=MetricsBatch(timestamp_ms=1)).SerializeToString()
    assert router.receive("PA_a", RELIABLE, packet) == []
    assert router.dropped[DataDrop.NOT_RELAYED] == 1


def test_transcriptions_come_from_agents_only() -> None:
    router = room_of_three()
    packet = DataPacket(transcription=Transcription(track_id="TR_1")).SerializeToString()

    assert router.receive("PA_a", RELIABLE, packet) == []
    router.update(UpdatePeer("PA_a", hidden=False, can_publish_data=True, is_agent=True))
    assert peers(router.receive("PA_a", RELIABLE, packet)) == ["PA_b", "PA_c"]


def test_what_an_agent_says_for_another_is_marked() -> None:
    router = room_of_three()
    router.update(UpdatePeer("PA_a", hidden=False, can_publish_data=True, is_agent=True))
    chat = DataPacket(chat_message=ChatMessage(message="hi"), participant_identity="b")
    text = DataPacket(
        stream_header=DataStream.Header(text_header=DataStream.TextHeader()),
        participant_identity="b",
    )
    scan = DataPacket(
        stream_header=DataStream.Header(byte_header=DataStream.ByteHeader()),
        participant_identity="b",
    )
    own = DataPacket(chat_message=ChatMessage(message="hi"), participant_identity="a")

    def relayed(sender: str, packet: DataPacket) -> DataPacket:
        deliveries = router.receive(sender, RELIABLE, packet.SerializeToString())
        return DataPacket.FromString(deliveries[0].payload)

    assert relayed("PA_a", chat).chat_message.generated
    assert relayed("PA_a", chat).participant_identity == "b"
    assert relayed("PA_a", text).stream_header.text_header.generated
    assert relayed("PA_a", text).participant_identity == "b"
    assert relayed("PA_a", scan).participant_identity == "a"
    assert not relayed("PA_a", own).chat_message.generated
    assert relayed("PA_b", chat).participant_identity == "b"
    assert relayed("PA_c", chat).participant_identity == "c"
    assert not relayed("PA_c", chat).chat_message.generated


def test_both_places_name_the_destinations() -> None:
    router = room_of_three()
    inner = DataPacket(user=UserPacket(destination_identities=["b"]))
    outer = DataPacket(user=UserPacket(destination_identities=["b"]), destination_identities=["c"])
    for packet, peer, identity in ((inner, "PA_b", "b"), (outer, "PA_c", "c")):
        (delivery,) = router.receive("PA_a", RELIABLE, packet.SerializeToString())
        told = DataPacket.FromString(delivery.payload)
        assert delivery.peer == peer
        assert list(told.destination_identities) == [identity]
        assert list(told.user.destination_identities) == [identity]


def test_a_reliable_packet_that_is_sent_again_is_delivered_once() -> None:
    router = room_of_three()

    assert router.receive("PA_a", RELIABLE, user(sequence=1))
    assert router.receive("PA_a", RELIABLE, user(sequence=2))
    assert router.receive("PA_a", RELIABLE, user(sequence=1)) == []
    assert router.receive("PA_a", RELIABLE, user(sequence=2)) == []
    assert router.receive("PA_a", RELIABLE, user(sequence=3))


def test_the_last_reliable_packet_that_was_accepted_is_known() -> None:
    router = room_of_three()
    assert router.sequence("PA_a") == 0
    router.receive("PA_a", RELIABLE, user(sequence=3))
    router.receive("PA_a", RELIABLE, user(sequence=2))
    router.receive("PA_a", LOSSY, user(sequence=9))
    assert router.sequence("PA_a") == 3
    assert router.sequence("PA_stranger") == 0


def test_a_nonce_counts_once_in_a_room() -> None:
    router = room_of_three()
    packet = DataPacket(user=UserPacket(nonce=b"n" * 16)).SerializeToString()

    assert router.receive("PA_a", LOSSY, packet)
    assert router.receive("PA_b", LOSSY, packet) == []


def test_packets_wait_for_a_peer_that_is_still_joining() -> None:
    router = room_of_three()
    router.add(AddPeer("RM_1", "PA_d", "d"))

    assert "PA_d" not in peers(router.receive("PA_a", RELIABLE, user(b"1")))
    router.receive("PA_a", LOSSY, user(b"2"))  # others see the peer already, and speak to it
    router.receive("PA_a", RELIABLE, user(b"3"))

    waited = router.opened("PA_d")
    payloads = [DataPacket.FromString(d.payload).user.payload for d in waited]
    assert payloads == [b"1", b"2", b"3"]
    assert [d.reliable for d in waited] == [True, False, True]
    assert peers(router.receive("PA_a", RELIABLE, user())) == ["PA_b", "PA_c", "PA_d"]


def test_what_waits_for_a_joining_peer_is_bounded() -> None:
    router = room_of_three()
    router.add(AddPeer("RM_1", "PA_d", "d"))
    for _ in range(30):
        router.receive("PA_a", RELIABLE, user(bytes(5000)))

    waited = router.opened("PA_d")
    assert sum(len(d.payload) for d in waited) <= WAITING_BYTES
    assert router.dropped[DataDrop.SLOW_READER] == 30 - len(waited)


def test_rooms_do_not_hear_each_other() -> None:
    router = room_of_three()
    router.add(AddPeer("RM_2", "PA_x", "x"))
    router.opened("PA_x")

    assert router.receive("PA_x", RELIABLE, user()) == []


def test_our_own_packets_reach_the_chosen_peers() -> None:
    router = room_of_three()

    assert peers(router.send(SendData("RM_1", b"x", True))) == ["PA_a", "PA_b", "PA_c"]
    assert peers(router.send(SendData("RM_1", b"x", True, ["PA_b"]))) == ["PA_b"]
    assert router.send(SendData("RM_none", b"x", True)) == []


def test_a_peer_that_left_gets_nothing() -> None:
    router = room_of_three()
    router.remove("PA_b")

    assert peers(router.receive("PA_a", RELIABLE, user())) == ["PA_c"]
    assert router.receive("PA_b", RELIABLE, user()) == []


@pytest.mark.parametrize("label", [RELIABLE, LOSSY, "_data_track", "x"])
@given(payload=st.binary(max_size=80))
def test_any_bytes_are_delivered_or_counted(label: str, payload: bytes) -> None:
    router = room_of_three()

    deliveries = router.receive("PA_a", label, payload)

    assert bool(deliveries) != bool(router.dropped)


def test_a_peer_that_moves_speaks_and_hears_in_its_new_room() -> None:
    router = room_of_three()
    router.add(AddPeer("RM_2", "PA_d", "d"))
    router.opened("PA_d")
    router.move(MovePeer("PA_a", "RM_2"))

    assert peers(router.receive("PA_a", RELIABLE, user())) == ["PA_d"]
    assert peers(router.receive("PA_b", RELIABLE, user())) == ["PA_c"]
    assert peers(router.send(SendData("RM_2", b"x", True))) == ["PA_d", "PA_a"]
    router.move(MovePeer("PA_b", "RM_2"))
    router.move(MovePeer("PA_c", "RM_2"))
    assert router.send(SendData("RM_1", b"x", True)) == []


def ack(call: str) -> bytes:
    return DataPacket(rpc_ack=RpcAck(request_id=call)).SerializeToString()


def response(call: str, payload: str = "") -> DataPacket:
    return DataPacket(rpc_response=RpcResponse(request_id=call, payload=payload))


def test_the_answer_to_a_call_of_our_own_goes_to_nobody_else() -> None:
    router = room_of_three()
    router.send(SendData("RM_1", b"call", True, ["PA_a"], call="RPC_1"))
    answer = response("RPC_1", "yes")

    assert router.receive("PA_a", RELIABLE, ack("RPC_1")) == []
    assert router.receive("PA_a", RELIABLE, answer.SerializeToString()) == []
    assert router.answers == [
        CallAnswered("PA_a", "RPC_1"),
        CallAnswered("PA_a", "RPC_1", answer.rpc_response.SerializeToString()),
    ]


def test_only_who_was_asked_answers_and_only_once() -> None:
    router = room_of_three()
    router.send(SendData("RM_1", b"call", True, ["PA_a"], call="RPC_1"))
    answer = response("RPC_1").SerializeToString()

    router.receive("PA_b", RELIABLE, answer)
    assert not router.answers
    router.receive("PA_a", RELIABLE, answer)
    router.receive("PA_a", RELIABLE, answer)
    assert len(router.answers) == 1


def test_calls_between_participants_are_not_ours() -> None:
    router = room_of_three()

    assert peers(router.receive("PA_a", RELIABLE, ack("x"))) == ["PA_b", "PA_c"]
    assert not router.answers


def test_unanswered_calls_are_forgotten_in_the_end() -> None:
    router = room_of_three()
    for number in range(1001):
        router.send(SendData("RM_1", b"call", True, ["PA_a"], call=f"RPC_{number}"))

    router.receive("PA_a", RELIABLE, ack("RPC_0"))
    assert not router.answers


@pytest.mark.parametrize("label", ["", "chat", "_Reliable"])
def test_what_comes_by_a_channel_of_the_client_s_own_is_a_user_packet(label: str) -> None:
    deliveries = room_of_three().receive("PA_a", label, b"\xffno protobuf")

    assert peers(deliveries) == ["PA_b", "PA_c"]
    assert all(d.reliable for d in deliveries)
    packet = DataPacket.FromString(deliveries[0].payload)
    assert packet.user.payload == b"\xffno protobuf"
    assert (packet.participant_identity, packet.participant_sid) == ("a", "PA_a")


def test_who_may_not_publish_data_may_not_do_so_by_other_channels() -> None:
    router = room_of_three()
    router.update(UpdatePeer("PA_a", hidden=False, can_publish_data=False))
    assert router.receive("PA_a", "chat", b"hello") == []
    assert router.dropped[DataDrop.NOT_ALLOWED] == 1


def test_a_bare_peer_gets_payloads_alone() -> None:
    router = room_of_three()
    router.add(AddPeer("RM_1", "PA_w", "w", is_bare=True))
    assert "PA_w" not in peers(router.receive("PA_a", RELIABLE, user(b"1")))

    assert router.opened("PA_w") == [Delivery("PA_w", True, b"1", is_bare=True)]
    assert router.receive("PA_a", LOSSY, user(b"2"))[-1] == Delivery("PA_w", False, b"2", True)
    told = DataPacket(rpc_ack=RpcAck(request_id="r")).SerializeToString()
    assert "PA_w" not in peers(router.receive("PA_a", RELIABLE, told))
    by_us = router.send(SendData("RM_1", user(b"3"), True, ["PA_w"]))
    assert by_us == [Delivery("PA_w", True, b"3", is_bare=True)]
