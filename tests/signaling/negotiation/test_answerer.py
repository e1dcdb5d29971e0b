import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.commands import AddPublication, ConnectTransport
from sfu.extensions import (
    AUDIO_LEVEL,
    DEPENDENCY_DESCRIPTOR,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
)
from sfu.media import Setup
from signaling.negotiation.answerer import Answerer
from signaling.negotiation.outcome import NegotiationError, Outcome
from signaling.negotiation.sdp import Description
from tests.signaling.negotiation.negotiating import (
    CHROMIUM_CAMERA,
    answerer,
    audio,
    hear,
    offer_names,
    only,
    sections,
    see,
    text,
    video,
)

JOIN = text("chromium_join")


def connect(outcome: Outcome) -> ConnectTransport:
    command = outcome.commands[0]
    assert isinstance(command, ConnectTransport)
    return command


def test_the_transport_learns_the_client_s_end_first() -> None:
    client = answerer()
    command = connect(client.receive_offer(JOIN, [], [hear("TR_a")]))
    offered = Description.parse(JOIN).sections[0]
    assert command.transport == "PA_me/0"
    assert command.local == client.local
    assert command.remote.ufrag == offered.value("ice-ufrag")
    assert f"sha-256 {command.fingerprint.value}" == offered.value("fingerprint")
    assert (command.setup, command.has_data, command.max_message_size) == (
        Setup.ACTIVE,
        True,
        262144,
    )


def test_the_transport_learns_the_extensions_of_what_the_client_sends() -> None:
    client = answerer()
    assert connect(client.receive_offer(JOIN, [], [])).extensions == {}
    command = connect(client.receive_offer(text("chromium_publishing"), [audio(), video()], []))
    assert command.extensions == {
        AUDIO_LEVEL: 1,
        MID: 4,
        TRANSPORT_CC: 3,
        RID: 10,
        REPAIRED_RID: 11,
        DEPENDENCY_DESCRIPTOR: 12,
    }


def test_an_offer_without_data_channels_says_so() -> None:
    offer = JOIN.replace("m=application 9", "m=application 0")
    assert not connect(answerer().receive_offer(offer, [], [])).has_data


@pytest.mark.parametrize(
    ("offered", "answered", "role"),
    [("active", "passive", Setup.PASSIVE), ("passive", "active", Setup.ACTIVE)],
)
def test_a_client_that_has_chosen_its_role_keeps_it(
    offered: str, answered: str, role: Setup
) -> None:
    client = answerer()
    outcome = client.receive_offer(JOIN.replace("actpass", offered), [], [])
    assert connect(outcome).setup is role
    assert sections(outcome.sdp)["0"].value("setup") == answered
    assert connect(client.receive_offer(JOIN, [], [])).setup is role


def test_equal_credentials_are_no_restart() -> None:
    client = answerer()
    local = client.local
    client.receive_offer(JOIN, [], [])
    assert connect(client.receive_offer(JOIN, [], [])).local == local


def test_changed_credentials_are_answered_with_new_ones() -> None:
    client = answerer()
    local = client.local
    client.receive_offer(JOIN, [], [])
    ufrag = Description.parse(JOIN).sections[0].value("ice-ufrag")
    outcome = client.receive_offer(
        JOIN.replace(f"a=ice-ufrag:{ufrag}", "a=ice-ufrag:newone"), [], []
    )
    command = connect(outcome)
    assert command.remote.ufrag == "newone"
    assert command.local == client.local
    assert client.local.ufrag != local.ufrag
    assert sections(outcome.sdp)["6"].value("ice-ufrag") == client.local.ufrag


def test_answers_of_one_connection_have_one_session_and_rising_versions() -> None:
    client = answerer()
    first, second = (client.receive_offer(JOIN, [], []).sdp.split("\r\n")[1] for _ in range(2))
    assert first.split()[1] == second.split()[1]
    assert (first.split()[2], second.split()[2]) == ("1", "2")


def test_an_offer_that_is_refused_changes_nothing() -> None:
    client, twin = answerer(), answerer()
    for each in (client, twin):
        each.receive_offer(text("chromium_publishing"), [audio(), video()], [see("TR_x")])
    with pytest.raises(NegotiationError):
        client.receive_offer(JOIN.replace("a=ice-pwd:", "a=ice-pwd: "), [], [])
    assert client.receive_offer(JOIN, [], []) == twin.receive_offer(JOIN, [], [])


def test_a_call_goes_both_ways_on_one_connection() -> None:
    client = answerer()
    client.receive_offer(JOIN, [], [hear("TR_x")])
    outcome = client.receive_offer(
        text("chromium_publishing"), [audio(), video()], [hear("TR_x"), see("TR_y")]
    )
    assert [each.mid for each in outcome.published] == ["7", "8"]
    assert outcome.mid_to_track_id == {"0": "TR_x", "3": "TR_y"}
    directions = {mid: section.direction for mid, section in sections(outcome.sdp).items()}
    assert directions["0"] == directions["3"] == "sendonly"
    assert directions["7"] == directions["8"] == "recvonly"
    assert directions["1"] == "inactive"


def test_a_late_announcement_is_matched_without_an_offer() -> None:
    client = answerer()
    client.receive_offer(text("chromium_publishing"), [], [see("TR_y")])
    outcome = client.receive_pending([video(CHROMIUM_CAMERA)])
    assert outcome.sdp == ""
    assert [command.track for command in only(outcome, AddPublication)] == ["TR_v"]
    assert outcome.mid_to_track_id == {"3": "TR_y"}


def test_a_publication_that_the_server_ends_is_answered_inactive() -> None:
    client = answerer()
    client.receive_offer(text("chromium_publishing"), [audio(), video()], [])
    assert client.remove_publication("TR_v").unpublished == ["TR_v"]
    answer = client.receive_offer(text("chromium_publishing"), [], []).sdp
    assert sections(answer)["8"].direction == "inactive"
    assert sections(answer)["7"].direction == "recvonly"


LINES = [line for name in offer_names() for line in text(name).split("\r\n")]
EDITS = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(LINES) | st.text(max_size=12)), max_size=8
)


def hostile(name: str, edits: list[tuple[int, str]]) -> str:
    lines = text(name).split("\r\n")
    for place, line in edits:
        lines[place % len(lines)] = line
    return "\r\n".join(lines)


def survive(client: Answerer, sdp: str) -> None:
    try:
        outcome = client.receive_offer(sdp, [audio(), video()], [hear("TR_x"), see("TR_y")])
    except NegotiationError:
        return
    assert Description.parse(outcome.sdp).sections


@given(st.lists(st.tuples(st.sampled_from(offer_names()), EDITS), min_size=1, max_size=3))
def test_any_offers_in_a_row_are_answered_or_refused(
    offers: list[tuple[str, list[tuple[int, str]]]],
) -> None:
    client = answerer()
    for name, edits in offers:
        survive(client, hostile(name, edits))


@given(st.text(max_size=200))
def test_any_text_is_refused(sdp: str) -> None:
    with pytest.raises(NegotiationError):
        answerer().receive_offer(sdp, [], [])


def test_256_sections_are_answered() -> None:
    head, _, rest = JOIN.partition("m=audio")
    section = "m=audio" + rest.partition("m=audio")[0]
    mids = [str(number) for number in range(256)]
    head = head.replace("BUNDLE 0 1 2 3 4 5 6", " ".join(["BUNDLE", *mids]))
    offer = head + "".join(section.replace("a=mid:0", f"a=mid:{mid}") for mid in mids)
    outcome = answerer().receive_offer(offer, [], [hear(f"TR_{number}") for number in range(300)])
    assert len(outcome.bound) == 256
    assert outcome.missing == (0, 0)
    ssrcs = {
        line.split()[0] for each in sections(outcome.sdp).values() for line in each.values("ssrc")
    }
    assert len(ssrcs) == 256


def test_the_same_randomness_makes_the_same_answer() -> None:
    first, second = (answerer().receive_offer(JOIN, [], [see("TR_v")]) for _ in range(2))
    assert first == second
