from typing import Any

import pytest
from livekit.protocol import models, rtc

from signaling.config import IceServer, OwnRelay, SignalingConfig
from tests.signaling.stage import Client, Stage

Reason = models.DisconnectReason
GONE = models.ParticipantInfo.State.DISCONNECTED


def pair() -> tuple[Stage, Client, Client]:
    stage = Stage()
    ann, bob = stage.join("ann"), stage.join("bob")
    ann.connect()
    bob.connect()
    ann.news()
    return stage, ann, bob


def simulate(client: Client, **scenario: Any) -> None:
    client.say(simulate=rtc.SimulateScenario(**scenario))


def test_a_pretended_speaker_falls_silent_again() -> None:
    stage, ann, _ = pair()
    simulate(ann, speaker_update=2)
    stage.wait(3)
    speakers = [m.speakers[0] for m in ann.heard("speakers_changed")]
    assert [(s.sid, s.active) for s in speakers] == [(ann.sid, True), (ann.sid, False)]


def test_a_failing_node_says_nothing() -> None:
    for scenario in ("node_failure", "migration"):
        _, ann, bob = pair()
        simulate(ann, **{scenario: True})
        assert "leave" not in ann.news()
        assert ann.session.is_over
        assert bob.participants()["ann"].state == GONE
        assert ann.resume().news() == ["leave"]


def test_a_leaving_server_says_so() -> None:
    _, ann, _ = pair()
    simulate(ann, server_leave=True)
    assert ann.last("leave").reason == Reason.SERVER_SHUTDOWN
    assert ann.session.is_over


def test_a_full_reconnect_is_asked_for() -> None:
    _, ann, _ = pair()
    simulate(ann, leave_request_full_reconnect=True)
    assert ann.last("leave").action == rtc.LeaveRequest.Action.RECONNECT


def test_one_resume_is_cut_off_after_its_first_messages() -> None:
    _, ann, bob = pair()
    simulate(ann, disconnect_signal_on_resume=True)
    back = ann.resume()
    assert back.news() == ["reconnect", "update", "room_update"]
    assert back.session.is_over
    assert not ann.resume().session.is_over
    assert bob.participants()["ann"].state != GONE


def test_three_resumes_hear_nothing() -> None:
    _, ann, _ = pair()
    simulate(ann, disconnect_signal_on_resume_no_messages=True)
    for _ in range(3):
        back = ann.resume()
        assert (back.news(), back.session.is_over) == ([], True)
    assert not ann.resume().session.is_over


def test_accidents_are_to_happen_soon_or_not_at_all() -> None:
    for scenario in ("disconnect_signal_on_resume", "disconnect_signal_on_resume_no_messages"):
        stage, ann, _ = pair()
        simulate(ann, **{scenario: True})
        stage.wait(6)
        assert not ann.resume().session.is_over


@pytest.mark.parametrize("single", [True, False])
def test_a_client_can_be_confined_to_tcp_for_its_next_joins(single: bool) -> None:
    stage = Stage()
    ann = stage.join("ann", single=single)

    def protocols(client: Client) -> set[str]:
        sdp = client.last("answer" if single else "offer").sdp
        return {line.split()[2] for line in sdp.splitlines() if line.startswith("a=candidate")}

    assert protocols(ann) == {"udp", "tcp"}
    simulate(ann, switch_candidate_protocol=rtc.CandidateProtocol.TCP)
    again = stage.join("ann", single=single)
    assert protocols(again) == {"tcp"}
    assert not again.last("join").fast_publish
    assert protocols(stage.join("bob", single=single)) == {"udp", "tcp"}
    simulate(again, switch_candidate_protocol=rtc.CandidateProtocol.UDP)
    assert protocols(stage.join("ann", single=single)) == {"udp", "tcp"}


def test_a_confinement_ends_after_a_while() -> None:
    stage = Stage()
    stage.join("bob")
    ann = stage.join("ann")
    simulate(ann, switch_candidate_protocol=rtc.CandidateProtocol.TCP)
    stage.wait(301)
    assert stage.join("ann").last("join").fast_publish


def test_who_is_confined_to_tls_is_told_of_no_other_relay_and_of_all_our_ports(
    single: bool,
) -> None:
    plain, by_tls = "turn:relay.example:3478?transport=udp", "turns:relay.example:443?transport=tcp"
    ours = OwnRelay((plain, by_tls), "devkey", "secret")
    others = IceServer(("stun:a.example", plain, by_tls), "u", "c")
    stage = Stage(SignalingConfig(relay=ours, ice_servers=(others, IceServer((plain,)))))
    ann = stage.join("ann", single=single)
    told = [set(server.urls) for server in ann.last("join").ice_servers]
    assert told == [{"stun:a.example", plain, by_tls}, {plain}, {plain, by_tls}]

    simulate(ann, switch_candidate_protocol=rtc.CandidateProtocol.TLS)

    again = stage.join("ann", single=single)
    assert [list(server.urls) for server in again.last("join").ice_servers] == [[by_tls]] * 2
    sdp = again.last("answer" if single else "offer").sdp
    assert any(line.split()[2] == "udp" for line in sdp.splitlines() if "a=candidate" in line)


def test_where_there_is_a_relay_it_serves_for_tls() -> None:
    urls = ("turns:relay.example:443?transport=tcp",)
    others = SignalingConfig(ice_servers=(IceServer(urls),))
    ours = SignalingConfig(relay=OwnRelay(urls, "devkey", "secret"))
    for config, expected in ((others, 2), (ours, 2), (SignalingConfig(), 0)):
        stage = Stage(config)
        ann = stage.join("ann")
        simulate(ann, switch_candidate_protocol=rtc.CandidateProtocol.TLS)
        again = stage.join("ann")
        assert again.last("join").client_configuration.force_relay == expected
        # A relay reaches us by UDP.
        assert (" udp " in again.last("answer").sdp) == bool(expected)


def test_other_scenarios_change_nothing() -> None:
    _, ann, _ = pair()
    simulate(ann, subscriber_bandwidth=1000)
    simulate(ann)
    assert ann.news() == []
