"""Files are looked through in a process of their own, and come back without what they told."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageCms

from api.files import examining
from api.files.documents import examine
from api.files.examining import Examiner
from api.files.rewriting import rewrite
from api.rules.contents import ContentError, MediaType, Reason
from tests.api.pictures import SECRET, pdf, picture

pytestmark = pytest.mark.anyio


def shown(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def reason_of(data: bytes, kind: MediaType) -> Reason:
    with pytest.raises(ContentError) as caught:
        rewrite(data, kind)
    return caught.value.reason


@pytest.mark.parametrize("kind", [MediaType.JPEG, MediaType.PNG, MediaType.WEBP])
def test_a_picture_keeps_its_pixels_and_loses_what_it_tells(kind: MediaType) -> None:
    name = kind.value.partition("/")[2].upper()
    sent = picture(name)
    assert SECRET.encode() in sent

    kept = rewrite(sent, kind)
    image = shown(kept)
    assert SECRET.encode() not in kept
    assert not image.getexif()
    assert {"exif", "icc_profile", "comment", "xmp", "dpi"}.isdisjoint(image.info)
    assert image.size == (24, 40)  # upright
    red, blue = image.convert("RGB").getpixel((5, 30)), image.convert("RGB").getpixel((20, 5))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 150 > red[2]
    assert blue[2] > 150 > blue[0]


def test_a_jpeg_is_written_as_finely_as_it_was() -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=97, subsampling=0)
    kept = shown(rewrite(out.getvalue(), MediaType.JPEG))

    sent = shown(out.getvalue())
    assert kept.quantization == sent.quantization  # type: ignore[attr-defined]
    pairs = zip(sent.convert("L").tobytes(), kept.convert("L").tobytes(), strict=True)
    assert max(abs(one - other) for one, other in pairs) <= 3


def test_colours_of_a_profile_become_those_of_all_screens() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, lab, b"no profile"):  # those of something else are left alone
        out = io.BytesIO()
        Image.new("RGB", (8, 8), (10, 200, 30)).save(out, "PNG", icc_profile=profile)
        image = shown(rewrite(out.getvalue(), MediaType.PNG))
        assert "icc_profile" not in image.info
        assert image.getpixel((1, 1)) == (10, 200, 30)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_a_png_keeps_what_it_is_made_of(mode: str) -> None:
    out = io.BytesIO()
    image = Image.new("RGBA", (9, 7), (10, 200, 30, 90))
    made = image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode)
    made.save(out, "PNG")
    assert shown(rewrite(out.getvalue(), MediaType.PNG)).mode == shown(out.getvalue()).mode


def test_a_picture_in_printers_colours_is_shown_in_a_screen_s() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(out, "JPEG")
    assert shown(rewrite(out.getvalue(), MediaType.JPEG)).mode == "RGB"


def test_a_picture_that_moves_is_refused() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in (MediaType.PNG, MediaType.WEBP):
        out = io.BytesIO()
        name = kind.value.partition("/")[2].upper()
        frames[0].save(out, name, save_all=True, append_images=frames[1:])
        assert reason_of(out.getvalue(), kind) is Reason.MOVING


def huge(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    assert reason_of(huge(60_000, 60_000), MediaType.PNG) is Reason.TOO_MANY_PIXELS
    assert reason_of(huge(10, 10), MediaType.PNG) is Reason.DAMAGED


def active(paper: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    paper.Root.OpenAction = action


def launching(paper: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
    note = pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=action, Rect=[0, 0, 9, 9])
    paper.pages[0].Annots = pikepdf.Array([note])


def carrying(paper: pikepdf.Pdf) -> None:
    paper.attachments["tool.exe"] = b"MZ"


def form(paper: pikepdf.Pdf) -> None:
    paper.Root.AcroForm = pikepdf.Dictionary(XFA=pikepdf.Array([]))


PACKED = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
LOCKED = {"encryption": pikepdf.Encryption(owner="o", user="u")}


@pytest.mark.parametrize("wishes", [{}, PACKED], ids=["plain", "packed"])
@pytest.mark.parametrize("change", [active, launching, carrying, form])
def test_a_paper_is_nothing_but_paper(change: Any, wishes: dict[str, Any]) -> None:
    examine(pdf(**wishes))
    with pytest.raises(ContentError) as caught:
        examine(pdf(change, **wishes))
    assert caught.value.reason is Reason.ACTIVE


def test_a_paper_that_is_locked_or_broken_is_refused() -> None:
    with pytest.raises(ContentError) as caught:
        examine(pdf(**LOCKED))
    assert caught.value.reason is Reason.LOCKED
    with pytest.raises(ContentError) as caught:
        examine(b"%PDF-1.7\n%%EOF\n")
    assert caught.value.reason is Reason.DAMAGED


async def test_a_process_looks_them_through() -> None:
    examiner, paper = Examiner(), pdf()
    assert (await examiner.examine(paper)).content == paper  # signatures in it stay good
    done = await examiner.examine(picture())
    assert done.kind is MediaType.JPEG
    assert SECRET.encode() not in done.content
    for data, reason in ((b"no", Reason.WRONG_TYPE), (huge(9, 9), Reason.DAMAGED)):
        with pytest.raises(ContentError) as caught:
            await examiner.examine(data)
        assert caught.value.reason is reason


async def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "SECONDS", 0.0)
    with pytest.raises(ContentError) as caught:
        await Examiner().examine(picture())
    assert caught.value.reason is Reason.TOO_COMPLEX


async def test_one_that_falls_takes_nobody_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Here: since its first module ends it, as a fault of a decoder would."""
    (tmp_path / "sitecustomize.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ContentError) as caught:
        await Examiner().examine(picture())
    assert caught.value.reason is Reason.TOO_COMPLEX


async def test_it_is_told_no_secret_of_the_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = "import os; os.write(1, repr(sorted(os.environ)).encode()); os._exit(0)"
    (tmp_path / "sitecustomize.py").write_text(told)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HOUSECALL_CLINIC_MAIL_PASSWORD", "secret")

    answer = (await examining.ask(picture())).decode()
    assert "PYTHONPATH" in answer
    assert "HOUSECALL" not in answer
