"""Threads on Home: what members wait for, and what they opened meanwhile."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Permission
from cmhub.services.home.parts import Area, Line, Look, short

LONG = timedelta(hours=24)
"""A thread that waits longer for an answer burns."""
TOO_LONG = timedelta(days=3)
"""Longer than this it is at its worst."""
SHOWN = 4
MOST = 1000

# `offset 0` keeps the look at the index of waiting threads apart from what is shown of them.
_WAITING = """
    select t.id, t.waiting_since, t.channel_id, t.starter_id, t.last_message_id from thread t
    where t.agency_id = :agency and t.workspace_id = w.id and t.state = 'open'
        and t.waiting_since is not null
"""
_BURNING = text(f"""
    select w.id as workspace_id, t.id, t.waiting_since, t.n, c.name as channel,
        s.name as starter, case when a.id = s.id then '' else a.name end as author,
        case when l.deleted_at is null then l.body else '' end as body
    from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select t.*, count(*) over () as n from (
            {_WAITING} and t.waiting_since < :before order by t.waiting_since limit :most) t
        order by t.waiting_since, t.id limit :shown) t
    join channel c on c.agency_id = :agency and c.workspace_id = w.id and c.id = t.channel_id
    join member s on s.agency_id = :agency and s.workspace_id = w.id and s.id = t.starter_id
    join message l on l.agency_id = :agency and l.workspace_id = w.id
        and l.id = t.last_message_id
    join member a on a.agency_id = :agency and a.workspace_id = w.id and a.id = l.member_id
    order by t.waiting_since, t.id
""")  # noqa: S608
_COUNTED = text(f"""
    select w.id as workspace_id, t.*
    from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select count(*) as n, count(*) filter (where t.waiting_since < :before) as long,
            min(t.waiting_since) as since
        from ({_WAITING} order by t.waiting_since limit :most) t) t
    where t.n > 0
""")  # noqa: S608
_OPEN = text("""
    select w.id as workspace_id, t.n from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (select count(*) as n from (
        select from thread t where t.agency_id = :agency and t.workspace_id = w.id
            and t.state = 'open' limit :most) t) t
    where t.n > 0
""")
_HAPPENED = text("""
    select w.id as workspace_id, h.* from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select count(*) filter (where t.started_at > :since) as opened,
            count(*) filter (where t.started_at <= :since) as moved
        from (
            select t.started_at, t.starter_id, t.last_message_id from thread t
            where t.agency_id = :agency and t.workspace_id = w.id
                and t.state in ('open', 'waiting', 'snoozed', 'done') and t.last_at > :since
            order by t.last_at desc limit :most) t
        join message l on l.agency_id = :agency and l.workspace_id = w.id
            and l.id = t.last_message_id
        join member a on a.agency_id = :agency and a.workspace_id = w.id
            and a.id = case when t.started_at > :since then t.starter_id else l.member_id end
            and not a.team and not a.bot) h
""")


async def _burning(session: AsyncSession, look: Look) -> Sequence[Line]:
    rows = await session.execute(
        _BURNING, look.keys | {"before": look.now - LONG, "most": MOST, "shown": SHOWN}
    )
    lines: list[Line] = []
    told: dict[object, int] = {}
    for row in rows:
        told[row.workspace_id] = told.get(row.workspace_id, 0) + 1
        lines.append(_waits(row, look))
        if told[row.workspace_id] == SHOWN and row.n > SHOWN:
            lines.append(_others(row, row.n - SHOWN))
    return lines


def _waits(row: Any, look: Look) -> Line:
    worst = row.waiting_since < look.now - TOO_LONG
    return Line(
        workspace_id=row.workspace_id,
        id=f"thread:{row.id}",
        severity="bad" if worst else "warn",
        key="home.thread.waits",
        params={"who": row.starter, "channel": row.channel},
        detail=_said(row),
        address=f"inbox/?state=open&thread={row.id}",
        since=row.waiting_since,
    )


def _said(row: Any) -> str:
    """What was said last, and by whom when that is not who began."""
    words = short(row.body)
    return f"{row.author}: {words}" if row.author and words else words


def _others(row: Any, count: int) -> Line:
    """The rest of them, below those that are named."""
    return Line(
        workspace_id=row.workspace_id,
        id="threads:more",
        severity="warn",
        key="home.thread.more",
        params={"n": count},
        address="inbox/?state=open",
        count=count,
    )


async def _signals(session: AsyncSession, look: Look) -> Sequence[Line]:
    return [
        Line(
            workspace_id=row.workspace_id,
            id="waiting",
            severity="warn" if row.long else "info",
            key="home.signal.waiting",
            params={"n": row.n},
            address="inbox/?state=open",
            count=row.n,
            since=row.since,
        )
        for row in await _counted(session, look)
    ]


async def _counted(session: AsyncSession, look: Look) -> Sequence[Any]:
    found = await session.execute(_COUNTED, look.keys | {"before": look.now - LONG, "most": MOST})
    return found.all()


async def _open(session: AsyncSession, look: Look) -> Sequence[Line]:
    lines = [
        Line(
            workspace_id=row.workspace_id,
            id="threads:open",
            severity="info",
            key="home.open.threads",
            params={"n": row.n},
            address="inbox/?state=open",
            count=row.n,
        )
        for row in await session.execute(_OPEN, look.keys | {"most": MOST})
    ]
    return lines + [
        Line(
            workspace_id=row.workspace_id,
            id="threads:long",
            severity="warn",
            key="home.open.long",
            params={"n": row.long},
            address="inbox/?state=open",
            count=row.long,
            since=row.since,
        )
        for row in await _counted(session, look)
        if row.long
    ]


async def _happened(session: AsyncSession, look: Look) -> Sequence[Line]:
    rows = await session.execute(_HAPPENED, look.keys | {"since": look.since, "most": MOST})
    return [
        Line(
            workspace_id=row.workspace_id,
            id=f"threads:{kind}",
            severity="info",
            key=f"home.happened.{kind}",
            params={"n": count},
            address="inbox/?state=open",
            count=count,
        )
        for row in rows
        for kind, count in (("opened", row.opened), ("moved", row.moved))
        if count
    ]


AREA = Area(
    "threads",
    Permission.INBOX_READ,
    happened=_happened,
    burning=_burning,
    open=_open,
    signals=_signals,
)
