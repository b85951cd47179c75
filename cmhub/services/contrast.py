"""Colours that can be read: contrast by WCAG, and the nearest shade of a colour that has it.

Relative luminance and contrast ratio are those of WCAG 2.2
(https://www.w3.org/TR/WCAG22/#dfn-relative-luminance, #dfn-contrast-ratio). Shades keep hue and
chroma in OKLCH (Björn Ottosson, "A perceptual color space for image processing", 2020,
https://bottosson.github.io/posts/oklab/), so that a lighter blue is still that blue.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

AA = 4.5
"""The contrast that WCAG 2.2 asks of text at level AA (success criterion 1.4.3)."""
_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_WHITE, _INK = "#ffffff", "#06191f"
# The surfaces of `assets/cmhub.css` that the primary colour is written on, in each theme; chosen
# entries of menus and lists add 12 % of the colour itself.
_LIGHT = ("#fffefc", "#f7f5f1", "#efece5")
_DARK = ("#211f1b", "#191714", "#2b2824")
_TINT = 0.12
_STEPS = 200

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Brand:
    """A primary colour in both themes, each with the colour of what is written on it."""

    light: str
    light_content: str
    dark: str
    dark_content: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a colour can be read in the light theme, how well, and the nearest shade that can.

    ``ratio`` is the lowest contrast against any surface, rounded down to a tenth.
    """

    colour: str
    good: bool
    ratio: float
    shade: str
    brand: Brand


def parse_colour(value: str) -> str | None:
    """Return ``#rrggbb`` for what people write as a colour, or nothing when it is none."""
    found = _HEX.fullmatch(value.strip())
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * one for one in digits))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    brighter, darker = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=1024)
def judge(colour: str) -> Verdict:
    """Judge a colour, ``#rrggbb``, as the primary one of the light theme; the dark follows it."""
    ratio = _lowest(colour, _LIGHT)
    shade = _nearest(colour, _LIGHT)
    return Verdict(colour, ratio >= AA, math.floor(ratio * 10) / 10, shade, _brand(shade))


def brand_of(colour: str) -> Brand:
    """The colour in both themes: itself or its nearest shade that can be read there."""
    return judge(colour).brand


def style_of(brand: Brand) -> str:
    """The style that puts a brand on a page: two variables a theme, and nothing else."""
    return "".join(
        f':root[data-theme="{theme}"]{{--color-primary:{colour};--color-primary-content:{content}}}'
        for theme, colour, content in (
            ("cmhub", brand.light, brand.light_content),
            ("cmhub-dark", brand.dark, brand.dark_content),
        )
    )


def _brand(light: str) -> Brand:
    dark = _nearest(light, _DARK)
    return Brand(light, _content(light), dark, _content(dark))


def _content(colour: str) -> str:
    return max((_WHITE, _INK), key=lambda one: contrast(one, colour))


def _lowest(colour: str, surfaces: Sequence[str]) -> float:
    """The lowest contrast against the surfaces, bare and tinted, and with what it carries."""
    tinted = [_over(colour, surface) for surface in surfaces]
    against = min(contrast(colour, surface) for surface in (*surfaces, *tinted))
    return min(against, contrast(colour, _content(colour)))


def _over(colour: str, surface: str) -> str:
    mixed = (_TINT * a + (1 - _TINT) * b for a, b in zip(_rgb(colour), _rgb(surface), strict=True))
    return _hex(tuple(mixed))  # pyright: ignore[reportArgumentType]  # three of three


def _nearest(colour: str, surfaces: Sequence[str]) -> str:
    """The shade of least change in lightness that can be read on all the surfaces."""
    if _lowest(colour, surfaces) >= AA:
        return colour
    lightness, chroma, hue = _lch(_rgb(colour))
    tried = sorted(
        (step / _STEPS for step in range(_STEPS + 1)), key=lambda one: abs(one - lightness)
    )
    shades = (_shade(one, chroma, hue) for one in tried)
    return next(shade for shade in shades if _lowest(shade, surfaces) >= AA)


def _shade(lightness: float, chroma: float, hue: float) -> str:
    """The colour of this lightness and hue with as much of the chroma as sRGB can show."""
    low, high = 0.0, chroma
    for _ in range(12):
        middle = (low + high) / 2
        inside = all(-1e-4 <= one <= 1.0001 for one in _from_lch(lightness, middle, hue))
        low, high = (middle, high) if inside else (low, middle)
    best = chroma if high == chroma else low
    return _hex(_from_lch(lightness, best, hue))


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, one))):02x}" for one in rgb)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    channel = max(0.0, channel) if channel > -1e-4 else channel
    if channel < 0:
        return channel
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _luminance(rgb: Rgb) -> float:
    red, green, blue = map(_linear, rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lch(rgb: Rgb) -> tuple[float, float, float]:
    red, green, blue = map(_linear, rgb)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _from_lch(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )
