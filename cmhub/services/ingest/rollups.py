"""Exact counts per member, channel and day, kept in the transaction of the messages."""

from collections import Counter
from collections.abc import Iterable
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

Cell = tuple[date, UUID, UUID]


async def count_days(session: AsyncSession, scope: Scope, changes: Iterable[DayChange]) -> None:
    """Add what a batch brought or took away to the days it falls on."""
    messages: Counter[Cell] = Counter()
    reactions: Counter[Cell] = Counter()
    for change in changes:
        cell = (change.day, change.channel_id, change.member_id)
        messages[cell] += change.messages
        reactions[cell] += change.reactions
    cells = [cell for cell in messages if messages[cell] or reactions[cell]]
    if not cells:
        return
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
