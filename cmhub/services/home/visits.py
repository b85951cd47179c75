"""Since when somebody was away: a visit lasts until half an hour after their last act."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.models import AuditEvent, HomeVisit, new_id

ABSENCE = timedelta(minutes=30)
FIRST = timedelta(days=1)
"""Who was never here is told of the last day."""

_OPEN = text("""
    insert into home_visit as v (agency_id, workspace_id, id, user_id, since, seen_at)
    values (:agency, :workspace, :id, :user, null, :now)
    on conflict (agency_id, workspace_id, user_id) do update set
        since = case when greatest(v.seen_at, cast(:acted as timestamptz)) < :ended
            then greatest(v.seen_at, cast(:acted as timestamptz)) else v.since end,
        seen_at = greatest(v.seen_at, :now)
    returning since, steps_away_at is not null as steps_away
""")


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to a workspace: since when its user was away, and whether it is their first."""

    since: datetime
    first: bool
    steps_away: bool


async def open_visit(
    session: AsyncSession, actor: Actor, workspace_id: UUID, now: datetime
) -> Visit:
    """Begin a visit, or go on with the one that lasts: reloading changes nothing of it.

    What the user did here counts as having been here, so that who answered threads all morning
    is not told of the morning.
    """
    actor.require(Permission.HOME_READ, workspace_id)
    assert actor.user_id is not None
    acted = await _last_act(session, actor.user_id, workspace_id, now)
    row = (
        await session.execute(
            _OPEN,
            {
                "agency": actor.agency_id,
                "workspace": workspace_id,
                "id": new_id(),
                "user": actor.user_id,
                "now": now,
                "acted": acted,
                "ended": now - ABSENCE,
            },
        )
    ).one()
    return _visit(row.since, row.steps_away, now)


async def _last_act(
    session: AsyncSession, user_id: UUID, workspace_id: UUID, now: datetime
) -> datetime | None:
    """When the user last did something here that is on record, since they were seen."""
    seen = (
        select(HomeVisit.seen_at)
        .where(HomeVisit.workspace_id == workspace_id, HomeVisit.user_id == user_id)
        .scalar_subquery()
    )
    return await session.scalar(
        select(func.max(AuditEvent.at)).where(
            AuditEvent.workspace_id == workspace_id,
            AuditEvent.at > seen,
            AuditEvent.at <= now,
            AuditEvent.user_id == user_id,
        )
    )


def _visit(since: datetime | None, steps_away: bool, now: datetime) -> Visit:
    return Visit(since or now - FIRST, since is None, steps_away)


async def read_visit(
    session: AsyncSession, actor: Actor, workspace_id: UUID, now: datetime
) -> Visit:
    """The visit that lasts, as it was begun; it is neither begun nor prolonged by looking."""
    actor.require(Permission.HOME_READ, workspace_id)
    row = await session.scalar(
        select(HomeVisit).where(
            HomeVisit.workspace_id == workspace_id, HomeVisit.user_id == actor.user_id
        )
    )
    if row is None:
        return _visit(None, False, now)
    return _visit(row.since, row.steps_away_at is not None, now)


async def put_steps_away(
    session: AsyncSession, actor: Actor, workspace_id: UUID, now: datetime | None
) -> None:
    """Show the first steps no more to this user here; without a moment, show them again."""
    actor.require(Permission.HOME_READ, workspace_id)
    await session.execute(
        update(HomeVisit)
        .where(HomeVisit.workspace_id == workspace_id, HomeVisit.user_id == actor.user_id)
        .values(steps_away_at=now)
    )
