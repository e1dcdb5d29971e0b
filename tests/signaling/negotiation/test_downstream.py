from sfu.commands import AddSubscription, RemoveSubscription
from sfu.media import Codec
from signaling.negotiation.downstream import Placement, Placements, Ssrcs
from signaling.negotiation.outcome import ClientRules, Outcome
from tests.signaling.negotiation.negotiating import see

VP8 = Codec("video/vp8", 96, 90000, rtx=97)


def placed() -> tuple[Placements, Placement]:
    placements = Placements("PA_me/0", "PA_me", ClientRules())
    placement = Placement("3", see("TR_v"), ssrc=7, rtx_ssrc=8)
    placements.by_mid["3"] = placement
    placements.accept(placement, [VP8], {}, Outcome())
    return placements, placement


def test_ssrcs_are_neither_zero_nor_twice_the_same() -> None:
    source = iter([b"\0\0\0\0", b"\0\0\0\1", b"\0\0\0\1", b"\0\0\0\2"])
    ssrcs = Ssrcs(lambda _: next(source))
    assert (ssrcs.take(), ssrcs.take()) == (1, 2)


def test_an_accepted_section_is_bound_once() -> None:
    placements, placement = placed()
    outcome = Outcome()
    placements.accept(placement, [VP8], {}, outcome)
    assert outcome == Outcome()


def test_another_agreement_sends_the_command_again_but_binds_nothing() -> None:
    placements, placement = placed()
    outcome = Outcome()
    placements.accept(placement, [Codec("video/vp8", 100, 90000)], {}, outcome)
    [command] = outcome.commands
    assert isinstance(command, AddSubscription)
    assert (command.ssrc, command.rtx_ssrc) == (7, 0)  # no RTX any more
    assert outcome.bound == []


def test_a_track_no_longer_wished_ends_at_once_and_needs_another_place() -> None:
    placements, placement = placed()
    first, second, third = Outcome(), Outcome(), Outcome()

    placements.update([], first)
    placements.update([], second)
    assert first.commands == [RemoveSubscription("PA_me", "TR_v")]
    assert second.commands == []
    assert placements.mid_to_track_id() == {}

    placements.update([see("TR_v")], third)
    assert third.commands == []
    assert placement.is_released
    assert placements.unplaced([see("TR_v")]) == [see("TR_v")]


def test_metadata_behind_frames_are_for_those_who_know_them() -> None:
    _, placement = placed()
    for has, takes, strips in ((0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 0)):
        placement.wish.has_trailers = bool(has)
        rules = ClientRules(takes_trailers=bool(takes))
        assert placement.command("PA_me/0", "PA_me", rules).strips_trailers == bool(strips)


def test_the_track_s_other_codec_takes_over_the_ssrc() -> None:
    placements, placement = placed()
    placement.wish.media = "TR_v/vp8"
    outcome = Outcome()
    placements.accept(placement, [VP8], {}, outcome)
    removed, added = outcome.commands
    assert removed == RemoveSubscription("PA_me", "TR_v", goes_on=True)
    assert isinstance(added, AddSubscription)
    assert (added.track, added.ssrc) == ("TR_v/vp8", 7)


def test_the_command_carries_the_wish_s_settings() -> None:
    placements, placement = placed()
    wish = see("TR_v")
    wish.disabled, wish.quality, wish.fps = True, 1, 15
    placements.update([wish], Outcome())
    rules = ClientRules(is_opened=True, trailer=b"not encrypted")
    command = placement.command("PA_me/0", "PA_me", rules)
    assert (command.is_opened, command.trailer) == (True, b"not encrypted")
    assert (command.disabled, command.quality, command.fps) == (True, 1, 15)
    assert command.cname == "PA_you|TR_v"
