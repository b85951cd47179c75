"""Threads: what they add up to, from their messages, after every batch."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.services.ingest.merging import move_what_hangs_on_it
from cmhub.services.ingest.messages import Added
from cmhub.services.ingest.scope import Scope, now

RECENT = timedelta(days=7)
"""History older than this comes in as done: nobody waits for an answer any more."""

_LOCK = text("""
    select from thread t where t.agency_id = :agency and t.workspace_id = :workspace
        and t.id = any(cast(:old as uuid[])) order by t.id for update
""")
_MERGE = text("""
    update message m set thread_id = p.new
    from unnest(cast(:old as uuid[]), cast(:new as uuid[])) p(old, new)
    where m.agency_id = :agency and m.workspace_id = :workspace and m.thread_id = p.old
""")
_DROP = text("""
    delete from thread t where t.agency_id = :agency and t.workspace_id = :workspace
        and t.id = any(cast(:old as uuid[]))
""")
_SETTLE = text("""
    insert into thread as t (agency_id, workspace_id, id, channel_id, root, state, state_at,
        started_at, starter_id, first_response_at, last_at, last_message_id, message_count,
        waiting_since, language)
    select :agency, :workspace, w.id, w.channel_id, w.root,
        case when s.last_at < cast(:recent as timestamptz) then 'done'
            when s.since is null then 'waiting' else 'open' end,
        null, s.started_at, s.starter, s.answered_at, s.last_at, s.last_id, s.n, s.since,
        s.language
    from unnest(cast(:ids as uuid[]), cast(:channels as uuid[]), cast(:roots as text[]))
        w(id, channel_id, root)
    cross join lateral (
        select min(starter::text)::uuid as starter, min(posted_at) as started_at,
            max(posted_at) as last_at, count(*) filter (where stands) as n,
            min(posted_at) filter (where member_id <> starter) as answered_at,
            min(last_id::text)::uuid as last_id,
            min(posted_at) filter (where stands and not team
                and posted_at > coalesce(team_at, '-infinity')) as since,
            (array_agg(language order by posted_at desc)
                filter (where language is not null and not team))[1] as language
        from (
            select m.member_id, m.posted_at, m.language, m.deleted_at is null as stands, p.team,
                first_value(m.member_id) over span as starter,
                last_value(m.id) over span as last_id,
                max(m.posted_at) filter (where p.team) over span as team_at
            from message m
            cross join lateral (select team from member p
                where p.agency_id = :agency and p.workspace_id = :workspace
                    and p.id = m.member_id offset 0) p
            where m.agency_id = :agency and m.workspace_id = :workspace and m.thread_id = w.id
            window span as (order by m.posted_at, m.external_id
                rows between unbounded preceding and unbounded following)) said
        having count(*) > 0) s
    on conflict (agency_id, workspace_id, id) do update set
        started_at = excluded.started_at, starter_id = excluded.starter_id,
        first_response_at = excluded.first_response_at, last_at = excluded.last_at,
        last_message_id = excluded.last_message_id, message_count = excluded.message_count,
        waiting_since = excluded.waiting_since,
        language = coalesce(excluded.language, t.language),
        snoozed_until = case
            when excluded.waiting_since is not null and t.id = any(cast(:reopened as uuid[]))
                then null
            else t.snoozed_until end,
        state = case
            when excluded.waiting_since is not null and t.id = any(cast(:reopened as uuid[]))
                then 'open'
            when t.state_at is null and cast(:recent as timestamptz) is not null
                then excluded.state
            when excluded.waiting_since is null and t.state = 'open' then 'waiting'
            else t.state end
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
        # A reply that is just being written must be seen here, or it would go with its thread.
        await session.execute(_LOCK, scope.keys | {"old": merged["old"]})
        await session.execute(_MERGE, scope.keys | merged)
    await _settle(session, scope, places, list(added.threads) if scope.live else [])
    if added.merged:
        await move_what_hangs_on_it(session, scope, merged)
        await session.execute(_DROP, scope.keys | {"old": merged["old"]})


async def _settle(
    session: AsyncSession,
    scope: Scope,
    places: dict[UUID, tuple[UUID, str]],
    reopened: list[UUID],
) -> None:
    await session.execute(
        _SETTLE,
        scope.keys
        | {
            "recent": None if scope.live else now() - RECENT,
            "ids": list(places),
            "channels": [channel for channel, _ in places.values()],
            "roots": [root for _, root in places.values()],
            "reopened": reopened,
        },
    )
