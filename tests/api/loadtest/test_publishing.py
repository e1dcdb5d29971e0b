"""What a participant sends, as its headers tell it."""

from api.loadtest.clips import Clip, Library, Recording
from api.loadtest.control import Asked, Control
from api.loadtest.conversation import AUDIO_CID, VIDEO_CID
from api.loadtest.description import RTX
from api.loadtest.headers import MID_ID, REPAIRED_ID, RID_ID, Template
from api.loadtest.outgoing import Outgoing
from api.loadtest.publishing import add_streams
from sfu.extensions import locate
from sfu.rtp import Header
from tests.api.loadtest.receiving import Desk

VOICE = 77


def desk() -> tuple[Control, Recording]:
    library = Library()
    clips = [Clip(0, 1, 3000, is_video=True)] * 3
    outgoing = Outgoing(library, 8, 1)
    control = Control(0, outgoing, Desk().incoming, Asked())
    return control, Recording(library, Clip(0, 1, 960, is_video=False), clips)


def elements(head: Template) -> dict[int, bytes]:
    header = Header()
    assert header.read(head.data, len(head.data))
    places = locate(head.data, header.profile, header.extension, header.extension_end)
    return {number: head.data[at : at + size] for number, (at, size) in places.items()}


def test_a_voice_and_three_layers_are_sent() -> None:
    control, recording = desk()

    streams = add_streams(control, recording, {AUDIO_CID: "1", VIDEO_CID: "2"}, VOICE)

    assert [stream.row for stream in streams] == [0, 1, 2, 3]
    assert next(iter(control.sent)) == VOICE


def test_a_repair_says_of_which_layer_it_is() -> None:
    control, recording = desk()

    add_streams(control, recording, {VIDEO_CID: "2"}, VOICE)

    for rid, sent in zip((b"q", b"h", b"f"), control.sent.values(), strict=True):
        found = elements(sent.rtx)
        assert (found[MID_ID], found[REPAIRED_ID]) == (b"2", rid)
        assert RID_ID not in found
        assert sent.rtx.data[1] == RTX
