"""JSON that is long to read is not read."""

import pytest
from livekit.protocol import rtc

from signaling import protojson
from signaling.protojson import MAX_ELEMENTS, JsonError

LISTS = [
    '{"subscription":{"participantTracks":[' + "{}," * 600_000 + "{}]}}",
    '{"subscription":{"trackSids":[' + '"a",' * 400_000 + '"a"]}}',
    '{"unknown":[' + "[]," * 600_000 + "[]]}",
    "[" * 2_000_000,
]


@pytest.mark.parametrize("text", LISTS, ids=["messages", "strings", "unknown", "brackets"])
def test_a_list_without_end_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(JsonError, match="more elements"):
        protojson.parse(text, rtc.SignalRequest())


def test_a_long_string_is_no_long_list() -> None:
    sdp = "v=0\r\n" * 300_000
    request = protojson.parse(
        f'{{"offer":{{"sdp":{sdp!r}}}}}'.replace("'", '"'), rtc.SignalRequest()
    )

    assert request.offer.sdp == sdp


def test_as_many_elements_as_anybody_needs_are_read() -> None:
    tracks = ",".join(['"TR_1"'] * (MAX_ELEMENTS - 10))
    text = '{"subscription":{"trackSids":[' + tracks + "]}}"

    assert len(protojson.parse(text, rtc.SignalRequest()).subscription.track_sids) > 10_000


def test_the_error_says_nothing_of_what_was_there() -> None:
    with pytest.raises(JsonError) as caught:
        protojson.parse('{"mute": {"muted": "Ann Field"}}', rtc.SignalRequest())

    assert "Ann" not in str(caught.value)
