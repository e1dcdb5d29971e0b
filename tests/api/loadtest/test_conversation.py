"""What a participant says when."""

import os

from livekit.protocol import models
from livekit.protocol import rtc as proto

from api.loadtest.conversation import Connect, Conversation, Receive, Rules, Which
from api.loadtest.link import Link
from tests.api.loadtest.test_description import CERTIFICATE, OFFER

HIGH, LOW = models.VideoQuality.HIGH, models.VideoQuality.LOW


def make(*, single: bool = False, publishes: bool = True) -> Conversation:
    rules = Rules(single, publishes, True, True, 7, lambda who: HIGH if who == "a" else LOW)
    return Conversation(rules, Link(CERTIFICATE, os.urandom), Link(CERTIFICATE, os.urandom))


def take(conversation: Conversation) -> list[str]:
    kinds = [str(request.WhichOneof("message")) for request in conversation.requests]
    conversation.requests.clear()
    return kinds


def join(*owners: tuple[str, str]) -> proto.SignalResponse:
    """Others in the room: (identity, video track)."""
    others = [
        models.ParticipantInfo(
            identity=who, tracks=[models.TrackInfo(sid=sid, type=models.TrackType.VIDEO)]
        )
        for who, sid in owners
    ]
    return proto.SignalResponse(join=proto.JoinResponse(other_participants=others))


def offer() -> proto.SignalResponse:
    return proto.SignalResponse(offer=proto.SessionDescription(type="offer", sdp=OFFER, id=4))


def answer() -> proto.SignalResponse:
    sdp = OFFER.replace("actpass", "active")
    return proto.SignalResponse(answer=proto.SessionDescription(type="answer", sdp=sdp, id=1))


def test_a_publisher_announces_its_tracks_and_offers() -> None:
    conversation = make()

    conversation.receive(join())

    assert take(conversation) == ["add_track", "add_track", "offer"]


def test_somebody_who_only_listens_does_not() -> None:
    conversation = make(publishes=False)

    conversation.receive(join())

    assert take(conversation) == []


def test_an_offer_is_answered_under_its_number_before_anything_is_asked() -> None:
    conversation = make()
    conversation.receive(join(("a", "TR_v")))
    take(conversation)

    conversation.receive(offer())

    assert conversation.requests[0].answer.id == 4
    assert take(conversation) == ["answer", "track_setting"]
    connect, receive = conversation.actions
    assert isinstance(connect, Connect)
    assert isinstance(receive, Receive)
    assert connect.which is receive.which is Which.SUBSCRIBER
    assert [down.track for down in receive.tracks] == ["TR_v", "TR_a"]


def test_the_wish_waits_until_the_publisher_is_known() -> None:
    conversation = make(publishes=False)
    conversation.receive(join())
    conversation.receive(offer())
    assert take(conversation) == ["answer"]

    update = proto.ParticipantUpdate(participants=join(("a", "TR_v")).join.other_participants)
    conversation.receive(proto.SignalResponse(update=update))

    setting = conversation.requests[-1].track_setting
    assert (list(setting.track_sids), setting.quality) == (["TR_v"], HIGH)


def test_a_track_is_expected_once() -> None:
    conversation = make(publishes=False)
    conversation.receive(offer())
    conversation.actions.clear()

    conversation.receive(offer())

    assert conversation.actions == []


def test_a_connection_waits_for_an_address() -> None:
    conversation = make()
    without = "\r\n".join(line for line in OFFER.split("\r\n") if "a=candidate" not in line)
    message = offer()
    message.offer.sdp = without
    conversation.receive(message)
    assert not [each for each in conversation.actions if isinstance(each, Connect)]

    line = "candidate:1 1 udp 1 192.0.2.9 5000 typ host"
    trickle = proto.TrickleRequest(
        candidateInit=f'{{"candidate": "{line}"}}', target=proto.SignalTarget.SUBSCRIBER
    )
    conversation.receive(proto.SignalResponse(trickle=trickle))

    (connect,) = [each for each in conversation.actions if isinstance(each, Connect)]
    assert connect.remote.candidates[0].ip == "192.0.2.9"


def test_a_single_connection_offers_in_its_address_and_again_when_asked() -> None:
    conversation = make(single=True)
    assert conversation.path().startswith("/rtc/v1?join_request=")
    conversation.receive(join())
    assert take(conversation) == []
    needed = proto.MediaSectionsRequirement(num_audios=1, num_videos=2)

    conversation.receive(proto.SignalResponse(media_sections_requirement=needed))
    assert take(conversation) == []  # the first offer is not answered yet
    conversation.receive(answer())

    assert conversation.requests[0].offer.sdp.count("m=") == 9 + 3
    assert take(conversation)[0] == "offer"


def test_the_server_may_send_us_away() -> None:
    conversation = make()
    leave = proto.LeaveRequest(reason=models.DisconnectReason.SERVER_SHUTDOWN)

    conversation.receive(proto.SignalResponse(leave=leave))

    assert conversation.ended == "SERVER_SHUTDOWN"
