"""Business hours as a calendar: is it open, when does it open next, how much time of it passes.

Hours are written as wall clock times of a time zone, and every question is about instants. An
instant is open when the wall clock shows an open time at it. So an hour that a change of the clock
skips has no length, and one that it repeats counts twice, as for whoever sits there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

DAY = 24 * 60
"""Minutes of a day; a range may end there."""
_HORIZON = 400
_STEP = timedelta(hours=6)

Range = tuple[int, int]
"""From and to, in minutes since midnight; ``to`` is not part of it."""
Week = tuple[tuple[Range, ...], ...]
"""The ranges of Monday to Sunday."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody answers; without a ``week`` it is always.

    ``special`` are days with hours of their own, or none; they come before everything else.
    ``country`` and ``region`` (ISO 3166) have public holidays, which are closed.
    """

    zone: tzinfo
    week: Week | None = None
    special: Mapping[date, tuple[Range, ...]] = field(default_factory=dict[date, tuple[Range, ...]])
    country: str = ""
    region: str = ""


def ranges_of(calendar: Calendar, day: date) -> tuple[Range, ...]:
    """The open ranges of a day of the calendar's zone."""
    if day in calendar.special:
        return calendar.special[day]
    if calendar.country and day in public_holidays(calendar.country, calendar.region, day.year):
        return ()
    return calendar.week[day.weekday()] if calendar.week is not None else ((0, DAY),)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether it is open at an instant."""
    wall = at.astimezone(calendar.zone)
    minute = wall.hour * 60 + wall.minute
    return any(begins <= minute < ends for begins, ends in ranges_of(calendar, wall.date()))


def next_opening(calendar: Calendar, at: datetime) -> datetime | None:
    """The first instant from ``at`` on when it is open, in UTC; nothing within 400 days."""
    start = at.astimezone(UTC)
    first = next(_opened(calendar, start, start + timedelta(days=_HORIZON)), None)
    return first[0] if first else None


def closing(calendar: Calendar, at: datetime) -> datetime | None:
    """When what is open at an instant closes, in UTC; nothing when it is closed, or never does."""
    start = at.astimezone(UTC)
    ends: datetime | None = None
    for begins, until in _opened(calendar, start, start + timedelta(days=_HORIZON)):
        if begins > (ends or start):
            return ends
        ends = until
    return ends if ends is not None and ends < start + timedelta(days=_HORIZON) else None


def business_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much open time lies between two instants; none when the second is the earlier one."""
    spans = _opened(calendar, start.astimezone(UTC), end.astimezone(UTC))
    return sum((until - begins for begins, until in spans), timedelta())


def _opened(
    calendar: Calendar, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The open spans between two instants of UTC, in their order."""
    for begins, until, offset in _even(calendar.zone, start, end):
        # In such a piece the wall clock is UTC moved by a constant.
        wall, wall_end = _moved(begins, offset), _moved(until, offset)
        day = wall.date()
        while datetime.combine(day, time()) < wall_end:
            midnight = datetime.combine(day, time())
            for first, last in ranges_of(calendar, day):
                opens = max(wall, midnight + timedelta(minutes=first))
                closes = min(wall_end, midnight + timedelta(minutes=last))
                if opens < closes:
                    yield (
                        (opens - offset).replace(tzinfo=UTC),
                        (closes - offset).replace(tzinfo=UTC),
                    )
            day += timedelta(days=1)


def _moved(at: datetime, offset: timedelta) -> datetime:
    return at.replace(tzinfo=None) + offset


def _even(
    zone: tzinfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut a span where the zone's offset changes; each piece with its offset."""
    at = start
    while at < end:
        offset, until = _offset(zone, at), at
        while until < end and _offset(zone, until) == offset:
            until = min(end, until + _STEP)
        if until < end or _offset(zone, until) != offset:
            until = min(end, _change(zone, max(at, until - _STEP), until, offset))
        yield at, until, offset
        at = until


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _change(zone: tzinfo, before: datetime, after: datetime, offset: timedelta) -> datetime:
    """The second from which the offset is another one, by halving."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return after.replace(microsecond=0)


@lru_cache(maxsize=512)
def public_holidays(country: str, region: str, year: int) -> frozenset[date]:
    """The public holidays of a year; none for a country that is not known."""
    return frozenset(named_holidays(country, region, year, ""))


@lru_cache(maxsize=512)
def named_holidays(country: str, region: str, year: int, language: str) -> dict[date, str]:
    """The public holidays of a year with their names, in the language where it is known.

    The package is brought in when it is first asked: it takes as long as half of CMHub.
    """
    import holidays  # noqa: PLC0415

    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return {}
    found = holidays.country_holidays(
        country,
        subdiv=region if region in known[country] else None,
        years=year,
        language=_language(country, language),
    )
    return dict(sorted((day, name) for day, name in found.items() if day.year == year))


def _language(country: str, language: str) -> str | None:
    import holidays  # noqa: PLC0415

    spoken = holidays.list_localized_countries(include_aliases=False).get(country, [])
    return next((one for one in spoken if one.split("_")[0] == language), None)


def check_ranges(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """Ranges in their order, those that touch made one.

    Raises:
        ValueError: one is empty, outside of a day, or overlaps another.
    """
    joined: list[Range] = []
    for begins, ends in sorted(ranges):
        if not 0 <= begins < ends <= DAY or (joined and begins < joined[-1][1]):
            raise ValueError((begins, ends))
        if joined and begins == joined[-1][1]:
            joined[-1] = joined[-1][0], ends
        else:
            joined.append((begins, ends))
    return tuple(joined)
