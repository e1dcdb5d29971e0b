import pytest

from sfu.media import Kind
from signaling.negotiation.offer import Offer
from signaling.negotiation.outcome import NegotiationError
from tests.signaling.negotiation.negotiating import offer_names, text, with_direction


@pytest.mark.parametrize("name", offer_names())
def test_real_offers_are_taken_whole(name: str) -> None:
    offer = Offer.parse(text(name))
    assert offer.accepted == offer.description.bundle
    assert offer.data is not None


def test_a_section_sends_when_it_has_a_track_and_the_direction() -> None:
    media = Offer.parse(text("chromium_unpublished")).media
    assert (media["7"].kind, media["7"].sends, media["7"].receives) == (Kind.AUDIO, True, False)
    assert (media["8"].sends, media["8"].receives) == (False, False)
    assert (media["0"].sends, media["0"].receives) == (False, True)


def test_the_track_may_be_named_in_an_ssrc_line() -> None:
    lines = text("chromium_publishing").splitlines(keepends=True)
    offer = "".join(line for line in lines if not line.startswith("a=msid:"))
    assert Offer.parse(offer).media["7"].track_id == "6c95cf36-0355-46be-925a-c7b9d566d31a"


def test_a_direction_without_a_track_sends_nothing() -> None:
    assert (
        not Offer.parse(with_direction(text("chromium_join"), {"0": "sendrecv"})).media["0"].sends
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=mid:1", "a=mid:0"),
        ("UDP/", "TCP/X/"),
        ("a=ice-pwd:", "a=ice-p:"),
        ("a=fingerprint:", "a=f:"),
        ("v=0", "v=1"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(old: str, new: str) -> None:
    with pytest.raises(NegotiationError, match=r"\w+ \w+"):
        Offer.parse(text("chromium_join").replace(old, new))
