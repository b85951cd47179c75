"""Threads: what they add up to, from their messages, after every batch."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.services.ingest.messages import Added
from cmhub.services.ingest.scope import Scope, now

RECENT = timedelta(days=7)
"""History older than this comes in as done: nobody waits for an answer any more."""

_MERGE = text("""
    with pairs as (
        select p.old, p.new from unnest(cast(:old as uuid[]), cast(:new as uuid[])) p(old, new)),
    replies as (
        update reply r set thread_id = pairs.new from pairs
        where r.agency_id = :agency and r.workspace_id = :workspace and r.thread_id = pairs.old)
    update message m set thread_id = pairs.new from pairs
    where m.agency_id = :agency and m.workspace_id = :workspace and m.thread_id = pairs.old
""")
_DROP = text("""
    delete from thread t where t.agency_id = :agency and t.workspace_id = :workspace
        and t.id = any(cast(:old as uuid[]))
""")
_SETTLE = text("""
    with wanted as (
        select w.id, w.channel_id, w.root
        from unnest(cast(:ids as uuid[]), cast(:channels as uuid[]), cast(:roots as text[]))
            w(id, channel_id, root)),
    said as (
        select m.thread_id, m.id, m.member_id, m.posted_at, m.external_id,
            m.deleted_at is null as stands, p.team,
            first_value(m.member_id) over (partition by m.thread_id
                order by m.posted_at, m.external_id) as starter
        from wanted join message m on m.agency_id = :agency and m.workspace_id = :workspace
            and m.thread_id = wanted.id
        join member p on p.agency_id = m.agency_id and p.workspace_id = m.workspace_id
            and p.id = m.member_id),
    sums as (
        select thread_id, (array_agg(starter))[1] as starter, min(posted_at) as started_at,
            max(posted_at) as last_at, count(*) filter (where stands) as n,
            min(posted_at) filter (where member_id <> starter) as answered_at,
            max(posted_at) filter (where team) as team_at,
            (array_agg(id order by posted_at desc, external_id desc))[1] as last_id
        from said group by thread_id),
    waits as (
        select s.thread_id, min(s.posted_at) as since from said s join sums using (thread_id)
        where not s.team and s.stands and s.posted_at > coalesce(sums.team_at, '-infinity')
        group by s.thread_id)
    insert into thread as t (agency_id, workspace_id, id, channel_id, root, state, state_at,
        started_at, starter_id, first_response_at, last_at, last_message_id, message_count,
        waiting_since)
    select :agency, :workspace, wanted.id, wanted.channel_id, wanted.root,
        case when waits.since is null then 'waiting' else 'open' end,
        :now, sums.started_at, sums.starter, sums.answered_at, sums.last_at, sums.last_id, sums.n,
        waits.since
    from wanted join sums on sums.thread_id = wanted.id
    left join waits on waits.thread_id = wanted.id
    on conflict (agency_id, workspace_id, id) do update set
        started_at = excluded.started_at, starter_id = excluded.starter_id,
        first_response_at = excluded.first_response_at, last_at = excluded.last_at,
        last_message_id = excluded.last_message_id, message_count = excluded.message_count,
        waiting_since = excluded.waiting_since,
        state = case
            when excluded.waiting_since is null and t.state = 'open' then 'waiting'
            when excluded.waiting_since is not null and t.id = any(cast(:reopened as uuid[]))
                then 'open'
            else t.state end
""")
_CLOSE_OLD = text("""
    update thread set state = 'done' where agency_id = :agency and workspace_id = :workspace
        and id = any(cast(:ids as uuid[])) and state_at = :now and last_at < :recent
""")
_PLACES = text("""
    select id, channel_id, root from thread where agency_id = :agency
        and workspace_id = :workspace and id = any(cast(:ids as uuid[]))
""")


async def settle_threads(
    session: AsyncSession, scope: Scope, added: Added, touched: Iterable[UUID]
) -> None:
    """Bring the threads of new, changed and deleted messages up to date."""
    places = dict(added.threads)
    others = [thread for thread in touched if thread not in places and thread not in added.merged]
    if others:
        rows = await session.execute(_PLACES, scope.keys | {"ids": others})
        places |= {row.id: (row.channel_id, row.root) for row in rows}
    if not places:
        return
    merged = {"old": list(added.merged), "new": list(added.merged.values())}
    if added.merged:
        await session.execute(_MERGE, scope.keys | merged)
    await _settle(session, scope, places, list(added.threads) if scope.live else [])
    if added.merged:
        await session.execute(_DROP, scope.keys | merged)


async def _settle(
    session: AsyncSession,
    scope: Scope,
    places: dict[UUID, tuple[UUID, str]],
    reopened: list[UUID],
) -> None:
    moment = now()
    await session.execute(
        _SETTLE,
        scope.keys
        | {
            "now": moment,
            "ids": list(places),
            "channels": [channel for channel, _ in places.values()],
            "roots": [root for _, root in places.values()],
            "reopened": reopened,
        },
    )
    if not scope.live:
        await session.execute(
            _CLOSE_OLD,
            scope.keys | {"now": moment, "ids": list(places), "recent": moment - RECENT},
        )
