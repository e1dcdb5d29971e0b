"""Pictures and papers to send, made here."""

import io
from functools import cache
from typing import Any

import pikepdf
from PIL import Image

SECRET = "52 North Street"  # what no picture that is kept says


@cache
def picture(kind: str = "JPEG", *, is_told: bool = True) -> bytes:
    """Small, in colours, on its side; `is_told`: with where it was taken and by whom."""
    image = Image.new("RGB", (40, 24), (200, 30, 30))
    image.paste((20, 40, 220), (0, 0, 20, 12))
    wishes: dict[str, Any] = {}
    if is_told:
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        exif[0x010E] = SECRET
        exif.get_ifd(0x8825)[1] = "N"
        wishes["exif"] = exif
        if kind == "JPEG":
            wishes["comment"] = SECRET.encode()
    out = io.BytesIO()
    image.save(out, kind, **wishes)
    return out.getvalue()


def pdf(change: Any = None, **wishes: Any) -> bytes:
    """One page. `change` is told of it before it is written."""
    out = io.BytesIO()
    with pikepdf.new() as paper:
        paper.add_blank_page(page_size=(200, 200))
        if change is not None:
            change(paper)
        paper.save(out, deterministic_id="encryption" not in wishes, **wishes)
    return out.getvalue()
