"""What is told to those who begin anew: after the loss of their media node, or by themselves."""

import pytest
from livekit.protocol import models, rtc

from sfu import commands, events
from signaling.restart import DEAF, RETURN, Returns
from tests.signaling.browser import Offers
from tests.signaling.stage import Client, Stage, join_request
from tests.signaling.test_datatracks import AUTO, handles
from tests.signaling.test_datatracks import publish as publish_data
from tests.signaling.test_nodes import two


def lost(single: bool = True) -> tuple[Stage, Client]:
    """Two who lost their node; the first is back, and has connected."""
    stage = two()
    for identity in ("ann", "ben"):
        stage.join(identity, single=single).connect()
    stage.conference.lose_node("ND_0", stage.now)
    ann = stage.join("ann", single=single)
    ann.connect()
    return stage, ann


def gets(client: Client) -> list[str]:
    """Tracks that media was told to forward to it."""
    sent = client.stage.sent(commands.AddSubscription)
    return [command.track for command in sent if command.peer == client.sid]


def test_a_returning_client_hears_of_others_only_when_its_application_would() -> None:
    """livekit-client forgets events of the first two seconds."""
    stage, ann = lost()
    ann.news()

    ben = stage.join("ben")
    ben.connect()
    track = ben.publish("c1")
    stage.wait(DEAF - 0.01)
    assert "update" not in ann.news()
    assert not gets(ann)

    stage.wait(0.02)

    assert [info.sid for info in ann.participants()["ben"].tracks] == [track]
    ann.settle()
    assert gets(ann) == [track]


def test_what_happens_meanwhile_is_told_in_order() -> None:
    stage, ann = lost()
    ben = stage.join("ben")
    ben.connect()
    ben.publish("c1")
    ben.offers.stop("c1")
    ben.offer()

    stage.wait(DEAF)

    versions = [p.version for u in ann.heard("update") for p in u.participants if p.sid == ben.sid]
    assert versions == sorted(versions)
    assert not ann.participants()["ben"].tracks


def test_nothing_that_the_application_would_not_hear_is_told() -> None:
    """That a recording begins, say."""
    stage, ann = lost()
    ben = stage.join("ben")
    ben.connect()
    ann.news()
    stage.join("tape", recorder=True, hidden=True)
    stage.tell(events.SpeakersChanged(stage.conference.rooms["ward"].sid, [speaks(ann)]))
    stage.wait(DEAF - 0.5)
    assert not {"room_update", "speakers_changed"} & set(ann.news())

    stage.wait(0.5)

    assert {"room_update", "speakers_changed"} <= set(ann.news())
    assert ann.last("room_update").room.active_recording


def speaks(client: Client) -> events.Speaker:
    return events.Speaker(peer=client.sid, level=0.5, active=True)


def test_the_join_response_tells_of_those_who_were_faster() -> None:
    _, ann = lost()
    stage = ann.stage
    ann.publish("c1")

    ben = stage.join("ben")

    (seen,) = ben.last("join").other_participants
    assert seen.identity == "ann"
    assert len(seen.tracks) == 1


def test_other_clients_and_strangers_wait_for_nothing() -> None:
    stage, ann = lost()
    ann.publish("c1")
    request = join_request()
    request.client_info.sdk = models.ClientInfo.SDK.RUST
    ben = Client(stage, stage.enter(stage.visit("ben", request)), ann.offers, single=True)
    cat = stage.join("cat")

    stage.join("dan")

    for client in (ben, cat):
        assert "dan" in client.participants()


@pytest.mark.parametrize("way", ["leaves", "is replaced", "is told to", "comes too late"])
def test_whoever_begins_anew_by_itself_is_spared_the_news_too(way: str, single: bool) -> None:
    """A full reconnect: the client leaves if it can, else its old session is there still."""
    stage = Stage()
    ann = stage.join("ann", single=single)
    ann.connect()
    match way:
        case "leaves":
            ann.say(leave=rtc.LeaveRequest())
        case "is told to":
            ann.say(simulate=rtc.SimulateScenario(leave_request_full_reconnect=True))
        case "comes too late":
            ann.say(simulate=rtc.SimulateScenario(node_failure=True))
            assert ann.resume().last("leave").action == rtc.LeaveRequest.Action.RECONNECT
    ben = stage.join("ben", single=single)
    ben.connect()
    early = ben.publish("c1", "audio")

    again = stage.join("ann", single=single)
    again.connect()
    late = ben.publish("c2")

    assert [info.sid for info in again.participants()["ben"].tracks] == [early]
    again.settle()
    assert gets(again) == [early]
    stage.wait(DEAF)
    again.settle()
    assert [info.sid for info in again.participants()["ben"].tracks] == [early, late]
    assert gets(again) == [early, late]


@pytest.mark.parametrize("way", ["ends", "is forbidden", "leaves"])
def test_what_ends_meanwhile_ends_at_once(way: str, single: bool) -> None:
    stage = Stage()
    ann, ben = (stage.join(name, single=single) for name in ("ann", "ben"))
    ann.connect()
    ben.connect()
    track = ben.publish("c1", "audio")
    ann.say(leave=rtc.LeaveRequest())
    again = stage.join("ann", single=single)
    again.connect()
    again.settle()
    assert gets(again) == [track]

    match way:
        case "ends":
            ben.offers.stop("c1")
            ben.offer()
        case "is forbidden":
            ben.say(subscription_permission=rtc.SubscriptionPermission(all_participants=False))
        case "leaves":
            ben.say(leave=rtc.LeaveRequest())

    assert not stage.conference.rooms["ward"].participants[again.sid].subscriptions.active
    stage.wait(DEAF)
    again.settle()
    ended = [c.track for c in stage.sent(commands.RemoveSubscription) if c.peer == again.sid]
    assert ended == [track]


def test_data_tracks_begin_later_and_end_at_once_too() -> None:
    stage = Stage()
    ben = stage.join("ben")
    early = publish_data(ben, 1, "early").sid
    offers = Offers()
    visit = stage.visit("ann", join_request(offers.sdp(), settings=AUTO))
    Client(stage, stage.enter(visit), offers, single=True).say(leave=rtc.LeaveRequest())

    again = Client(stage, stage.enter(visit), offers, single=True)
    late = publish_data(ben, 2, "late").sid
    assert list(handles(again)) == [early]
    ben.say(unpublish_data_track_request=rtc.UnpublishDataTrackRequest(pub_handle=1))
    assert handles(again) == {}

    stage.wait(DEAF)
    assert list(handles(again)) == [late]


def test_tracks_beyond_the_first_offer_wait_too() -> None:
    """They would come by another negotiation, in the middle of the deaf seconds."""
    stage = Stage()
    ben = stage.join("ben")
    ben.connect()
    tracks = [ben.publish(f"c{number}") for number in range(5)]
    stage.join("ann").say(leave=rtc.LeaveRequest())

    again = stage.join("ann")
    again.connect()
    stage.wait(DEAF - 0.01)
    assert "media_sections_requirement" not in again.news()
    assert gets(again) == tracks[:3]

    stage.wait(0.02)
    again.settle()
    assert gets(again) == tracks


def test_those_who_never_come_back_are_forgotten() -> None:
    returns, client = Returns(), models.ClientInfo(sdk="JS")
    returns.expect("ann", client, 0)
    returns.expect("ben", client, RETURN)
    assert not returns.is_deaf("ann", client, 1)
    assert returns.is_deaf("ben", client, RETURN + 1)


def test_a_first_join_hears_everything_at_once() -> None:
    stage = Stage()
    ann = stage.join("ann")
    stage.join("ben")
    assert "ben" in ann.participants()


def test_whoever_comes_back_late_hears_everything_at_once() -> None:
    stage, _ = lost()
    stage.wait(RETURN + 0.1)
    ben = stage.join("ben")
    stage.join("cat")
    assert "cat" in ben.participants()


@pytest.mark.parametrize("single", [True, False], ids=["single", "dual"])
def test_leaving_meanwhile_leaves_no_timer(single: bool) -> None:
    stage, ann = lost(single)
    ann.say(leave=rtc.LeaveRequest())
    stage.wait(30)
    assert stage.conference.next_timeout() is None
