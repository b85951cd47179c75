"""Reading tasks, of one workspace or of all that somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import Invalid, NotFound
from cmhub.services.references import Reference, Thing, find_things
from cmhub.services.tasks.dates import Section, moment_of, section_of

PAGE = 50
WHOSE = ("mine", "all", "done")
_MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks: ``mine``, those of ``all`` users, or those that are ``done``.

    ``after`` is the number of rows of the pages before.
    """

    whose: str = "mine"
    after: int = 0


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as screens show it.

    ``due_at`` is the moment it is due, or the noon of its day when ``due_time`` is empty; dates and
    times are ISO 8601 by the workspace's clock. ``link_path`` is empty for what is gone or what the
    reader may not see.
    """

    id: UUID
    workspace_id: UUID
    workspace: str
    workspace_slug: str
    zone: str
    text: str
    note: str
    assignee_id: str
    assignee: str
    mine: bool
    due_on: str
    due_time: str
    due_at: datetime | None
    section: Section
    repeats: str
    link_kind: str
    link_id: str
    link_words: str
    link_path: str
    author: str
    created_at: datetime
    done: bool
    done_at: datetime | None
    done_by: str


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of tasks; ``after`` leads to the next and is 0 at the end."""

    rows: tuple[TaskView, ...]
    after: int


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many open tasks there are, each counted up to 1,000.

    ``mine`` are all of the reader's, ``overdue`` and ``today`` those of them that are due.
    """

    mine: int
    all: int
    overdue: int
    today: int


_COLUMNS = """t.*, w.name as workspace, w.slug, w.time_zone"""
# Each workspace gives its first rows by an index; then they are put together.
_OVER_WORKSPACES = """
    from unnest(cast(:places as uuid[])) as place(id)
    join workspace w on w.agency_id = :agency and w.id = place.id
    cross join lateral (
        select * from task t where t.agency_id = :agency and t.workspace_id = place.id
            and t.deleted_at is null and {where}
        order by {order} limit :most) t
"""
_BY_DUE = "t.due_on nulls last, t.due_time nulls last, t.created_at, t.id"
_BY_DONE = "t.done_at desc, t.id"
_WHERE = {
    "mine": "t.done_at is null and t.assignee_id = :user",
    "all": "t.done_at is null",
    "done": "t.done_at is not null",
}
_LOCAL = "(cast(:now as timestamptz) at time zone w.time_zone)"
_DUE = (
    "t.done_at is null and t.due_on <= cast({local} as date)"
    " and (t.assignee_id = :user or (t.assignee_id is null and t.author_id = :user))"
)


def _select(where: str, order: str) -> TextClause:
    source = _OVER_WORKSPACES.format(where=where, order=order)
    return text(f"select {_COLUMNS} {source} order by {order} limit :most offset :after")


_LISTS = {
    whose: _select(where, _BY_DONE if whose == "done" else _BY_DUE)
    for whose, where in _WHERE.items()
}
_DUE_LIST = _select(_DUE.format(local=_LOCAL), _BY_DUE)
_ONE = text("""
    select t.*, w.name as workspace, w.slug, w.time_zone from task t
    join workspace w on w.agency_id = t.agency_id and w.id = t.workspace_id
    where t.agency_id = :agency and t.workspace_id = :workspace and t.id = :task
        and t.deleted_at is null
""")
_COUNT = text(f"""
    select count(*) filter (where t.assignee_id = :user) as mine, count(*) as all_open,
        count(*) filter (where t.assignee_id = :user and (t.due_on < cast({_LOCAL} as date)
            or (t.due_on = cast({_LOCAL} as date) and t.due_time <= cast({_LOCAL} as time))))
            as overdue,
        count(*) filter (where t.assignee_id = :user and t.due_on = cast({_LOCAL} as date)
            and (t.due_time is null or t.due_time > cast({_LOCAL} as time))) as today
    {_OVER_WORKSPACES.format(where="t.done_at is null", order="t.due_on nulls last")}
""")


async def list_tasks(
    session: AsyncSession,
    actor: Actor,
    places: Sequence[UUID],
    wanted: TaskFilter,
    *,
    now: datetime,
) -> TaskPage:
    """One page of the tasks of some workspaces, by due date, or newest first when done."""
    _require(actor, places)
    if wanted.whose not in WHOSE or wanted.after < 0:
        raise Invalid("filter")
    rows = await _rows(session, actor, places, _LISTS[wanted.whose], wanted.after)
    shown = await _views(session, actor, rows[:PAGE], now)
    return TaskPage(shown, wanted.after + PAGE if len(rows) > PAGE else 0)


async def due_tasks(
    session: AsyncSession, actor: Actor, places: Sequence[UUID], *, now: datetime, most: int = 5
) -> tuple[TaskView, ...]:
    """The reader's own tasks that are overdue or due today, the oldest first.

    A task that nobody has is its author's.
    """
    _require(actor, places)
    rows = await _rows(session, actor, places, _DUE_LIST, 0, most, now=now)
    return await _views(session, actor, rows[:most], now)


async def count_tasks(
    session: AsyncSession, actor: Actor, places: Sequence[UUID], *, now: datetime
) -> TaskCounts:
    """How many open tasks there are in some workspaces, and how many of them are the reader's."""
    _require(actor, places)
    keys = _keys(actor, places) | {"most": _MOST_COUNTED, "now": now}
    row = (await session.execute(_COUNT, keys)).one()
    return TaskCounts(row.mine, row.all_open, row.overdue, row.today)


async def read_task(
    session: AsyncSession, actor: Actor, workspace_id: UUID, task_id: UUID, *, now: datetime
) -> TaskView:
    """One task.

    Raises:
        NotFound: there is none in this workspace.
    """
    actor.require(Permission.TASK_READ, workspace_id)
    keys = {"agency": actor.agency_id, "workspace": workspace_id, "task": task_id}
    row = (await session.execute(_ONE, keys)).one_or_none()
    if row is None:
        raise NotFound
    return (await _views(session, actor, [row], now))[0]


def _require(actor: Actor, places: Sequence[UUID]) -> None:
    for workspace_id in places:
        actor.require(Permission.TASK_READ, workspace_id)


def _keys(actor: Actor, places: Sequence[UUID]) -> dict[str, object]:
    return {"agency": actor.agency_id, "user": actor.user_id, "places": list(places)}


async def _rows(
    session: AsyncSession,
    actor: Actor,
    places: Sequence[UUID],
    query: TextClause,
    after: int,
    most: int = PAGE,
    **more: object,
) -> list[Any]:
    # A workspace gives as many rows as all the pages so far together.
    keys = _keys(actor, places) | {"most": after + most + 1, "after": after} | more
    given = {name: value for name, value in keys.items() if f":{name}" in query.text}
    return list((await session.execute(query, given)).all())


async def _views(
    session: AsyncSession, actor: Actor, rows: Sequence[Any], now: datetime
) -> tuple[TaskView, ...]:
    links = [Reference(row.reference_kind, row.reference_id) for row in rows if row.reference_kind]
    places = {row.workspace_id for row in rows}
    things = await find_things(session, actor, places, links) if links else {}
    return tuple(_view(actor, row, things, now) for row in rows)


def _view(actor: Actor, row: Any, things: dict[Reference, Thing], now: datetime) -> TaskView:
    zone = ZoneInfo(row.time_zone)
    thing = None
    if row.reference_kind:
        thing = things.get(Reference(row.reference_kind, row.reference_id))
    return TaskView(
        id=row.id,
        workspace_id=row.workspace_id,
        workspace=row.workspace,
        workspace_slug=row.slug,
        zone=row.time_zone,
        text=row.text,
        note=row.note,
        assignee_id=str(row.assignee_id or ""),
        assignee=row.assignee_name,
        mine=row.assignee_id is not None and row.assignee_id == actor.user_id,
        due_on=row.due_on.isoformat() if row.due_on else "",
        due_time=row.due_time.isoformat("minutes") if row.due_time else "",
        due_at=moment_of(row.due_on, row.due_time, zone) if row.due_on else None,
        section=section_of(row.due_on, row.due_time, now.astimezone(zone)),
        repeats=row.repeats,
        link_kind=row.reference_kind or "",
        link_id=str(row.reference_id or ""),
        link_words=thing.words if thing else "",
        link_path=thing.path if thing else "",
        author=row.author_name,
        created_at=row.created_at,
        done=row.done_at is not None,
        done_at=row.done_at,
        done_by=row.done_by,
    )
