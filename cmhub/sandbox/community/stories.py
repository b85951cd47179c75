"""What becomes of a community in its 180 days, as numbers by days ago."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

Curve = tuple[tuple[int, float], ...]
"""Points (days ago, value), the longest ago first, with straight lines between them."""

EVENING = (1, 0, 0, 0, 0, 1, 3, 6, 8, 9, 8, 7, 9, 8, 6, 6, 7, 8, 9, 12, 14, 13, 8, 3)
NIGHT = (8, 5, 3, 1, 0, 0, 1, 2, 3, 4, 5, 6, 8, 8, 7, 7, 9, 11, 12, 13, 15, 17, 16, 12)
COMMUTE = (0, 0, 0, 0, 1, 3, 8, 15, 14, 8, 5, 4, 7, 6, 4, 5, 8, 13, 14, 10, 7, 5, 3, 1)
OFFICE = (0, 0, 0, 0, 0, 1, 3, 7, 11, 13, 13, 11, 8, 10, 12, 11, 9, 7, 5, 6, 8, 7, 4, 1)
"""How much is written in each hour of the day, against the other hours."""

LEISURE = (1.0, 0.95, 1.1, 1.0, 0.85, 0.75, 1.25)
WORKDAYS = (1.25, 1.2, 1.1, 1.15, 1.0, 0.35, 0.3)
WEEKENDS = (0.8, 0.75, 0.9, 0.85, 1.05, 1.5, 1.35)
"""How much is written on each day of the week, Monday first."""

_HOLIDAYS = {(1, 1), (5, 1), (8, 15), (11, 1), (12, 25), (12, 26)}
_QUIET = 0.45


@dataclass(frozen=True, slots=True)
class Phase:
    """A time when people speak of one thing: from one day to another, in a share of threads.

    One that ends on day 0 is still going on.
    """

    name: str
    begins: int
    ends: int
    share: float


@dataclass(frozen=True, slots=True)
class Wave:
    """Spam by many accounts, so much a day, that the team took away and banned."""

    begins: int
    ends: int
    a_day: int


@dataclass(frozen=True, slots=True)
class Story:
    """How a community fares.

    ``pulse`` is how much is written, ``team`` how likely the team answers, ``hours`` how long
    that takes as a rule, ``tended`` after how many hours somebody marks as done what needs no
    answer. ``newcomers`` says when people come, ``people`` how many there are in all, and
    ``helpers_gone`` since when those are no more who answered the most.
    """

    pulse: Curve = ((180, 1.0),)
    team: Curve = ((180, 0.8),)
    hours: float = 2.5
    tended: Curve = ((180, 14.0),)
    phases: tuple[Phase, ...] = ()
    waves: tuple[Wave, ...] = ()
    people: int = 80
    newcomers: Curve = ((180, 1.0),)
    helpers_gone: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = EVENING
    by_weekday: tuple[float, ...] = LEISURE


def at(curve: Curve, ago: float) -> float:
    """Return the value of a curve so many days ago; before and after it stays as it is."""
    if ago >= curve[0][0]:
        return curve[0][1]
    for (earlier, high), (later, low) in pairwise(curve):
        if earlier > ago >= later:
            return low + (high - low) * (ago - later) / (earlier - later)
    return curve[-1][1]


def phase_at(story: Story, ago: int) -> Phase | None:
    """Return the phase of a day, if there is one."""
    for phase in story.phases:
        if phase.begins >= ago and (phase.ends == 0 or ago >= phase.ends):
            return phase
    return None


def wave_at(story: Story, ago: int) -> int:
    """Return how much spam a day's wave brings."""
    return sum(wave.a_day for wave in story.waves if wave.begins >= ago >= wave.ends)


def holiday(day: date) -> float:
    """Return how much less is written on a day that most people have off."""
    return _QUIET if (day.month, day.day) in _HOLIDAYS else 1.0
