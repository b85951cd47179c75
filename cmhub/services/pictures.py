"""Pictures that people bring: made anew, so that nothing but the picture is kept."""

import io

from PIL import Image, ImageOps

from cmhub.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def clean_picture(data: bytes, *, most_side: int) -> bytes:
    """Return the picture as a PNG, turned upright, at most ``most_side`` pixels wide and high.

    Metadata, profiles, further frames and whatever hides behind the picture are gone. It takes
    time: call it by ``cpu()``.

    Raises:
        Invalid: it is no picture of a known format, is broken, or is too large.
    """
    if len(data) > MOST_BYTES:
        raise Invalid("picture_too_large", most=MOST_BYTES // (1024 * 1024))
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid("picture_too_many_pixels", most=MOST_PIXELS // 1_000_000)
            upright = ImageOps.exif_transpose(opened)
            return _drawn(upright, most_side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid("picture_too_many_pixels", most=MOST_PIXELS // 1_000_000) from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        raise Invalid("no_picture") from None


def _drawn(picture: Image.Image, most_side: int) -> bytes:
    clear = picture.has_transparency_data
    plain = picture.convert("RGBA" if clear else "RGB")
    plain.thumbnail((most_side, most_side), Image.Resampling.LANCZOS)
    # Drawn on a fresh sheet, which knows nothing of where the picture came from.
    sheet = Image.new(plain.mode, plain.size)
    sheet.paste(plain)
    written = io.BytesIO()
    sheet.save(written, "PNG", optimize=True)
    return written.getvalue()
