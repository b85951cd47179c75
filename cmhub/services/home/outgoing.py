"""Replies and measures on Home: what did not arrive, and what colleagues sent meanwhile."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Permission
from cmhub.services.home.parts import Area, Line, Look, short

REMEMBERED = timedelta(days=30)
"""What failed longer ago is history."""
SHOWN = 4
MOST = 1000

# A measure is moot when a later one of its kind was carried out, or its message has gone.
_STUCK = """
    select 'reply' as what, r.state, r.id, r.created_at, r.thread_id, r.body, '' as kind,
        t.starter_id as member_id
    from reply r
    join thread t on t.agency_id = :agency and t.workspace_id = w.id and t.id = r.thread_id
    where r.agency_id = :agency and r.workspace_id = w.id and r.created_at > :after
        and r.state in ('failed', 'unknown')
    union all
    select 'measure', d.state, d.id, d.created_at, x.thread_id, '', d.kind, d.member_id
    from measure d
    left join lateral (
        select m.thread_id, m.deleted_at from message m
        where m.agency_id = :agency and m.workspace_id = w.id
            and (m.id = d.message_id or (d.message_id is null and m.member_id = d.member_id
                and m.channel_id = d.channel_id))
        order by m.posted_at desc limit 1) x on true
    where d.agency_id = :agency and d.workspace_id = w.id and d.created_at > :after
        and d.state in ('failed', 'unknown')
        and (d.kind <> 'delete' or x.deleted_at is null)
        and not exists (
            select from measure later where later.agency_id = :agency
                and later.workspace_id = w.id and later.member_id = d.member_id
                and later.channel_id = d.channel_id and later.created_at > d.created_at
                and later.message_id is not distinct from d.message_id
                and later.state in ('confirmed', 'planned', 'sending', 'failed', 'unknown')
                and (later.kind = d.kind or (d.message_id is null and later.kind <> d.kind
                    and later.state = 'confirmed')))
"""
_BURNING = text(f"""
    select w.id as workspace_id, s.*, p.name as member
    from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select s.*, count(*) over () as n from ({_STUCK} limit :most) s
        order by s.created_at, s.id limit :shown) s
    join member p on p.agency_id = :agency and p.workspace_id = w.id and p.id = s.member_id
    order by s.created_at, s.id
""")  # noqa: S608
_COUNTED = text(f"""
    select w.id as workspace_id, s.n, s.since from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select count(*) as n, min(s.created_at) as since from ({_STUCK} limit :most) s) s
    where s.n > 0
""")  # noqa: S608
_HAPPENED = text("""
    select w.id as workspace_id, h.* from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select count(*) as replies, count(distinct r.user_id) as people,
            min(r.user_name) as who
        from (select r.user_id, r.user_name from reply r
            where r.agency_id = :agency and r.workspace_id = w.id and r.created_at > :since
                and r.state = 'sent' and r.user_id is distinct from :me limit :most) r) h
    where h.replies > 0
""")
_MEASURED = text("""
    select w.id as workspace_id, h.n from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select count(*) as n from (select from measure d
            where d.agency_id = :agency and d.workspace_id = w.id and d.created_at > :since
                and d.state = 'confirmed' and d.user_id is distinct from :me limit :most) d) h
    where h.n > 0
""")


async def _burning(session: AsyncSession, look: Look) -> Sequence[Line]:
    rows = await session.execute(_BURNING, _keys(look) | {"shown": SHOWN})
    lines: list[Line] = []
    told: dict[object, int] = {}
    for row in rows:
        told[row.workspace_id] = told.get(row.workspace_id, 0) + 1
        lines.append(_stuck(row))
        if told[row.workspace_id] == SHOWN and row.n > SHOWN:
            lines.append(_others(row, row.n - SHOWN))
    return lines


def _keys(look: Look) -> dict[str, object]:
    return look.keys | {"after": look.now - REMEMBERED, "most": MOST}


def _stuck(row: Any) -> Line:
    kind = row.kind or "reply"
    thread = f"inbox/?thread={row.thread_id}" if row.thread_id else "inbox/"
    return Line(
        workspace_id=row.workspace_id,
        id=f"{row.what}:{row.id}",
        severity="bad",
        key=f"home.{kind}.{row.state}",
        params={"who": row.member},
        detail=short(row.body),
        address=thread,
        since=row.created_at,
    )


def _others(row: Any, count: int) -> Line:
    """The rest of them, below those that are named."""
    return Line(
        workspace_id=row.workspace_id,
        id="outgoing:more",
        severity="bad",
        key="home.outgoing.more",
        params={"n": count},
        address="inbox/",
        count=count,
    )


async def _open(session: AsyncSession, look: Look) -> Sequence[Line]:
    return [
        Line(
            workspace_id=row.workspace_id,
            id="outgoing:stuck",
            severity="bad",
            key="home.open.stuck",
            params={"n": row.n},
            address="inbox/",
            count=row.n,
            since=row.since,
        )
        for row in await session.execute(_COUNTED, _keys(look))
    ]


async def _happened(session: AsyncSession, look: Look) -> Sequence[Line]:
    keys = look.keys | {"since": look.since, "me": look.actor.user_id, "most": MOST}
    lines = [
        Line(
            workspace_id=row.workspace_id,
            id="replies",
            severity="info",
            key="home.happened.replies" if row.people == 1 else "home.happened.replies_by_many",
            params={"n": row.replies, "who": row.who, "people": row.people},
            address="inbox/?state=waiting",
            count=row.replies,
        )
        for row in await session.execute(_HAPPENED, keys)
    ]
    return lines + [
        Line(
            workspace_id=row.workspace_id,
            id="measures",
            severity="info",
            key="home.happened.measures",
            params={"n": row.n},
            address="inbox/?state=done",
            count=row.n,
        )
        for row in await session.execute(_MEASURED, keys)
    ]


AREA = Area("outgoing", Permission.INBOX_READ, happened=_happened, burning=_burning, open=_open)
