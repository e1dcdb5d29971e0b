"""What a file is, and that it is nothing else besides."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.contents import ContentError, MediaType, Reason, look
from tests.api.pictures import pdf, picture

GOOD = {
    MediaType.JPEG: picture("JPEG"),
    MediaType.PNG: picture("PNG"),
    MediaType.WEBP: picture("WEBP"),
    MediaType.PDF: pdf(),
}


def reason(data: bytes) -> Reason:
    with pytest.raises(ContentError) as caught:
        look(data)
    return caught.value.reason


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("Main.class", b"\xca\xfe\xba\xbe")
    return out.getvalue()


def commented(comment: bytes) -> bytes:
    """A JPEG with that in its second segment."""
    jpeg = GOOD[MediaType.JPEG]
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


@pytest.mark.parametrize("kind", MediaType)
def test_what_is_taken_is_known_by_its_content(kind: MediaType) -> None:
    assert look(GOOD[kind]) is kind
    assert kind.suffix in (".jpg", ".png", ".webp", ".pdf")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"alert(document.cookie)",
        b"MZ" + bytes(100),
        b"\x7fELF" + bytes(100),
        b"RIFF\x04\x00\x00\x00WAVE",
        archive(),
        b" " + pdf(),  # readers would take it, and browsers for something else
    ],
)
def test_all_else_is_refused(data: bytes) -> None:
    assert reason(data) is Reason.WRONG_TYPE


APPENDED: dict[str, Callable[[], bytes]] = {
    "archive": archive,
    "page": lambda: b"<html><script>alert(1)</script>",
    "program": lambda: b"MZ" + bytes(64),
    "paper": pdf,
    "byte": lambda: b"x",
}


@pytest.mark.parametrize("what", APPENDED)
@pytest.mark.parametrize("kind", MediaType)
def test_nothing_follows_the_end(kind: MediaType, what: str) -> None:
    data = GOOD[kind] + APPENDED[what]()
    if (kind, what) == (MediaType.PDF, "paper"):  # a PDF that was added to is one
        assert look(data) is kind
        return
    assert reason(data) is Reason.TWO_TYPES


def test_a_picture_of_a_phone_may_have_others_behind_it() -> None:
    jpeg = GOOD[MediaType.JPEG]
    assert look(jpeg + jpeg + bytes(3)) is MediaType.JPEG
    assert reason(jpeg + jpeg + archive()) is Reason.TWO_TYPES


@pytest.mark.parametrize(
    "hidden",
    [
        b"%PDF-1.7\n1 0 obj",
        b"*/=1;<script>alert(1)</script>",
        b"<svg onload=alert(1)>",
        b"<?php system($_GET[0]); ?>",
        b"Rar!\x1a\x07\x00",
    ],
)
def test_nothing_else_is_hidden_in_a_comment(hidden: bytes) -> None:
    assert look(commented(b"a picture")) is MediaType.JPEG
    assert reason(commented(hidden)) is Reason.TWO_TYPES


def test_what_stands_where_another_format_looks_is_found() -> None:
    head = 6  # of the comment
    for place, mark in ((257, b"ustar"), (128, b"DICM"), (0x8001, b"CD001")):
        data = commented(bytes(place - head) + mark + bytes(9))
        assert data[place:].startswith(mark)
        assert reason(data) is Reason.TWO_TYPES


def test_an_archive_in_a_comment_is_one_even_so() -> None:
    assert reason(commented(archive())) is Reason.TWO_TYPES


@pytest.mark.parametrize("kind", MediaType)
def test_what_was_cut_off_is_refused(kind: MediaType) -> None:
    whole = GOOD[kind]
    for size in range(12, len(whole) - 1, max(1, len(whole) // 50)):
        assert reason(whole[:size]) in (Reason.DAMAGED, Reason.WRONG_TYPE), size


STARTS = st.sampled_from(
    [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\4\0\0\0WEBP", b"%PDF-"]
)


@given(STARTS, st.binary(max_size=200))
def test_any_bytes_are_known_or_refused(start: bytes, rest: bytes) -> None:
    try:
        kind = look(start + rest)
    except ContentError:
        return
    assert kind in MediaType


@given(st.sampled_from(list(MediaType)), st.data())
def test_a_file_in_which_something_was_changed_is_known_or_refused(
    kind: MediaType, data: st.DataObject
) -> None:
    content = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        known = look(bytes(content))
    except ContentError:
        return
    assert known in MediaType
