"""Whether a PDF is nothing but paper: no programs, no files in it, no forms that are programs.

Its bytes stay as they are, since signatures and seals in a PDF cover them. pikepdf reads it as qpdf
does, objects in compressed streams too.
"""

import io
from collections.abc import Iterator

import pikepdf

from api.rules.contents import ContentError, Reason

KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})
NAMED = ("/S", "/Type", "/Subtype")
NAMES = frozenset(
    {"/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia", "/GoToE", "/ImportData", "/Rendition"}
)


def examine(data: bytes) -> None:
    """Raises ContentError."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            for one in pdf.objects:
                if any(_is_active(part) for part in _parts(one)):
                    raise ContentError(Reason.ACTIVE)
            if not len(pdf.pages):
                raise ContentError(Reason.DAMAGED)
    except pikepdf.PasswordError:
        raise ContentError(Reason.LOCKED) from None
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, OverflowError):
        raise ContentError(Reason.DAMAGED) from None


def _parts(one: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The dictionaries in it; what it refers to comes by itself."""
    waiting = [one]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Array):
            waiting += [item for item in part if _is_inner(item)]
        elif isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            yield part
            waiting += [item for _, item in part.items() if _is_inner(item)]


def _is_inner(item: object) -> bool:
    is_nested = isinstance(item, pikepdf.Array | pikepdf.Dictionary)
    return is_nested and not item.is_indirect  # type: ignore[attr-defined]


def _is_active(part: pikepdf.Object) -> bool:
    if not KEYS.isdisjoint(part.keys()):
        return True
    return any(str(part.get(name, "")) in NAMES for name in NAMED)
