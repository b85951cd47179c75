"""Logos of the demo's clients, drawn here: a sheet in their colour with one white sign on it."""

import io
from collections.abc import Callable, Mapping
from math import cos, pi, sin

from PIL import Image, ImageDraw

SIDE = 256
_WHITE = "#ffffff"
_Pen = ImageDraw.ImageDraw


def emblem(key: str, colour: str) -> bytes:
    """Return the logo of a client as a PNG."""
    sheet = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle((0, 0, SIDE - 1, SIDE - 1), 52, fill=colour)
    _SIGNS[key](pen, colour)
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _peaks(pen: _Pen, colour: str) -> None:
    pen.polygon([(30, 196), (104, 70), (178, 196)], fill=_WHITE)
    pen.polygon([(128, 196), (176, 112), (226, 196)], fill=_WHITE)
    pen.line([(104, 70), (128, 196)], fill=colour, width=8)


def _arch(pen: _Pen, colour: str) -> None:
    pen.rectangle((48, 124, 208, 204), fill=_WHITE)
    pen.pieslice((48, 44, 208, 204), 180, 360, fill=_WHITE)
    pen.pieslice((92, 92, 164, 164), 180, 360, fill=colour)
    pen.rectangle((92, 128, 164, 204), fill=colour)


def _gear(pen: _Pen, colour: str) -> None:
    for number in range(8):
        x, y = 128 + 84 * cos(number * pi / 4), 128 + 84 * sin(number * pi / 4)
        pen.ellipse((x - 22, y - 22, x + 22, y + 22), fill=_WHITE)
    pen.ellipse((54, 54, 202, 202), fill=_WHITE)
    pen.ellipse((98, 98, 158, 158), fill=colour)


def _drop(pen: _Pen, colour: str) -> None:
    pen.polygon([(128, 36), (70, 140), (186, 140)], fill=_WHITE)
    pen.ellipse((64, 96, 192, 224), fill=_WHITE)
    pen.arc((90, 122, 166, 198), 40, 130, fill=colour, width=10)


def _mist(pen: _Pen, colour: str) -> None:
    pen.ellipse((84, 44, 172, 132), fill=_WHITE)
    for y, left, right in ((148, 40, 200), (176, 60, 222), (204, 36, 176)):
        pen.rounded_rectangle((left, y, right, y + 14), 7, fill=_WHITE)


def _route(pen: _Pen, colour: str) -> None:
    pen.line([(60, 196), (60, 128), (196, 128), (196, 60)], fill=_WHITE, width=20, joint="curve")
    for x, y in ((60, 196), (128, 128), (196, 60)):
        pen.ellipse((x - 26, y - 26, x + 26, y + 26), fill=_WHITE)
        pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=colour)


def _sieve(pen: _Pen, colour: str) -> None:
    pen.ellipse((40, 40, 216, 216), fill=_WHITE)
    for x in range(84, 180, 30):
        for y in range(84, 180, 30):
            pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill=colour)


def _dial(pen: _Pen, colour: str) -> None:
    pen.ellipse((40, 40, 216, 216), fill=_WHITE)
    pen.ellipse((58, 58, 198, 198), fill=colour)
    pen.line([(128, 80), (128, 128), (162, 150)], fill=_WHITE, width=14, joint="curve")


def _die(pen: _Pen, colour: str) -> None:
    pen.rounded_rectangle((52, 52, 204, 204), 28, fill=_WHITE)
    for x, y in ((92, 92), (164, 92), (128, 128), (92, 164), (164, 164)):
        pen.ellipse((x - 14, y - 14, x + 14, y + 14), fill=colour)


def _sprout(pen: _Pen, colour: str) -> None:
    pen.line([(128, 216), (128, 116)], fill=_WHITE, width=16)
    pen.pieslice((24, 46, 184, 206), 270, 360, fill=_WHITE)
    pen.pieslice((128, 72, 256, 200), 180, 270, fill=_WHITE)


def _ledger(pen: _Pen, colour: str) -> None:
    pen.rounded_rectangle((56, 44, 200, 212), 16, fill=_WHITE)
    for y, right in ((82, 176), (116, 176), (150, 140)):
        pen.rounded_rectangle((80, y, right, y + 14), 7, fill=colour)


def _wave(pen: _Pen, colour: str) -> None:
    for y in (96, 136, 176):
        points = [(x, y + 14 * sin(x / 22)) for x in range(40, 218, 4)]
        pen.line(points, fill=_WHITE, width=16, joint="curve")


_SIGNS: Mapping[str, Callable[[_Pen, str], None]] = {
    "sentiers": _peaks,
    "aubrelle": _arch,
    "reparer": _gear,
    "seralune": _drop,
    "brume": _mist,
    "sorlin": _route,
    "tamis": _sieve,
    "vauclerc": _dial,
    "gannet": _die,
    "furrow": _sprout,
    "ledgerlark": _ledger,
    "fenwatch": _wave,
}
