from collections import Counter

from sfu.commands import AddSubscription, RemoveSubscription
from sfu.media import Kind
from signaling.negotiation.answerer import Answerer
from signaling.negotiation.outcome import Outcome, Wish
from signaling.negotiation.receiving import Request
from tests.signaling.negotiation.negotiating import (
    answerer,
    hear,
    only,
    sections,
    see,
    text,
    with_direction,
    without,
)

JOIN = text("chromium_join")
FIVE = [see(f"TR_{number}") for number in range(5)]


def join(*wishes: Wish) -> Answerer:
    client = answerer()
    client.receive_offer(JOIN, [], wishes)
    return client


def with_more(sdp: str, *mids: str) -> str:
    """As livekit-client adds sections: copies of the last video one, at the end."""
    start = sdp.index("m=video", sdp.index("a=mid:4"))
    video = sdp[start : sdp.index("m=application")]
    for mid in mids:
        sdp += video.replace("a=mid:5", f"a=mid:{mid}")
    group = "a=group:BUNDLE 0 1 2 3 4 5 6"
    return sdp.replace(group, " ".join([group, *mids]))


def test_wishes_are_placed_on_free_sections_in_order() -> None:
    outcome = answerer().receive_offer(JOIN, [], [hear("TR_a"), see("TR_v"), see("TR_w")])
    assert outcome.mid_to_track_id == {"0": "TR_a", "3": "TR_v", "4": "TR_w"}
    assert outcome.bound == ["TR_a", "TR_v", "TR_w"]
    assert not outcome.needs_offer

    audio, video, _ = only(outcome, AddSubscription)
    assert [codec.payload_type for codec in audio.codecs] == [63, 111]
    assert (audio.transport, audio.peer, audio.rtx_ssrc) == ("PA_me/0", "PA_me", 0)
    assert [codec.payload_type for codec in video.codecs] == [96]
    assert video.rtx_ssrc not in (0, video.ssrc)
    assert sorted(video.extensions.values()) == [2, 3, 4, 12]


def test_placement_and_ssrcs_stay_at_later_offers() -> None:
    client = join(see("TR_v"))
    before = client.receive_offer(JOIN, [], [see("TR_v")])
    assert only(before, AddSubscription) == []
    assert before.mid_to_track_id == {"3": "TR_v"}


def test_other_payload_types_send_the_command_again() -> None:
    client = join(see("TR_v"))
    changed = client.receive_offer(JOIN.replace(" 96 97 ", " 97 "), [], [see("TR_v")])
    assert changed.bound == []
    assert only(changed, AddSubscription) == []  # VP8 has gone: the section cannot carry it
    assert only(changed, RemoveSubscription) == [RemoveSubscription("PA_me", "TR_v")]
    assert changed.unsupported == ["TR_v"]

    client = join(see("TR_v"))
    renumbered = JOIN.replace("a=fmtp:97 apt=96", "a=fmtp:97 apt=98")
    [command] = only(client.receive_offer(renumbered, [], [see("TR_v")]), AddSubscription)
    assert command.codecs[0].rtx is None
    assert command.rtx_ssrc == 0


def test_too_few_sections_are_asked_for_once() -> None:
    client = answerer()
    outcome = client.receive_offer(JOIN, [], FIVE)
    assert (outcome.needs_offer, outcome.missing) == (True, (0, 2))

    crossing = client.receive_offer(JOIN, [], FIVE)  # was on its way
    assert (crossing.needs_offer, crossing.missing) == (False, (0, 0))

    more = client.receive_wishes([*FIVE, see("TR_5"), hear("TR_a"), hear("TR_b")])
    assert (more.needs_offer, more.missing) == (True, (0, 1))

    placed = client.receive_offer(with_more(JOIN, "7", "8"), [], FIVE)
    assert placed.mid_to_track_id["7"] == "TR_3"
    assert placed.mid_to_track_id["8"] == "TR_4"


def test_a_lost_request_is_made_again() -> None:
    client = answerer()
    client.receive_offer(JOIN, [], FIVE)
    assert not client.receive_wishes(FIVE).needs_offer
    client.forget_request()
    assert client.receive_wishes(FIVE).missing == (0, 2)


def test_a_free_section_needs_but_an_offer() -> None:
    client = join()
    first, second = client.receive_wishes([see("TR_v")]), client.receive_wishes([see("TR_v")])
    assert (first.needs_offer, first.missing) == (True, (0, 0))
    assert not second.needs_offer
    assert client.receive_offer(JOIN, [], [see("TR_v")]).bound == ["TR_v"]


def test_before_the_first_offer_nothing_is_asked_for() -> None:
    assert answerer().receive_wishes([see("TR_v")]) == Outcome()


def test_an_unwished_track_ends_at_once_and_its_section_at_the_next_offer() -> None:
    client = join(see("TR_v"))
    ended = client.receive_wishes([])
    assert ended.commands == [RemoveSubscription("PA_me", "TR_v")]
    assert (ended.needs_offer, ended.mid_to_track_id) == (True, {})

    answered = client.receive_offer(JOIN, [], [])
    assert only(answered, RemoveSubscription) == []
    assert sections(answered.sdp)["3"].direction == "inactive"


def test_a_track_wished_again_before_the_next_offer_comes_on_another_section() -> None:
    # The client has let go of it: on the old section it would see no `track` event.
    client = join(see("TR_v"))
    client.receive_wishes([])
    client.receive_wishes([see("TR_v")])

    answer = client.receive_offer(JOIN, [], [see("TR_v")])

    assert answer.mid_to_track_id == {"4": "TR_v"}
    assert [sections(answer.sdp)[mid].direction for mid in ("3", "4")] == ["inactive", "sendonly"]
    assert only(answer, AddSubscription)[0].mid == "4"


def test_a_section_is_inactive_once_before_it_carries_another_track() -> None:
    client = join(*FIVE[:3])
    swapped = client.receive_offer(JOIN, [], [*FIVE[:2], see("TR_new")])
    assert sections(swapped.sdp)["5"].direction == "inactive"
    assert (swapped.needs_offer, swapped.missing) == (True, (0, 0))

    reused = client.receive_offer(JOIN, [], [*FIVE[:2], see("TR_new")])
    assert reused.mid_to_track_id["5"] == "TR_new"
    assert not reused.needs_offer


def test_a_reused_section_has_new_ssrcs() -> None:
    client = answerer()
    [first] = only(client.receive_offer(JOIN, [], [see("TR_v")]), AddSubscription)
    client.receive_offer(JOIN, [], [])
    [second] = only(client.receive_offer(JOIN, [], [see("TR_w")]), AddSubscription)
    assert first.mid == second.mid
    assert first.ssrc != second.ssrc


def test_a_track_whose_section_the_client_closes_finds_another() -> None:
    client = join(see("TR_v"))
    moved = client.receive_offer(with_direction(JOIN, {"3": "inactive"}), [], [see("TR_v")])
    assert moved.mid_to_track_id == {"4": "TR_v"}
    [removed] = only(moved, RemoveSubscription)
    [added] = only(moved, AddSubscription)
    assert moved.commands.index(removed) < moved.commands.index(added)


def test_a_codec_that_the_client_lacks_is_unsupported_and_not_asked_for() -> None:
    outcome = answerer().receive_offer(text("firefox_join"), [], [see("TR_h", "video/h264")])
    assert outcome.unsupported == ["TR_h"]
    assert (outcome.needs_offer, outcome.missing) == (False, (0, 0))


def test_without_any_section_of_the_kind_one_is_asked_for() -> None:
    offer = without(JOIN, "3", "4", "5")
    outcome = answerer().receive_offer(offer, [], [see("TR_h", "video/h264")])
    assert (outcome.unsupported, outcome.missing) == ([], (0, 1))


def test_sections_with_a_track_of_the_client_are_taken_last() -> None:
    offer = with_direction(text("chromium_publishing"), {"8": "sendrecv"})
    outcome = answerer().receive_offer(offer, [], FIVE[:4])
    assert outcome.mid_to_track_id == {"3": "TR_0", "4": "TR_1", "5": "TR_2", "8": "TR_3"}
    assert sections(outcome.sdp)["8"].direction == "sendrecv"


def test_the_number_of_sections_stays_within_what_we_read() -> None:
    outcome = Outcome()
    request = Request()
    request.ask(Counter({Kind.AUDIO: 3, Kind.VIDEO: 400}), 10, outcome, is_due=False)
    assert outcome.missing == (3, 7)
    request.ask(Counter({Kind.VIDEO: 400}), 10, outcome, is_due=True)
    assert (outcome.needs_offer, outcome.missing) == (False, (0, 0))


def test_new_sections_that_come_in_parts_are_not_asked_for_twice() -> None:
    outcome = Outcome()
    request = Request()
    request.ask(Counter({Kind.VIDEO: 2}), 10, outcome, is_due=False)
    request.receive_offer(Counter({Kind.VIDEO: 1}))
    request.ask(Counter({Kind.VIDEO: 1}), 10, outcome, is_due=True)
    assert not outcome.needs_offer


def test_a_v0_publisher_connection_receives_nothing() -> None:
    client = answerer(single=False)
    outcome = client.receive_offer(JOIN, [], [see("TR_v")])
    assert (outcome.mid_to_track_id, outcome.missing) == ({}, (0, 0))
    assert client.receive_wishes([see("TR_v")]) == Outcome()


def test_a_publisher_that_changes_its_codec_makes_us_ask_for_an_offer() -> None:
    client = join(see("TR_v"))
    assert client.receive_wishes([see("TR_v", "video/h264")]).needs_offer
    [command] = only(client.receive_offer(JOIN, [], [see("TR_v", "video/h264")]), AddSubscription)
    assert {codec.mime for codec in command.codecs} == {"video/h264"}
    assert not client.receive_wishes([see("TR_v", "video/h264")]).needs_offer
