"""Write a picture anew: what it shows stays, and nothing else of it.

EXIF (where and when, by which device), comments, previews and profiles of colour go, since only
pixels are carried over. Pillow: it decodes and encodes what browsers show, is fuzzed by its makers
all the time, and its wheels bring all that it needs.
"""

import io
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from api.rules.contents import ContentError, MediaType, Reason

MOST_PIXELS = 64_000_000
FORMATS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}


def rewrite(data: bytes, kind: MediaType) -> bytes:
    """Raises ContentError."""
    Image.MAX_IMAGE_PIXELS = None  # we count ourselves
    try:
        image = Image.open(io.BytesIO(data), formats=[FORMATS[kind]])
        if image.width * image.height > MOST_PIXELS:
            raise ContentError(Reason.TOO_MANY_PIXELS)
        # A JPEG with several is of a phone, and the first one is the picture.
        if kind is not MediaType.JPEG and getattr(image, "n_frames", 1) > 1:
            raise ContentError(Reason.MOVING)
        image.load()
        wishes = _wishes(image, kind, data)
        return _save(_plain(image), kind, wishes)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise ContentError(Reason.DAMAGED) from None


def _wishes(image: Image.Image, kind: MediaType, data: bytes) -> dict[str, Any]:
    """How it is to be saved: as good as it was."""
    match kind:
        case MediaType.JPEG:
            assert isinstance(image, JpegImageFile)
            sampling = get_sampling(image)
            tables = image.quantization if image.mode in ("L", "RGB") else None
            way: dict[str, Any] = {"qtables": tables} if tables else {"quality": 92}
            return {**way, "subsampling": sampling if sampling >= 0 else 0, "optimize": True}
        case MediaType.WEBP if b"VP8L" not in data[:256]:
            return {"quality": 92, "method": 2}
        case MediaType.WEBP:
            return {"lossless": True, "quality": 40, "method": 2}
    return {"compress_level": 5}


def _plain(image: Image.Image) -> Image.Image:
    """Its pixels, upright and in sRGB."""
    upright = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if profile and upright.mode in ("RGB", "RGBA", "CMYK"):
        upright = _in_srgb(upright, profile)
    if upright.mode == "CMYK":
        upright = upright.convert("RGB")
    plain = upright.copy()
    see_through = plain.info.get("transparency")
    plain.info = {} if see_through is None else {"transparency": see_through}
    return plain


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGB" if image.mode == "CMYK" else image.mode
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode=mode,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):  # of another kind of picture
        return image
    return image if converted is None else converted


def _save(image: Image.Image, kind: MediaType, wishes: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image.save(out, FORMATS[kind], **wishes)
    return out.getvalue()
