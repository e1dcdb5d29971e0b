from livekit.protocol import models, rtc

from sfu import commands, events
from sfu.events import TransportState
from tests.signaling.browser import Line
from tests.signaling.stage import Client, Stage

State = models.ParticipantInfo.State
Reason = models.DisconnectReason
Action = rtc.LeaveRequest.Action


def state_of(identity: str, observer: Client) -> int:
    return observer.participants()[identity].state


def test_a_participant_is_active_with_media_and_data_channels() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.media(TransportState.CONNECTED)
    assert state_of("ann", bob) == State.JOINED
    stage.tell(events.ChannelsOpened(f"{ann.sid}/0", ann.sid))
    assert state_of("ann", bob) == State.ACTIVE


def test_channels_that_do_not_open_are_not_waited_for_long() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.media(TransportState.CONNECTED)
    stage.wait(3.1)
    assert state_of("ann", bob) == State.ACTIVE


def test_a_client_without_channels_is_active_with_its_media() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.offers.lines = [Line("audio")]
    ann.offer()
    ann.media(TransportState.CONNECTED)
    assert state_of("ann", bob) == State.ACTIVE


def test_who_is_never_active_goes() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    bob.connect()
    stage.wait(59.9)
    assert ann.heard("leave") == []
    stage.wait(0.2)
    assert (ann.last("leave").reason, ann.last("leave").action) == (
        Reason.JOIN_FAILURE,
        Action.DISCONNECT,
    )
    assert state_of("ann", bob) == State.DISCONNECTED
    assert bob.heard("leave") == []


def test_a_signal_lost_before_media_ends_the_join() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.lose_signal()
    assert state_of("ann", bob) == State.DISCONNECTED
    assert bob.participants()["ann"].disconnect_reason == Reason.SIGNAL_CLOSE


def test_a_signal_lost_with_media_ends_nothing() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    bob.connect()
    ann.lose_signal()
    stage.wait(3600)
    assert state_of("ann", bob) == State.ACTIVE


def test_failed_media_asks_for_a_resume_and_then_ends_the_participant() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    ann.media(TransportState.DISCONNECTED)
    stage.wait(5)
    ann.media(TransportState.FAILED)

    assert ann.last("leave").action == Action.RESUME
    assert ann.last("leave").can_reconnect
    assert ann.session.is_over
    assert state_of("ann", bob) == State.ACTIVE
    stage.wait(5.1)
    assert state_of("ann", bob) == State.DISCONNECTED
    assert bob.participants()["ann"].disconnect_reason == Reason.CONNECTION_TIMEOUT
    assert commands.RemovePeer(peer=ann.sid) in stage.commands


def test_a_killed_client_is_gone_within_25_seconds() -> None:
    """Media says DISCONNECTED 10 s after the last check and FAILED 5 s later."""
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    killed = stage.now
    ann.lose_signal()
    stage.wait(10)
    ann.media(TransportState.DISCONNECTED)
    stage.wait(5)
    ann.media(TransportState.FAILED)
    while state_of("ann", bob) != State.DISCONNECTED:
        stage.wait(0.5)
    assert stage.now - killed < 21


def test_media_that_says_no_more_after_disconnecting_ends_all_the_same() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    ann.media(TransportState.DISCONNECTED)
    stage.wait(10.1)
    assert state_of("ann", bob) == State.DISCONNECTED


def test_media_that_comes_back_by_itself_is_nobody_s_business() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    ann.news(), bob.news()
    ann.media(TransportState.DISCONNECTED)
    stage.wait(4)
    ann.media(TransportState.CONNECTED)
    stage.wait(60)
    assert "leave" not in ann.news()
    assert state_of("ann", bob) == State.ACTIVE
    assert "update" not in bob.news()


def close(client: Client) -> None:
    """As clients do before they say that they leave."""
    client.stage.tell(
        events.TransportChanged(f"{client.sid}/0", client.sid, TransportState.FAILED, "closed")
    )


def test_a_client_that_closes_its_media_may_still_say_goodbye() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    ann.news()
    close(ann)
    assert ann.news() == []
    ann.say(leave=rtc.LeaveRequest())
    assert state_of("ann", bob) == State.DISCONNECTED
    assert bob.participants()["ann"].disconnect_reason == Reason.CLIENT_INITIATED


def test_closed_media_and_a_lost_signal_end_a_participant_at_once() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    close(ann)
    ann.lose_signal()
    assert state_of("ann", bob) == State.DISCONNECTED


def test_closed_media_and_no_word_end_in_a_full_reconnect() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    close(ann)
    stage.wait(5.1)
    assert ann.last("leave").action == Action.RECONNECT
    assert state_of("ann", bob) == State.DISCONNECTED
