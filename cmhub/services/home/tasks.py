"""Tasks on Home: what is overdue burns, what is due today is to be done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Permission
from cmhub.services.home.parts import Area, Line, Look, short
from cmhub.services.tasks.dates import moment_of

SHOWN = 4
MOST = 1000

# Due by the clock of the workspace: until then with a time, until the day has ended without one.
_TASKS = """
    select t.id, t.text, t.due_on, t.due_time, t.assignee_id, t.assignee_name from task t
    where t.agency_id = :agency and t.workspace_id = w.id
        and t.deleted_at is null and t.done_at is null
"""
_OVERDUE = f"""{_TASKS} and (t.due_on < w.day or (t.due_on = w.day and t.due_time <= w.clock))"""
_TODAY = f"""{_TASKS} and t.due_on = w.day and (t.due_time is null or t.due_time > w.clock)"""
_PLACES = """unnest(cast(:ids as uuid[]), cast(:days as date[]), cast(:clocks as time[]))
    w(id, day, clock)"""
_SOME = """
    select w.id as workspace_id, t.* from {places}
    cross join lateral (
        select t.*, count(*) over () as n from ({tasks} order by t.due_on limit :most) t
        order by t.due_on, t.due_time nulls last, t.id limit :shown) t
"""
_COUNT = """
    select w.id as workspace_id, t.n from {places}
    cross join lateral (select count(*) as n from ({tasks} limit :most) t) t where t.n > 0
"""
_SOME_OVERDUE = text(_SOME.format(places=_PLACES, tasks=_OVERDUE))
_SOME_TODAY = text(_SOME.format(places=_PLACES, tasks=_TODAY))
_COUNT_OVERDUE = text(_COUNT.format(places=_PLACES, tasks=_OVERDUE))
_COUNT_TODAY = text(_COUNT.format(places=_PLACES, tasks=_TODAY))
_NEXT = text(_SOME.format(places=_PLACES, tasks=f"{_TASKS} and t.due_on is not null"))


def _keys(look: Look) -> dict[str, object]:
    local = [look.now.astimezone(look.zones[each]) for each in look.workspace_ids]
    return look.keys | {
        "days": [moment.date() for moment in local],
        "clocks": [moment.time().replace(tzinfo=None) for moment in local],
    }


async def _burning(session: AsyncSession, look: Look) -> Sequence[Line]:
    return _lines(await _some(session, look, _SOME_OVERDUE), look, "overdue")


async def _due(session: AsyncSession, look: Look) -> Sequence[Line]:
    return _lines(await _some(session, look, _SOME_TODAY), look, "today")


async def _some(session: AsyncSession, look: Look, query: Any, shown: int = SHOWN) -> Sequence[Any]:
    found = await session.execute(query, _keys(look) | {"most": MOST, "shown": shown})
    return found.all()


def _lines(rows: Sequence[Any], look: Look, kind: str) -> list[Line]:
    lines: list[Line] = []
    told: dict[object, int] = {}
    for row in rows:
        told[row.workspace_id] = told.get(row.workspace_id, 0) + 1
        lines.append(_line(row, look, kind))
        if told[row.workspace_id] == SHOWN and row.n > SHOWN:
            lines.append(_others(row, kind, row.n - SHOWN))
    return lines


def _line(row: Any, look: Look, kind: str) -> Line:
    whose = "mine" if row.assignee_id == look.actor.user_id else "theirs"
    return Line(
        workspace_id=row.workspace_id,
        id=f"task:{row.id}",
        severity="warn" if kind == "overdue" else "info",
        key=f"home.task.{kind}.{whose if row.assignee_id else 'nobody'}",
        params={"who": row.assignee_name},
        detail=short(row.text),
        address=f"tasks/?whose=all&task={row.id}",
        since=_moment(row, look),
    )


def _moment(row: Any, look: Look) -> datetime:
    """When the task is due, or the noon of its day."""
    return moment_of(row.due_on, row.due_time, look.zones[row.workspace_id])


def _others(row: Any, kind: str, count: int) -> Line:
    """The rest of them, below those that are named."""
    return Line(
        workspace_id=row.workspace_id,
        id=f"tasks:{kind}:more",
        severity="warn" if kind == "overdue" else "info",
        key=f"home.task.{kind}.more",
        params={"n": count},
        address="tasks/?whose=all",
        count=count,
    )


async def _open(session: AsyncSession, look: Look) -> Sequence[Line]:
    return [
        Line(
            workspace_id=row.workspace_id,
            id=f"tasks:{kind}",
            severity="warn" if kind == "overdue" else "info",
            key=f"home.open.{kind}",
            params={"n": row.n},
            address="tasks/?whose=all",
            count=row.n,
        )
        for kind, query in (("overdue", _COUNT_OVERDUE), ("today", _COUNT_TODAY))
        for row in await session.execute(query, _keys(look) | {"most": MOST})
    ]


async def _signals(session: AsyncSession, look: Look) -> Sequence[Line]:
    """What is next in each workspace: the task that is due first."""
    return [
        Line(
            workspace_id=row.workspace_id,
            id="next",
            severity="info",
            key="home.signal.task",
            detail=short(row.text, 80),
            address=f"tasks/?whose=all&task={row.id}",
            since=_moment(row, look),
        )
        for row in await _some(session, look, _NEXT, 1)
    ]


AREA = Area(
    "tasks",
    Permission.TASK_READ,
    burning=_burning,
    due=_due,
    open=_open,
    signals=_signals,
)
