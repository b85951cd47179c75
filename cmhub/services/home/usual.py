"""What is usual for a community, from its own past weeks, and whether this week is not.

The usual band is the median of the weeks before, plus and minus twice their spread. The spread
is the scaled median absolute deviation (1.4826 MAD, as of a normal distribution), but never less
than chance alone would give: the square root of a count (Poisson), of p(1-p)/n for a share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import median
from typing import Literal

WEEKS = 8
LEAST_WEEKS = 4
"""Fewer weeks say nothing about what is usual."""
LEAST_COUNT = 20
LEAST_SHARE = 10
_CLEAR = 0.25
"""A change of less than a quarter is not worth a word, however sure it is."""

Move = Literal["", "up", "down"]
Size = Literal["more", "doubled", "times", "less", "halved"]


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual level and its band."""

    level: float
    low: float
    high: float

    def move_of(self, value: float) -> Move:
        """Which way a value has left the band, when the change is worth a word."""
        clear = abs(value - self.level) >= _CLEAR * self.level
        if clear and value > self.high:
            return "up"
        return "down" if clear and value < self.low else ""


def _spread(values: Sequence[float], level: float) -> float:
    return 1.4826 * median(abs(each - level) for each in values)


def usual_count(before: Sequence[float | None], *, least: int = LEAST_COUNT) -> Usual | None:
    """The usual of counts; nothing when there are few weeks, or a usual week has few of them."""
    known = [each for each in before if each is not None]
    if len(known) < LEAST_WEEKS:
        return None
    level = median(known)
    if level < least:
        return None
    reach = 2 * max(_spread(known, level), sqrt(level))
    return Usual(level, max(0.0, level - reach), level + reach)


def usual_share(before: Sequence[float | None], n: int) -> Usual | None:
    """The usual of shares from 0 to 1, against a week with ``n`` cases."""
    known = [each for each in before if each is not None]
    if len(known) < LEAST_WEEKS or n < LEAST_SHARE:
        return None
    level = median(known)
    reach = 2 * max(_spread(known, level), sqrt(level * (1 - level) / n))
    return Usual(level, max(0.0, level - reach), min(1.0, level + reach))


def usual_time(before: Sequence[float | None], n: int) -> Usual | None:
    """The usual of median durations in seconds, on a scale of ratios, against ``n`` cases."""
    known = [log(max(each, 1.0)) for each in before if each is not None]
    if len(known) < LEAST_WEEKS or n < LEAST_SHARE:
        return None
    level = median(known)
    reach = 2 * max(_spread(known, level), 1.25 / sqrt(n))
    return Usual(exp(level), exp(level - reach), exp(level + reach))


def size_of(value: float, level: float) -> Size:
    """The word for a change: doubled, halved, so many times, or by a share."""
    ratio = value / level if level else 2.0
    if ratio >= 2.3:
        return "times"
    if ratio >= 1.85:
        return "doubled"
    if ratio > 1:
        return "more"
    return "halved" if 0.45 <= ratio <= 0.55 else "less"
