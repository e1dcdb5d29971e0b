"""What a file is, judged by its bytes alone: neither its name nor what its sender says counts.

Taken are pictures and PDF, nothing else. What is two things at once is refused: a picture behind
whose end something follows, or one that is an archive, a page or a program to whoever looks at it
in another way (polyglots: GIFAR, PDF in JPEG, scripts in comments).
"""

import io
import zipfile
from enum import StrEnum

from api.rules.pictures import PictureError, end_of_jpeg, end_of_png, end_of_webp

LARGEST = 50 * 2**20  # bytes of a file
HEAD = 1024  # bytes in which programs look for what something is
TAIL = 2048  # bytes that may follow the last %%EOF, if they are blank


class MediaType(StrEnum):
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"

    @property
    def suffix(self) -> str:
        return SUFFIXES[self]


SUFFIXES = {
    MediaType.JPEG: ".jpg",
    MediaType.PNG: ".png",
    MediaType.WEBP: ".webp",
    MediaType.PDF: ".pdf",
}
PICTURES = frozenset(MediaType) - {MediaType.PDF}


class Reason(StrEnum):
    """Why a file is not taken."""

    WRONG_TYPE = "wrong_type"
    TWO_TYPES = "two_types"
    DAMAGED = "damaged_file"
    ACTIVE = "active_content"
    LOCKED = "locked_file"
    TOO_MANY_PIXELS = "too_many_pixels"
    MOVING = "moving_picture"
    TOO_COMPLEX = "too_complex"


SENTENCES = {
    Reason.WRONG_TYPE: "Files are JPEG, PNG, WebP or PDF: save it as one of these, or print it "
    "to PDF.",
    Reason.TWO_TYPES: "This file is two things at once: something is hidden in it, or follows its "
    "end. Save it anew as a plain picture or PDF.",
    Reason.DAMAGED: "This file is damaged, or not whole: send the original once more.",
    Reason.ACTIVE: "This PDF holds a program, a form that is one, or other files: print it to a "
    "new PDF and send that.",
    Reason.LOCKED: "This PDF is locked with a password: save it without one.",
    Reason.TOO_MANY_PIXELS: "This picture has more than 64 million pixels: make it smaller.",
    Reason.MOVING: "This picture moves: save the one frame that matters.",
    Reason.TOO_COMPLEX: "This file takes too long to be looked through: print it to a new PDF, or "
    "make the picture smaller.",
}


class ContentError(Exception):
    """A file that is not taken."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason


def look(data: bytes) -> MediaType:
    """What it is, and nothing else besides. Raises ContentError."""
    kind = _kind(data)
    try:
        _check_end(data, kind)
    except PictureError:
        raise ContentError(Reason.DAMAGED) from None
    if _is_more(data, kind):
        raise ContentError(Reason.TWO_TYPES)
    return kind


def _kind(data: bytes) -> MediaType:
    if data.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return MediaType.WEBP
    if data.startswith(b"%PDF-"):  # elsewhere readers look for it too, but there it is hidden
        return MediaType.PDF
    raise ContentError(Reason.WRONG_TYPE)


def _check_end(data: bytes, kind: MediaType) -> None:
    """Nothing follows. Raises ContentError, PictureError."""
    match kind:
        case MediaType.JPEG:
            end = end_of_jpeg(data)
            # Phones append further pictures (a preview, the brightness): they are left out later.
            while data.startswith(b"\xff\xd8\xff", end):
                end = end_of_jpeg(data, end)
        case MediaType.PNG:
            end = end_of_png(data)
        case MediaType.WEBP:
            end = end_of_webp(data)
        case MediaType.PDF:
            end = data.rfind(b"%%EOF") + 5
            if end < 5:
                raise ContentError(Reason.DAMAGED)
            if len(data) - end > TAIL or data[end:].strip(b"\0\t\r\n\f "):
                raise ContentError(Reason.TWO_TYPES)
            return
    if data[end:].strip(b"\0"):
        raise ContentError(Reason.TWO_TYPES)


# In the head of a file these make it a page to whoever guesses.
PAGES = (b"<html", b"<!doctype", b"<script", b"<svg", b"<body", b"<iframe", b"<?php")
# Long enough that no picture has them by chance.
ANYWHERE = (b"<script", b"<?php ", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
# Formats that are known by what stands at some place, whatever comes before.
PLACES = ((257, b"ustar"), (128, b"DICM"), (0x8001, b"CD001"), (0x8801, b"CD001"))


def _is_more(data: bytes, kind: MediaType) -> bool:
    head = data[:HEAD].lower()
    if any(mark in head for mark in PAGES):
        return True
    if any(data.startswith(mark, place) for place, mark in PLACES):
        return True
    if zipfile.is_zipfile(io.BytesIO(data)):  # Java's and Office's are too
        return True
    if kind is MediaType.PDF:
        return False
    return b"%pdf-" in head or any(mark in data for mark in ANYWHERE)
