"""Colours that can be read, against the numbers that WCAG itself gives."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmhub.config import PROJECT
from cmhub.services.contrast import AA, Brand, brand_of, contrast, judge, parse_colour, style_of

COLOURS = st.integers(0, 0xFFFFFF).map(lambda one: f"#{one:06x}")
STYLES = (PROJECT / "assets" / "cmhub.css").read_text()


def _surfaces(theme: str) -> list[str]:
    """The surfaces of a theme, as the style sheet has them."""
    block = STYLES.split(f'[data-theme="{theme}"] {{', 1)[1].split("}", 1)[0]
    found = re.findall(r"--(?:color-base-100|color-base-200|hover): (#\w{6})", block)
    assert len(found) == 3
    return found


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_the_ratio_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@given(COLOURS)
def test_whatever_the_colour_its_shades_can_be_read_in_both_themes(colour: str) -> None:
    made = brand_of(colour)
    for theme, shade, content in (
        ("cmhub", made.light, made.light_content),
        ("cmhub-dark", made.dark, made.dark_content),
    ):
        assert contrast(shade, content) >= AA
        assert all(contrast(shade, surface) >= AA for surface in _surfaces(theme))


@given(COLOURS)
def test_a_colour_that_can_be_read_stays_as_it_is(colour: str) -> None:
    verdict = judge(colour)
    assert (verdict.shade == colour) == verdict.good
    assert judge(verdict.shade).good


def test_cmhubs_own_colour_can_be_read() -> None:
    assert judge("#0b6176").good


def test_a_poor_colour_keeps_its_hue() -> None:
    verdict = judge("#ffd400")
    assert not verdict.good
    assert verdict.ratio < 2
    red, green, blue = (int(verdict.shade[at : at + 2], 16) for at in (1, 3, 5))
    assert red > green > blue


@pytest.mark.parametrize(
    ("written", "colour"),
    [("#ABCDEF", "#abcdef"), (" abc ", "#aabbcc"), ("#12345", None), ("red", None), ("", None)],
)
def test_it_reads_what_people_write(written: str, colour: str | None) -> None:
    assert parse_colour(written) == colour


def test_the_style_changes_two_variables_and_nothing_else() -> None:
    sheet = style_of(Brand("#111111", "#ffffff", "#eeeeee", "#000000"))
    assert set(re.findall(r"(--[\w-]+):", sheet)) == {"--color-primary", "--color-primary-content"}
