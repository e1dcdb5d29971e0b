import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol import rtc

from signaling.requests import HANDLERS
from signaling.session import MAX_GARBAGE, Ignored, Session
from tests.signaling.browser import Offers
from tests.signaling.stage import EPOCH, Stage, join_request, silence


def test_both_kinds_of_ping_are_answered_at_once() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(ping=5)
    ann.say(ping_req=rtc.Ping(timestamp=77, rtt=3))
    milliseconds = int((EPOCH + stage.now) * 1000)
    assert ann.last("pong") == milliseconds
    assert ann.last("pong_resp") == rtc.Pong(last_ping_timestamp=77, timestamp=milliseconds)


def join_unbegun(stage: Stage) -> Session:
    visit = stage.visit("ann", join_request(Offers().sdp()))
    return stage.conference.join(stage.conference.admit(visit, stage.now), stage.now)


def kinds(session: Session) -> list[str | None]:
    return [message.WhichOneof("message") for message in session.take_messages()]


def test_the_join_response_does_not_wait_for_the_answer() -> None:
    stage = Stage()
    session = join_unbegun(stage)
    assert kinds(session) == ["join"]
    session.begin(stage.now)
    assert kinds(session)[0] == "answer"
    session.begin(stage.now)
    assert kinds(session) == []


def test_a_session_that_is_lost_before_it_begins_never_does() -> None:
    stage = Stage()
    session = join_unbegun(stage)
    session.lose(stage.now)
    session.begin(stage.now)
    assert kinds(session) == []
    stage.wait(60)
    assert stage.conference.rooms == {}


def test_requests_that_we_do_not_know_are_counted() -> None:
    ann = Stage().join("ann")
    ann.say()
    assert ann.session.ignored == {Ignored.UNKNOWN: 1}


def test_every_request_that_has_a_handler_exists() -> None:
    fields = rtc.SignalRequest.DESCRIPTOR.fields_by_name
    assert set(HANDLERS) <= set(fields)


def test_garbage_is_forgiven_and_then_it_is_enough() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    for _ in range(MAX_GARBAGE - 1):
        ann.session.receive_garbage(stage.now)
    assert not ann.session.is_over
    ann.session.receive_garbage(stage.now)
    assert ann.session.is_over
    assert ann.heard("leave")
    assert not bob.session.is_over


def test_after_its_end_a_session_neither_hears_nor_speaks() -> None:
    stage = Stage()
    ann = stage.join("ann")
    ann.say(leave=rtc.LeaveRequest())
    with silence(ann):
        ann.say(ping=1)
    assert ann.session.ignored == {Ignored.OVER: 1}


def test_a_fault_of_ours_costs_one_client() -> None:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.session.fail(stage.now)
    assert ann.session.is_over
    assert ann.last("leave").action == rtc.LeaveRequest.Action.RECONNECT
    assert not bob.session.is_over


@pytest.mark.parametrize("single", [True, False])
def test_any_request_of_any_kind_leaves_the_others_alone(single: bool) -> None:
    fields = [f for f in rtc.SignalRequest.DESCRIPTOR.fields if f.message_type is not None]

    @settings(max_examples=100, deadline=None)
    @given(st.sampled_from(fields), st.binary(max_size=60), st.text(max_size=40))
    def check(field: object, data: bytes, text: str) -> None:
        stage = Stage()
        bob, eve = stage.join("bob"), stage.join("eve", single=single)
        bob.connect()
        eve.publish("mic", "audio")
        request = rtc.SignalRequest()
        name = field.name  # type: ignore[attr-defined]
        getattr(request, name).SetInParent()
        try:
            getattr(request, name).MergeFromString(data)
        except Exception:
            getattr(request, name).Clear()
        if name in ("offer", "answer"):
            getattr(request, name).sdp = f"v=0\r\n{text}"
        eve.session.receive_message(request, stage.now)
        stage.drain()
        stage.wait(120)
        assert bob.heard("leave") == []
        assert not bob.session.is_over

    check()
