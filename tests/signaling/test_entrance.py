"""Resume (LiveKit)."""

import pytest
from livekit.protocol import models, rtc

from sfu import commands
from sfu.events import SequenceTold, TransportState
from signaling.session import Session
from tests.signaling.browser import direction
from tests.signaling.stage import Client, Stage

State = models.ParticipantInfo.State
Action = rtc.LeaveRequest.Action
Reason = models.DisconnectReason


@pytest.fixture(params=[True, False], ids=["v1", "v0"])
def single(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def call(stage: Stage, single: bool) -> tuple[Client, Client, Client]:
    clients = [stage.join(name, single=single) for name in ("ann", "bob", "eve")]
    for client in clients:
        client.settle()
        client.connect()
    for client in clients:
        client.news()
    return clients[0], clients[1], clients[2]


def test_a_resume_tells_who_is_here_and_who_has_gone(single: bool) -> None:
    stage = Stage()
    ann, bob, eve = call(stage, single)
    ann.lose_signal()
    stage.wait(1)
    eve.say(leave=rtc.LeaveRequest())
    stage.wait(1)

    back = ann.resume()

    expected = ["reconnect", "update", "update", "room_update", "offer", "refresh_token"]
    if single:
        expected.remove("offer")
    assert back.news() == expected
    gone, here = back.heard("update")
    assert [(p.sid, p.state) for p in gone.participants] == [(eve.sid, State.DISCONNECTED)]
    assert {p.identity for p in here.participants} == {"ann", "bob"}
    assert back.last("reconnect").server_info.version == "1.13.5"
    assert "update" in bob.news()  # eve's leaving
    back.answer() if not single else back.offer()
    stage.wait(100)
    assert bob.participants()["ann"].state == State.ACTIVE
    assert set(bob.news()) == {"room_update"}


def test_a_resume_of_nobody_or_of_another_session_starts_anew(single: bool) -> None:
    stage = Stage()
    ann, _, eve = call(stage, single)
    eve.say(leave=rtc.LeaveRequest())
    for back in (eve.resume(), ann.resume(participant_sid="PA_other")):
        assert back.news() == ["leave"]
        assert back.last("leave").reason == Reason.STATE_MISMATCH
        assert back.last("leave").action == Action.RECONNECT
        assert back.session.is_over
    assert not ann.session.is_over


def test_a_resume_by_the_other_kind_of_connection_starts_anew() -> None:
    stage = Stage()
    ann, _, _ = call(stage, True)
    ann.single = False
    assert ann.resume().news() == ["leave"]


def test_the_old_connection_ends_without_a_leave(single: bool) -> None:
    stage = Stage()
    ann, bob, _ = call(stage, single)
    back = ann.resume()

    assert ann.session.is_over
    assert ann.news() == []
    ann.lose_signal()
    assert not back.session.is_over
    assert bob.news() == []


def test_tracks_and_subscriptions_outlive_a_resume(single: bool) -> None:
    stage = Stage()
    ann, bob, _ = call(stage, single)
    track = ann.publish("cam")
    stage.wait(1)
    bob.settle()
    before = len(stage.commands)
    bob.lose_signal()
    back = bob.resume()
    back.say(
        sync_state=rtc.SyncState(
            subscription=rtc.UpdateSubscription(subscribe=False),
            track_sids_disabled=[track],
        )
    )

    later = stage.commands[before:]
    kinds = {type(c) for c in later}
    assert kinds.isdisjoint({commands.RemoveSubscription, commands.RemovePeer})
    (update,) = [c for c in later if isinstance(c, commands.UpdateSubscription)]
    assert (update.peer, update.track, update.disabled) == (bob.sid, track, True)


def test_a_v1_client_restarts_ice_by_its_own_offer() -> None:
    stage = Stage()
    ann, _, _ = call(stage, True)
    back = ann.resume()
    back.offers.ice += 1
    answered = back.offer()
    connected = stage.sent(commands.ConnectTransport)
    first, last = [c for c in connected if c.transport == f"{ann.sid}/0"]
    assert first.local != last.local
    assert last.remote.ufrag == "ufr2"
    assert f"a=ice-ufrag:{last.local.ufrag}" in answered.sdp


def test_a_v0_client_is_offered_a_restart_of_ice() -> None:
    stage = Stage()
    vic, _, _ = call(stage, False)
    before = vic.last("offer")
    back = vic.resume()
    offer = back.last("offer")
    old, new = (d.sdp.split("a=ice-ufrag:")[1].split()[0] for d in (before, offer))
    assert old != new
    back.answer()
    assert not back.session.is_over


def test_tracks_published_during_the_outage_come_with_the_restart() -> None:
    stage = Stage()
    ann, bob, _ = call(stage, True)
    bob.lose_signal()
    track = ann.publish("cam")
    back = bob.resume()
    back.offers.ice += 1
    reply = back.offer()
    assert dict(reply.mid_to_track_id) == {"3": track}
    assert direction(reply.sdp, 3) == "sendonly"


def test_a_client_that_does_not_restart_is_asked_for_an_offer_all_the_same() -> None:
    stage = Stage()
    ann, bob, _ = call(stage, True)
    bob.lose_signal()
    ann.publish("cam")
    back = bob.resume()
    assert back.heard("media_sections_requirement") == []
    stage.wait(3.1)
    assert len(back.heard("media_sections_requirement")) == 1


def test_media_must_come_back_after_the_resume(single: bool) -> None:
    stage = Stage()
    ann, bob, _ = call(stage, single)
    ann.media(TransportState.FAILED, "0" if single else "1")
    stage.wait(4)
    back = ann.resume()
    stage.wait(14)
    back.settle()
    assert bob.participants()["ann"].state == State.ACTIVE
    stage.wait(2)
    assert back.last("leave").action == Action.RECONNECT
    assert bob.participants()["ann"].state == State.DISCONNECTED


def test_media_that_is_back_in_time_saves_the_participant(single: bool) -> None:
    stage = Stage()
    ann, bob, _ = call(stage, single)
    number = "0" if single else "1"
    ann.media(TransportState.FAILED, number)
    stage.wait(4)
    back = ann.resume()
    back.settle()
    back.media(TransportState.CONNECTED, number)
    stage.wait(60)
    assert bob.participants()["ann"].state == State.ACTIVE


def test_tracks_that_we_do_not_know_start_anew(single: bool) -> None:
    stage = Stage()
    ann, _, _ = call(stage, single)
    back = ann.resume()
    published = rtc.TrackPublishedResponse(cid="cam", track=models.TrackInfo(sid="TR_gone"))
    back.say(sync_state=rtc.SyncState(publish_tracks=[published]))
    assert back.last("leave").action == Action.RECONNECT


def test_what_was_done_during_the_outage_reaches_the_others(single: bool) -> None:
    stage = Stage()
    ann, bob, _ = call(stage, single)
    track = ann.publish("mic", "audio")
    ann.lose_signal()
    back = ann.resume()
    back.say(mute=rtc.MuteTrackRequest(sid=track, muted=True))
    assert bob.participants()["ann"].tracks[0].muted


def test_a_join_that_has_no_media_yet_cannot_be_resumed() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.lose_signal()
    assert ann.resume().news() == ["leave"]


def test_a_lost_session_says_nothing_more() -> None:
    stage = Stage()
    ann, bob, _ = call(stage, True)
    ann.lose_signal()
    bob.publish("mic", "audio")
    session: Session = ann.session
    assert session.take_messages() == []


def test_a_resume_tells_which_reliable_message_came_last(single: bool) -> None:
    stage = Stage()
    ann, _, _ = call(stage, single)
    ann.lose_signal()
    stage.sequences[ann.sid] = 128

    assert ann.resume().last("reconnect").last_message_seq == 128


def test_nothing_is_said_before_the_media_plane_has_told(single: bool) -> None:
    stage = Stage()
    ann, bob, _ = call(stage, single)
    ann.lose_signal()
    stage.tells_sequences = False

    back = ann.resume()
    bob.publish("mic", "audio")
    assert back.news() == []
    stage.tell(SequenceTold(ann.sid, 7))
    assert back.news()[0] == "reconnect"
    stage.tell(SequenceTold(ann.sid, 8))
    assert "reconnect" not in back.news()


def test_a_second_resume_overtakes_the_first(single: bool) -> None:
    stage = Stage()
    ann, _, _ = call(stage, single)
    ann.lose_signal()
    stage.tells_sequences = False
    first, second = ann.resume(), ann.resume()

    stage.tell(SequenceTold(ann.sid, 0))

    assert (first.news(), first.session.is_over) == ([], True)
    assert second.news()[0] == "reconnect"


def test_who_resumes_into_a_room_that_ends_begins_anew(single: bool) -> None:
    stage = Stage()
    ann, _, _ = call(stage, single)
    ann.lose_signal()
    stage.tells_sequences = False
    back = ann.resume()

    stage.conference.rooms["ward"].close(stage.now)

    assert back.last("leave").action == Action.RECONNECT
    assert back.session.is_over


def test_a_resume_that_is_lost_before_the_welcome_leaves_the_old_connection(single: bool) -> None:
    stage = Stage()
    ann, _, _ = call(stage, single)
    stage.tells_sequences = False
    ann.resume().lose_signal()
    stage.tell(SequenceTold(ann.sid, 0))

    ann.say(ping=1)

    assert ann.news() == ["pong"]
