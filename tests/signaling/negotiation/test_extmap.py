from sfu.extensions import AUDIO_LEVEL, MID, PLAYOUT_DELAY, RID, TRANSPORT_CC
from sfu.media import Kind, PlayoutDelay
from signaling.negotiation import extmap
from signaling.negotiation.outcome import ClientRules
from signaling.negotiation.sdp import Section
from tests.signaling.negotiation.negotiating import sections, text


def section(*lines: str) -> Section:
    made = Section("video", "UDP/TLS/RTP/SAVPF", ["96"])
    for line in lines:
        made.add("extmap", line)
    return made


def test_the_client_s_numbers_are_read() -> None:
    found = extmap.read(sections(text("chromium_publishing"))["8"], extmap.Numbers())
    assert extmap.choose(found, (MID, RID, TRANSPORT_CC)) == {MID: 4, RID: 10, TRANSPORT_CC: 3}


def test_an_id_has_one_meaning_on_the_whole_bundle() -> None:
    numbers = extmap.Numbers()
    assert extmap.read(section(f"4 {MID}"), numbers) == {MID: 4}
    assert extmap.read(section(f"4 {RID}", f"5 {TRANSPORT_CC}"), numbers) == {TRANSPORT_CC: 5}


def test_ids_that_need_two_byte_headers_or_make_no_sense_are_passed_over() -> None:
    odd = section(f"0 {MID}", f"15 {MID}", f"x {MID}", MID, "", f"3/sideways {MID}")
    assert extmap.read(odd, extmap.Numbers()) == {}


def test_a_direction_is_mirrored_in_the_answer() -> None:
    offered = section(f"9/sendonly {RID}", f"3 {MID}", f"6/recvonly {AUDIO_LEVEL}")
    answered = section()
    extmap.write(answered, {RID: 9, MID: 3, AUDIO_LEVEL: 6}, offered)
    assert answered.values("extmap") == [
        f"9/recvonly {RID}",
        f"3 {MID}",
        f"6/sendonly {AUDIO_LEVEL}",
    ]


def test_the_delay_of_pictures_is_agreed_on_where_a_room_asks_for_it() -> None:
    asked = ClientRules(delay=PlayoutDelay(100, 0))
    assert PLAYOUT_DELAY in extmap.to_client(Kind.VIDEO, asked)
    assert PLAYOUT_DELAY in extmap.both(Kind.VIDEO, asked)
    assert PLAYOUT_DELAY not in extmap.both(Kind.AUDIO, asked)
    assert PLAYOUT_DELAY not in extmap.both(Kind.VIDEO, ClientRules())
