import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.commands import AddSubscription, ConnectTransport, RemoveSubscription
from sfu.media import Setup
from signaling.negotiation.offerer import Offerer
from signaling.negotiation.outcome import ClientRules, NegotiationError, Outcome, Wish
from signaling.negotiation.sdp import Description
from tests.signaling.negotiation.negotiating import NODE, hear, only, sections, see, text

DATA = text("chromium_v0_answer_data")
TRACKS = text("chromium_v0_answer_tracks")


def offerer() -> Offerer:
    return Offerer("PA_me/1", "PA_me", NODE, ClientRules(), random.Random(5).randbytes)


def joined(*wishes: Wish) -> Offerer:
    client = offerer()
    turn(client, *wishes)
    return client


def accept(offer: str, **directions: str) -> str:
    """An answer that takes everything; `m2="refused"` or another direction for single sections."""
    description = Description.parse(offer)
    for section in description.sections:
        direction = directions.get(f"m{section.mid}", "")
        if direction == "refused":
            section.port = 0
        elif section.direction == "sendonly":
            del section.attributes["sendonly"]
            section.add(direction or "recvonly")
        section.attributes["setup"] = ["passive"]
    return str(description)


def turn(client: Offerer, *wishes: Wish, **directions: str) -> Outcome:
    return client.receive_answer(accept(client.make_offer(wishes).sdp, **directions))


def test_the_first_offer_may_hold_data_alone() -> None:
    client = offerer()
    outcome = client.make_offer([])
    [data] = Description.parse(outcome.sdp).sections
    assert (data.kind, data.formats, data.mid) == ("application", ["webrtc-datachannel"], "0")
    assert data.value("setup") == "active"
    assert len(data.values("candidate")) == 2
    assert "ice-lite" in Description.parse(outcome.sdp).attributes
    assert client.awaits_answer


@pytest.mark.parametrize("answer", [DATA, text("firefox_v0_answer_data")])
def test_a_client_that_is_active_all_the_same_connects_us_as_the_passive_side(answer: str) -> None:
    client = offerer()
    client.make_offer([])
    [command] = client.receive_answer(answer).commands
    assert isinstance(command, ConnectTransport)
    assert (command.transport, command.setup, command.has_data) == ("PA_me/1", Setup.PASSIVE, True)
    assert command.local == client.local
    assert command.extensions == {}
    assert not client.awaits_answer


def test_each_track_gets_a_section_of_its_own() -> None:
    offer = offerer().make_offer([hear("TR_a"), see("TR_v")])
    audio, video = sections(offer.sdp)["1"], sections(offer.sdp)["2"]
    assert offer.mid_to_track_id == {"1": "TR_a", "2": "TR_v"}
    assert (audio.formats, audio.direction) == (["63", "111"], "sendonly")
    assert (video.formats, video.value("msid")) == (["96", "97"], "PA_you|TR_v TR_v")
    assert video.values("ssrc-group")[0].startswith("FID ")
    assert Description.parse(offer.sdp).bundle == ["0", "1", "2"]
    assert only(offer, AddSubscription) == []  # not before the answer


def test_the_answer_of_chromium_binds_both_tracks() -> None:
    client = offerer()
    client.make_offer([hear("TR_a"), see("TR_v")])
    outcome = client.receive_answer(TRACKS)
    audio, video = only(outcome, AddSubscription)
    assert outcome.bound == ["TR_a", "TR_v"]
    assert [codec.payload_type for codec in audio.codecs] == [63, 111]
    assert (video.codecs[0].payload_type, video.codecs[0].rtx) == (96, 97)
    assert video.codecs[0].feedback == ["transport-cc", "ccm fir", "nack", "nack pli"]
    assert sorted(video.extensions.values()) == [2, 3, 4]


def test_firefox_without_h264_gets_the_rest() -> None:
    client = offerer()
    client.make_offer([hear("TR_a"), see("TR_v"), see("TR_h", "video/h264")])
    outcome = client.receive_answer(text("firefox_v0_answer_without_h264"))
    audio, _ = only(outcome, AddSubscription)
    assert [codec.mime for codec in audio.codecs] == ["audio/opus"]
    assert outcome.bound == ["TR_a", "TR_v"]
    assert outcome.unsupported == ["TR_h"]
    assert outcome.mid_to_track_id == {"1": "TR_a", "2": "TR_v"}


def test_a_track_that_the_client_cannot_decode_is_not_offered_again() -> None:
    client = offerer()
    wishes = [see("TR_h", "video/h264")]
    assert turn(client, *wishes, m1="refused").unsupported == ["TR_h"]
    assert not client.receive_wishes(wishes).needs_offer
    assert sections(client.make_offer(wishes).sdp)["1"].is_refused


def test_a_track_wished_anew_after_it_was_given_up_is_tried_again() -> None:
    client = offerer()
    turn(client, see("TR_h", "video/h264"), m1="inactive")
    client.receive_wishes([])
    assert client.receive_wishes([see("TR_h", "video/h264")]).needs_offer
    assert turn(client, see("TR_h", "video/h264")).mid_to_track_id == {"1": "TR_h"}


def test_a_codec_that_the_room_bars_is_unsupported_at_once() -> None:
    rules = ClientRules(enabled=("audio/opus", "video/vp8"))
    client = Offerer("PA_me/1", "PA_me", NODE, rules, random.Random(5).randbytes)
    assert client.make_offer([see("TR_h", "video/h264")]).unsupported == ["TR_h"]


def test_refused_sections_stay_refused_and_out_of_the_bundle() -> None:
    client = offerer()
    turn(client, see("TR_v"), see("TR_w"), m1="refused")
    offer = client.make_offer([see("TR_v"), see("TR_w"), see("TR_x")])
    assert Description.parse(offer.sdp).bundle == ["0", "2", "3"]
    assert sections(offer.sdp)["1"].is_refused
    assert offer.mid_to_track_id == {"2": "TR_w", "3": "TR_x"}


def test_an_unwished_track_ends_at_once_and_its_section_is_offered_inactive() -> None:
    client = joined(see("TR_v"))
    ended = client.receive_wishes([])
    assert ended.commands == [RemoveSubscription("PA_me", "TR_v")]
    assert ended.needs_offer
    offer = client.make_offer([])
    assert offer.commands == []
    assert sections(offer.sdp)["1"].direction == "inactive"
    assert sections(offer.sdp)["1"].value("msid") is None


def test_a_section_is_used_again_after_it_was_inactive_once() -> None:
    client = joined(see("TR_v"), hear("TR_a"))
    assert turn(client, hear("TR_a"), see("TR_w")).mid_to_track_id == {"2": "TR_a", "3": "TR_w"}
    reused = turn(client, hear("TR_a"), see("TR_w"), see("TR_x"))
    assert reused.mid_to_track_id == {"1": "TR_x", "2": "TR_a", "3": "TR_w"}
    assert reused.bound == ["TR_x"]


def test_an_answer_that_changes_nothing_adds_nothing() -> None:
    client = joined(see("TR_v"))
    outcome = turn(client, see("TR_v"))
    assert [type(command) for command in outcome.commands] == [ConnectTransport]


def test_only_one_offer_is_open_at_a_time() -> None:
    client = offerer()
    client.make_offer([])
    with pytest.raises(NegotiationError):
        client.make_offer([])
    client.receive_answer(DATA)
    with pytest.raises(NegotiationError):
        client.receive_answer(DATA)


def test_a_lost_offer_can_be_made_again() -> None:
    client = offerer()
    first = client.make_offer([see("TR_v")])
    client.forget_offer()
    second = client.make_offer([see("TR_v")])
    assert sections(first.sdp) == sections(second.sdp)
    assert client.receive_answer(accept(second.sdp)).bound == ["TR_v"]


def test_a_track_unwished_while_its_offer_is_open_is_never_forwarded() -> None:
    client = offerer()
    offer = client.make_offer([see("TR_v")])
    assert client.receive_wishes([]).commands == []
    answered = client.receive_answer(accept(offer.sdp))
    assert (only(answered, AddSubscription), answered.bound) == ([], [])
    assert answered.needs_offer
    assert sections(client.make_offer([]).sdp)["1"].direction == "inactive"


def test_a_track_wished_again_while_its_section_stands_comes_on_another() -> None:
    client = joined(see("TR_v"))
    client.receive_wishes([])
    again = client.receive_wishes([see("TR_v")])
    assert again.bound == []
    assert again.needs_offer

    offer = sections(client.make_offer([see("TR_v")]).sdp)
    assert [offer[mid].direction for mid in ("1", "2")] == ["inactive", "sendonly"]


def test_a_client_that_stops_a_section_loses_the_track() -> None:
    client = joined(see("TR_v"))
    outcome = turn(client, see("TR_v"), m1="inactive")
    assert only(outcome, RemoveSubscription) == [RemoveSubscription("PA_me", "TR_v")]
    assert outcome.unsupported == ["TR_v"]


def test_a_publisher_that_changes_its_codec_is_offered_again() -> None:
    client = joined(see("TR_v"))
    assert client.receive_wishes([see("TR_v", "video/h264")]).needs_offer
    [command] = only(turn(client, see("TR_v", "video/h264")), AddSubscription)
    assert [codec.payload_type for codec in command.codecs] == [108, 125]
    assert not client.receive_wishes([see("TR_v", "video/h264")]).needs_offer


def test_no_more_sections_are_offered_than_are_read() -> None:
    client = offerer()
    wishes = [hear(f"TR_{number}") for number in range(300)]
    assert len(turn(client, *wishes).bound) == 255
    assert not client.receive_wishes(wishes).needs_offer


def test_a_restart_has_new_credentials() -> None:
    client = joined()
    before = client.local
    offer = client.make_offer([], restart=True)
    assert client.local.ufrag != before.ufrag
    assert sections(offer.sdp)["0"].value("ice-ufrag") == client.local.ufrag
    command = client.receive_answer(accept(offer.sdp)).commands[0]
    assert isinstance(command, ConnectTransport)
    assert command.local == client.local


@pytest.mark.parametrize(
    "bad",
    [
        "",
        TRACKS,
        DATA.replace("a=mid:0", "a=mid:1"),
        DATA.replace("a=ice-ufrag:", "a=u:"),
        DATA.replace("m=application 9", "m=application 0"),
    ],
)
def test_an_answer_that_does_not_fit_leaves_the_offer_open(bad: str) -> None:
    client = offerer()
    client.make_offer([])
    with pytest.raises(NegotiationError):
        client.receive_answer(bad)
    assert client.awaits_answer
    assert client.receive_answer(DATA).commands


@given(st.lists(st.tuples(st.integers(0, 500), st.text(max_size=12)), max_size=6))
def test_any_answer_is_taken_or_refused(edits: list[tuple[int, str]]) -> None:
    client = offerer()
    client.make_offer([hear("TR_a"), see("TR_v")])
    lines = TRACKS.split("\r\n")
    for place, line in edits:
        lines[place % len(lines)] = line
    with suppress(NegotiationError):
        client.receive_answer("\r\n".join(lines))
