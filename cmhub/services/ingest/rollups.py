"""Exact counts per member, channel and day, kept in the transaction of the messages."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.services.ingest.scope import DayChange, Scope

_COUNT = text("""
    insert into member_day as d
        (agency_id, workspace_id, day, channel_id, member_id, messages, reactions)
    select :agency, :workspace, n.day, n.channel_id, n.member_id, n.messages, n.reactions
    from unnest(cast(:days as date[]), cast(:channels as uuid[]), cast(:members as uuid[]),
        cast(:messages as integer[]), cast(:reactions as integer[]))
        n(day, channel_id, member_id, messages, reactions)
    order by n.day, n.channel_id, n.member_id
    on conflict (agency_id, workspace_id, day, channel_id, member_id) do update set
        messages = d.messages + excluded.messages, reactions = d.reactions + excluded.reactions
""")
# Batches of different channels run at once: whoever takes several members takes them in one order.
_TOTAL = text("""
    with changes as materialized (
        select n.id, sum(n.messages) as messages, sum(n.reactions) as reactions,
            min(n.at) filter (where n.messages + n.reactions > 0) as first_at,
            max(n.at) filter (where n.messages + n.reactions > 0) as last_at
        from unnest(cast(:members as uuid[]), cast(:messages as integer[]),
            cast(:reactions as integer[]), cast(:ats as timestamptz[]))
            n(id, messages, reactions, at)
        group by n.id),
    held as materialized (
        select m.id from member m where m.agency_id = :agency and m.workspace_id = :workspace
            and m.id = any(cast(:distinct as uuid[])) order by m.id for no key update)
    update member m set messages = m.messages + c.messages, reactions = m.reactions + c.reactions,
        first_at = least(m.first_at, c.first_at), last_at = greatest(m.last_at, c.last_at)
    from changes c cross join (select count(*) as n from held) h
    where h.n >= 0 and m.agency_id = :agency and m.workspace_id = :workspace and m.id = c.id
""")
# What was taken away may have been the first or the last of somebody.
_AGAIN = text("""
    update member m set first_at = s.first_at, last_at = s.last_at
    from unnest(cast(:members as uuid[])) n(id)
    cross join lateral (
        select least(
            (select x.posted_at from message x where x.agency_id = :agency
                and x.workspace_id = :workspace and x.member_id = n.id and x.deleted_at is null
                order by x.posted_at limit 1),
            (select r.at from reaction r where r.agency_id = :agency
                and r.workspace_id = :workspace and r.member_id = n.id
                order by r.at limit 1)) as first_at,
        greatest(
            (select x.posted_at from message x where x.agency_id = :agency
                and x.workspace_id = :workspace and x.member_id = n.id and x.deleted_at is null
                order by x.posted_at desc limit 1),
            (select r.at from reaction r where r.agency_id = :agency
                and r.workspace_id = :workspace and r.member_id = n.id
                order by r.at desc limit 1)) as last_at) s
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = n.id
""")

Cell = tuple[date, UUID, UUID]


async def count_days(session: AsyncSession, scope: Scope, changes: Iterable[DayChange]) -> None:
    """Add what a batch brought or took away to the days it falls on and to its members."""
    found = list(changes)
    messages: Counter[Cell] = Counter()
    reactions: Counter[Cell] = Counter()
    for change in found:
        cell = (change.day, change.channel_id, change.member_id)
        messages[cell] += change.messages
        reactions[cell] += change.reactions
    cells = [cell for cell in messages if messages[cell] or reactions[cell]]
    if cells:
        await session.execute(
            _COUNT,
            scope.keys
            | {
                "days": [cell[0] for cell in cells],
                "channels": [cell[1] for cell in cells],
                "members": [cell[2] for cell in cells],
                "messages": [messages[cell] for cell in cells],
                "reactions": [reactions[cell] for cell in cells],
            },
        )
    if found:
        await _total(session, scope, found)


async def _total(session: AsyncSession, scope: Scope, changes: Sequence[DayChange]) -> None:
    await session.execute(
        _TOTAL,
        scope.keys
        | {
            "members": [change.member_id for change in changes],
            "messages": [change.messages for change in changes],
            "reactions": [change.reactions for change in changes],
            "ats": [change.at for change in changes],
            "distinct": sorted({change.member_id for change in changes}),
        },
    )
    shrunk = {change.member_id for change in changes if change.messages + change.reactions < 0}
    if shrunk:
        await session.execute(_AGAIN, scope.keys | {"members": sorted(shrunk)})
