"""Pictures are made anew: nothing but the picture stays, and nothing too large goes through."""

import io
import zlib
from typing import Any

import pytest
from PIL import Image

from cmhub.errors import Invalid
from cmhub.services.pictures import MOST_BYTES, clean_picture


def _picture(kind: str, size: tuple[int, int] = (300, 100), mode: str = "RGB", **how: Any) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "red").save(made, kind, **how)
    return made.getvalue()


def _opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def _reason(data: bytes) -> object:
    with pytest.raises(Invalid) as caught:
        clean_picture(data, most_side=100)
    return caught.value.params["reason"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_becomes_a_small_png(kind: str) -> None:
    made = _opened(clean_picture(_picture(kind), most_side=120))
    assert (made.format, made.size) == ("PNG", (120, 40))


def test_a_small_picture_does_not_grow() -> None:
    assert _opened(clean_picture(_picture("PNG", (20, 10)), most_side=256)).size == (20, 10)


def test_what_is_clear_stays_clear() -> None:
    sheet = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(sheet, "PNG")
    assert _opened(clean_picture(sheet.getvalue(), most_side=10)).getpixel((5, 5)) == (255, 0, 0, 0)


def test_metadata_and_what_hides_behind_go() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 48.85 N 2.35 E"
    exif[0x0112] = 6
    given = _picture("JPEG", exif=exif, comment=b"secret comment") + b"<script>alert(1)</script>"
    cleaned = clean_picture(given, most_side=300)
    assert b"taken at home" not in cleaned
    assert b"secret" not in cleaned
    assert b"script" not in cleaned
    made = _opened(cleaned)
    assert (dict(made.getexif()), made.size) == ({}, (100, 300))


def _huge_png(side: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    head = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [7_000, 20_000, 100_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    assert _reason(_huge_png(side)) == "picture_too_many_pixels"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.4",
        _picture("PNG")[:60],
        _picture("BMP"),
        _picture("TIFF"),
        b"GIF89a" + b"\xff" * 50,
    ],
)
def test_what_is_no_picture_is_told(data: bytes) -> None:
    assert _reason(data) == "no_picture"


def test_a_heavy_one_is_told() -> None:
    assert _reason(b"\x89PNG" + bytes(MOST_BYTES)) == "picture_too_large"
