"""A workspace's business hours, public holidays and special days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import Locale
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.cpu import cpu
from cmhub.db import announce
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import SpecialDay, Workspace, new_id
from cmhub.services import audit
from cmhub.services.business_hours import (
    DAY,
    Calendar,
    Range,
    Week,
    check_ranges,
    closing,
    is_open,
    named_holidays,
    next_opening,
)
from cmhub.services.checks import LONGEST_NAME, clean_name
from cmhub.services.settings import find_workspace_row, take_over

MOST_RANGES = 6
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class SpecialDayView:
    """A day with hours of its own; closed when it has none."""

    id: UUID
    day: date
    name: str
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class HolidayView:
    """A public holiday of the next twelve months."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Hours:
    """What the page of hours shows; ``week`` is nothing around the clock.

    ``opens_at`` is when it opens next while it is closed, ``closes_at`` when it closes.
    """

    week: Week | None
    country: str
    region: str
    special: tuple[SpecialDayView, ...]
    holidays: tuple[HolidayView, ...]
    open: bool
    opens_at: datetime | None
    closes_at: datetime | None


async def read_calendar(session: AsyncSession, actor: Actor, workspace_id: UUID) -> Calendar:
    """The workspace's hours as a calendar that answers when it is open.

    Raises:
        NotFound: the workspace is out of reach.
    """
    if workspace_id not in actor.workspaces:
        raise NotFound
    row = await find_workspace_row(session, workspace_id)
    special = await _special(session, workspace_id)
    return _calendar(row, special)


def _calendar(row: Workspace, special: Sequence[SpecialDayView]) -> Calendar:
    return Calendar(
        ZoneInfo(row.time_zone),
        _week(row.hours),
        {one.day: one.ranges for one in special},
        row.country,
        row.region,
    )


def _week(stored: list[object] | None) -> Week | None:
    if stored is None:
        return None
    return tuple(_ranges(day) for day in stored)


def _ranges(stored: object) -> tuple[Range, ...]:
    pairs = cast("list[list[int]]", stored)
    return tuple((pair[0], pair[1]) for pair in pairs)


async def _special(session: AsyncSession, workspace_id: UUID) -> tuple[SpecialDayView, ...]:
    rows = await session.scalars(
        select(SpecialDay).where(SpecialDay.workspace_id == workspace_id).order_by(SpecialDay.day)
    )
    return tuple(SpecialDayView(one.id, one.day, one.name, _ranges(one.hours)) for one in rows)


async def read_hours(
    session: AsyncSession, actor: Actor, workspace_id: UUID, *, language: str, now: datetime
) -> Hours:
    """Read what the page of hours shows, holidays named in the reader's language where known."""
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    row = await find_workspace_row(session, workspace_id)
    special = await _special(session, workspace_id)
    calendar = _calendar(row, special)
    today = now.astimezone(calendar.zone).date()
    holidays = await cpu(_coming, row.country, row.region, today, language)
    opened = is_open(calendar, now)
    return Hours(
        calendar.week,
        row.country,
        row.region,
        tuple(one for one in special if one.day >= today),
        holidays,
        opened,
        None if opened else next_opening(calendar, now),
        closing(calendar, now) if opened else None,
    )


def _coming(country: str, region: str, today: date, language: str) -> tuple[HolidayView, ...]:
    if not country:
        return ()
    until = today + timedelta(days=365)
    return tuple(
        HolidayView(day, name)
        for year in (today.year, today.year + 1)
        for day, name in named_holidays(country, region, year, language).items()
        if today <= day < until
    )


def countries(language: str) -> list[tuple[str, str]]:
    """Countries with known public holidays: code and name, in the order of the names.

    It takes time the first time: call it by ``cpu()``.
    """
    import holidays  # noqa: PLC0415

    names = Locale.parse(language).territories
    known = holidays.list_supported_countries(include_aliases=False)
    return sorted(
        ((code, str(names[code])) for code in known if code in names), key=lambda one: one[1]
    )


def regions(country: str) -> list[tuple[str, str]]:
    """Regions of a country with holidays of their own: code and name, where it has one.

    It takes time the first time: call it by ``cpu()``.
    """
    import holidays  # noqa: PLC0415

    codes = holidays.list_supported_countries(include_aliases=False).get(country, [])
    if not codes:
        return []
    aliases: dict[str, str] = getattr(
        holidays.country_holidays(country), "subdivisions_aliases", {}
    )
    names = {code: max((a for a, c in aliases.items() if c == code), key=len, default=code)
             for code in codes}  # fmt: skip
    return sorted(names.items(), key=lambda one: one[1])


async def save_hours(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    *,
    week: Sequence[Sequence[Range]] | None,
    country: str,
    region: str,
) -> bool:
    """Change the business hours; without a week it is open around the clock.

    Returns:
        Whether anything changed.

    Raises:
        Invalid: ranges overlap or are empty, or there is no such country or region.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    row = await find_workspace_row(session, workspace_id, lock=True)
    good = None if week is None else [checked(day) for day in week]
    await cpu(_check_place, country, region)
    before = _told(_week(row.hours))
    changes = take_over(row, {"country": country, "region": region})
    stored = None if good is None else [[list(one) for one in day] for day in good]
    if stored != row.hours:
        row.hours = cast("list[object] | None", stored)
        changes["hours"] = [before, _told(_week(row.hours))]
    if changes:
        audit.record(
            session, actor, "workspace:hours", "workspace", workspace_id,
            workspace_id=workspace_id, changes=changes,
        )  # fmt: skip
        await announce(session, actor, workspace_id, "settings")
    return bool(changes)


def checked(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """Ranges of a day in their order.

    Raises:
        Invalid: one is empty or overlaps another, or there are too many.
    """
    if len(ranges) > MOST_RANGES:
        raise Invalid("many_ranges", most=MOST_RANGES)
    try:
        return check_ranges(ranges)
    except ValueError:
        raise Invalid("ranges") from None


def _check_place(country: str, region: str) -> None:
    import holidays  # noqa: PLC0415

    known: Any = holidays.list_supported_countries(include_aliases=False)
    if (country and country not in known) or (region and region not in known.get(country, [])):
        raise Invalid("country_unknown")


def written(minutes: int) -> str:
    """Minutes of a day as ``HH:MM``; the end of the day is ``24:00``."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _told(week: Week | None) -> list[str] | None:
    """The hours as the audit tells them."""
    if week is None:
        return None
    return [f"{_DAYS[at]} {_spans(day)}" for at, day in enumerate(week)]


def _spans(ranges: Sequence[Range]) -> str:
    return "+".join(f"{written(begins)}-{written(ends)}" for begins, ends in ranges) or "–"


async def add_special_day(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    *,
    day: date,
    name: str,
    ranges: Sequence[Range],
) -> UUID:
    """Give a day hours of its own, or close it.

    Raises:
        Invalid: it has no name, or its ranges overlap.
        Conflict: the day has hours of its own already.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    good, called = checked(ranges), clean_name(name, "day_missing")[:LONGEST_NAME]
    known = await session.scalar(
        select(SpecialDay.id).where(SpecialDay.workspace_id == workspace_id, SpecialDay.day == day)
    )
    if known is not None:
        raise Conflict("special_day")
    made = new_id()
    session.add(
        SpecialDay(
            agency_id=actor.agency_id, workspace_id=workspace_id, id=made, day=day, name=called,
            hours=[list(one) for one in good], created_at=datetime.now(UTC),
        )
    )  # fmt: skip
    audit.record(
        session, actor, "workspace:special_day", "special_day", made, workspace_id=workspace_id,
        name=called, day=day.isoformat(), hours=_spans(good),
    )  # fmt: skip
    return made


async def remove_special_day(
    session: AsyncSession, actor: Actor, workspace_id: UUID, special_day_id: UUID
) -> SpecialDayView:
    """Give a day the hours of its weekday again.

    Returns:
        What it was, so that it can be put back.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    row = await session.scalar(
        delete(SpecialDay)
        .where(SpecialDay.workspace_id == workspace_id, SpecialDay.id == special_day_id)
        .returning(SpecialDay)
    )
    if row is None:
        raise NotFound
    audit.record(
        session, actor, "workspace:special_day_remove", "special_day", special_day_id,
        workspace_id=workspace_id, name=row.name, day=row.day.isoformat(),
    )  # fmt: skip
    return SpecialDayView(row.id, row.day, row.name, _ranges(row.hours))


def minutes(value: str, *, end: bool = False) -> int:
    """``HH:MM`` as minutes of the day; as an end, midnight is that of the evening.

    Raises:
        Invalid: it is no time of day.
    """
    hour, _, minute = value.partition(":")
    if not (hour.isdecimal() and minute[:2].isdecimal()):
        raise Invalid("time")
    found = int(hour) * 60 + int(minute[:2])
    if end and found == 0:
        return DAY
    if not 0 <= found < DAY or int(minute[:2]) > 59:
        raise Invalid("time")
    return found
