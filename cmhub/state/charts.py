"""What charts are drawn from: heights, lines and shares, computed before they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Point:
    """One day to draw: its value, and whether it has ended; ``value`` is nothing for a gap.

    ``low`` and ``high`` are the usual range on that day, its baseline.
    """

    day: date
    value: float | None
    complete: bool = True
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A day of a chart; ``height`` is percent of the top of the axis.

    ``labelled`` is ``always``, ``wide`` (where there is room) or empty.
    """

    day: str
    value: float
    height: float
    complete: bool
    labelled: str
    known: bool = True
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line in a square of 100 by 100, y downwards, in the words of SVG's paths.

    ``solid`` are complete days, ``dashed`` leads to the day that has not ended, ``band`` is the
    baseline. ``top`` is the value at the top of the axis.
    """

    marks: tuple[Mark, ...] = ()
    solid: str = ""
    dashed: str = ""
    band: str = ""
    top: float = 0.0
    last: float = 0.0
    last_height: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; ``percent`` of it, ``place`` in the order, which chooses the pattern."""

    name: str
    value: float
    percent: float
    place: int


def marks(points: Sequence[Point], top: float | None = None) -> tuple[Mark, ...]:
    """Days as bars up to ``top``, or the highest; about four are labelled always."""
    highest = top or _top(points)
    step = max(1, round(len(points) / 8))
    last = len(points) - 1
    return tuple(
        Mark(
            one.day.isoformat(),
            one.value or 0,
            _height(one.value or 0, highest),
            one.complete,
            _label(last - place, step),
            one.value is not None,
            one.low or 0,
            one.high or 0,
        )
        for place, one in enumerate(points)
    )


def line(points: Sequence[Point]) -> Line:
    """Days as a line with gaps where a value is missing, and their baseline as a band."""
    if not points:
        return Line()
    top = _top(points)
    places = [_place(index, len(points)) for index in range(len(points))]
    done = [(x, one.value if one.complete else None) for x, one in zip(places, points, strict=True)]
    final, before = points[-1], points[-2] if len(points) > 1 else None
    dashed = ""
    if not final.complete and final.value is not None and before and before.value is not None:
        dashed = _path([(places[-2], before.value), (places[-1], final.value)], top)
    return Line(
        marks(points, top),
        _path(done, top),
        dashed,
        _band(points, places, top),
        top,
        final.value or 0,
        _height(final.value or 0, top),
    )


def spark(values: Sequence[float]) -> str:
    """A few values as a path without an axis, in a square of 100 by 100."""
    highest, lowest = max(values, default=0), min(values, default=0)
    reach = (highest - lowest) or 1
    scaled = [(_place(i, len(values)), 5 + 90 * (v - lowest) / reach) for i, v in enumerate(values)]
    return _path(scaled, 100)


def shares(parts: Sequence[tuple[str, float]]) -> tuple[Share, ...]:
    """Parts of a whole in the order given; nothing at all for a whole of nothing."""
    whole = sum(value for _, value in parts)
    if not whole:
        return ()
    return tuple(
        Share(name, value, round(100 * value / whole, 2), place)
        for place, (name, value) in enumerate(parts)
    )


def _top(points: Sequence[Point]) -> float:
    return max((max(one.value or 0, one.high or 0) for one in points), default=0) or 1


def _height(value: float, top: float) -> float:
    return round(100 * value / top, 1)


def _label(days_ago: int, step: int) -> str:
    if days_ago % step:
        return ""
    return "wide" if days_ago % (2 * step) else "always"


def _place(index: int, count: int) -> float:
    """The middle of a day's slot, in percent of the width."""
    return round(100 * (index + 0.5) / count, 2)


def _path(points: Sequence[tuple[float, float | None]], top: float) -> str:
    drawn, pen = list[str](), "M"
    for x, value in points:
        if value is None:
            pen = "M"
            continue
        drawn.append(f"{pen}{x:g} {100 - _height(value, top):g}")
        pen = "L"
    return "".join(drawn)


def _band(points: Sequence[Point], places: Sequence[float], top: float) -> str:
    known = [
        (x, 100 - _height(one.low, top), 100 - _height(one.high, top))
        for x, one in zip(places, points, strict=True)
        if one.low is not None and one.high is not None
    ]
    if len(known) < 2:
        return ""
    upper = "L".join(f"{x:g} {high:g}" for x, _, high in known)
    lower = "L".join(f"{x:g} {low:g}" for x, low, _ in reversed(known))
    return f"M{upper}L{lower}Z"
