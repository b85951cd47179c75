"""When tasks are due: sections of a list, reminders, and the next date of one that repeats."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Section = Literal["overdue", "today", "week", "later", "undated"]
SECTIONS: tuple[Section, ...] = ("overdue", "today", "week", "later", "undated")
REPEATS = ("never", "daily", "weekdays", "weekly", "monthly")
REMIND_AT = time(8)
"""When somebody is reminded of what is due on a day, by the workspace's clock."""
_SATURDAY = 5
_WEEK = timedelta(days=7)


def section_of(due_on: date | None, due_time: time | None, now: datetime) -> Section:
    """Where a task stands in the list; ``now`` is by the workspace's clock.

    ``week`` is the seven days from today on.
    """
    today = now.date()
    if due_on is None:
        return "undated"
    if due_on < today or (due_on == today and due_time is not None and due_time <= now.time()):
        return "overdue"
    if due_on == today:
        return "today"
    return "week" if due_on < today + _WEEK else "later"


def moment_of(due_on: date, due_time: time | None, zone: ZoneInfo) -> datetime:
    """The moment when a task is due; for one of a whole day its noon, to be shown as a day."""
    return datetime.combine(due_on, due_time or time(12), zone).astimezone(UTC)


def reminder_of(
    due_on: date | None, due_time: time | None, zone: ZoneInfo, now: datetime
) -> datetime | None:
    """When to remind of a task; nothing for one that is due already, or on no date."""
    if due_on is None:
        return None
    moment = datetime.combine(due_on, due_time or REMIND_AT, zone).astimezone(UTC)
    return moment if moment > now else None


def next_date(repeats: str, due_on: date, repeat_day: int | None, today: date) -> date:
    """The next date of a task that repeats: after the last one, and not before today.

    ``repeat_day`` is the day of the month that it was first set for: the 31st is the last day of
    shorter months.
    """
    found = _after(repeats, due_on, repeat_day)
    while found < today:
        found = _after(repeats, found, repeat_day)
    return found


def _after(repeats: str, day: date, repeat_day: int | None) -> date:
    match repeats:
        case "weekly":
            return day + _WEEK
        case "monthly":
            return _month_after(day, repeat_day or day.day)
        case "weekdays":
            following = day + timedelta(days=1)
            while following.weekday() >= _SATURDAY:
                following += timedelta(days=1)
            return following
        case _:
            return day + timedelta(days=1)


def _month_after(day: date, wanted: int) -> date:
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(wanted, calendar.monthrange(year, month)[1]))
