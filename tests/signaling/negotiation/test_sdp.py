from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.negotiation.sdp import MAX_SECTIONS, Description, SdpError, Section, number
from tests.signaling.negotiation.negotiating import OFFERS, text

HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"


def test_a_description_is_read_with_its_sections() -> None:
    description = Description.parse(
        f"{HEAD}a=group:BUNDLE 0\r\n{AUDIO}a=sendonly\r\na=x:1\r\na=x:2\r\n"
    )

    [section] = description.sections
    assert description.bundle == ["0"]
    assert (section.kind, section.port, section.formats) == ("audio", 9, ["111"])
    assert section.mid == "0"
    assert section.direction == "sendonly"
    assert section.values("x") == ["1", "2"]


def test_lines_may_end_with_a_bare_line_feed() -> None:
    assert Description.parse((HEAD + AUDIO).replace("\r\n", "\n")).sections[0].mid == "0"


def test_a_section_without_a_direction_is_sendrecv() -> None:
    assert Section("audio", "UDP/TLS/RTP/SAVPF", ["0"]).direction == "sendrecv"


def test_port_zero_means_refused_unless_the_section_is_bundle_only() -> None:
    section = Section("audio", "UDP/TLS/RTP/SAVPF", ["0"], port=0)
    assert section.is_refused
    section.add("bundle-only")
    assert not section.is_refused


def test_what_a_section_lacks_the_session_gives() -> None:
    description = Description.parse(f"{HEAD}a=setup:active\r\n{AUDIO}")
    assert description.values("setup", description.sections[0]) == ["active"]
    description.sections[0].add("setup", "passive")
    assert description.values("setup", description.sections[0]) == ["passive"]


@pytest.mark.parametrize("name", sorted(path.stem for path in OFFERS.glob("*.sdp")))
def test_a_real_description_says_the_same_after_writing(name: str) -> None:
    description = Description.parse(text(name))
    assert Description.parse(str(description)).sections == description.sections


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "m=audio 9 X 0\r\n",
        f"{HEAD}m=audio\r\n",
        f"{HEAD}m=audio x UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n",
        f"{HEAD}m=audio 70000 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n",
        f"{HEAD}m=audio 9 UDP//SAVPF 0\r\na=mid:0\r\n",
        f"{HEAD}m=audio 9 UDP/TLS/RTP/SAVPF \r\na=mid:0\r\n",
        f"{HEAD}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n",
        f"{HEAD}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a b\r\n",
        f"{HEAD}{AUDIO}a=x:1\rm=video\r\n",
        f"{HEAD}{AUDIO}{AUDIO}",
        HEAD + "x" * 600_000,
        HEAD + "".join(AUDIO.replace("mid:0", f"mid:{n}") for n in range(MAX_SECTIONS + 1)),
    ],
)
def test_what_is_no_description_is_refused(bad: str) -> None:
    with pytest.raises(SdpError):
        Description.parse(bad)


@pytest.mark.parametrize("bad", ["", "-1", "1.0", "٣", "11", "9" * 5000, " 1"])
def test_only_plain_decimal_numbers_within_the_limit_are_numbers(bad: str) -> None:
    assert number(bad, 10) is None
    assert number("10", 10) == 10


LINES = st.sampled_from(["a=", "m=audio ", "a=mid:", "a=rtpmap:", "a=group:BUNDLE ", "v=0", "c="])


@given(st.lists(st.tuples(LINES, st.text(max_size=20)), max_size=30))
def test_any_text_is_read_or_refused(lines: list[tuple[str, str]]) -> None:
    with suppress(SdpError):
        Description.parse(HEAD + "\r\n".join(map("".join, lines)))
