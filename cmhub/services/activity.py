"""The community's activity: messages and active members of each day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import Invalid, NotFound
from cmhub.models import Connection, Workspace

LONGEST = 366


@dataclass(frozen=True, slots=True)
class DayActivity:
    """One day: messages of members and how many members wrote or reacted.

    A day that has not ended is not ``complete``.
    """

    day: date
    messages: int
    members: int
    complete: bool


@dataclass(frozen=True, slots=True)
class ChannelActivity:
    """One channel over the whole window."""

    id: UUID
    name: str
    network: str
    messages: int
    members: int
    share: float


@dataclass(frozen=True, slots=True)
class Activity:
    """A window of days, both ends included, with what the whole of it adds up to.

    ``before`` is the number of messages of the window of equal length before it.
    """

    first: date
    last: date
    days: tuple[DayActivity, ...]
    channels: tuple[ChannelActivity, ...]
    messages: int
    members: int
    before: int
    members_before: int
    freshest: datetime | None


_COUNTED = """
    from member_day d
    join member m on m.agency_id = d.agency_id and m.workspace_id = d.workspace_id
        and m.id = d.member_id and not m.bot and not m.team
    where d.agency_id = :agency and d.workspace_id = :workspace
        and d.day between :first and :last and (d.messages > 0 or d.reactions > 0)
        and (cast(:channel as uuid) is null or d.channel_id = :channel)
"""
_DAYS = text(f"""
    select d.day, sum(d.messages) as messages, count(distinct d.member_id) as members
    {_COUNTED} group by d.day
""")
_TOTAL = text(f"""
    select coalesce(sum(d.messages), 0) as messages, count(distinct d.member_id) as members
    {_COUNTED}
""")
_CHANNELS = text(f"""
    select c.id, c.name, n.network, coalesce(f.messages, 0) as messages,
        coalesce(f.members, 0) as members
    from channel c join connection n on n.agency_id = c.agency_id
        and n.workspace_id = c.workspace_id and n.id = c.connection_id
    left join (select d.channel_id, sum(d.messages) as messages,
            count(distinct d.member_id) as members {_COUNTED} group by d.channel_id) f
        on f.channel_id = c.id
    where c.agency_id = :agency and c.workspace_id = :workspace
    order by messages desc, c.name
""")  # noqa: S608


async def read_activity(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    *,
    days: int,
    channel_id: UUID | None = None,
    now: datetime,
) -> Activity:
    """What members did in the last ``days`` days, today included, in the workspace's zone.

    Members only: bots and the team are not counted. Readers who never write are not seen.

    Raises:
        Invalid: the window is empty or longer than a year.
    """
    actor.require(Permission.ACTIVITY_READ, workspace_id)
    if not 0 < days <= LONGEST:
        raise Invalid("filter")
    zone = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    if zone is None:
        raise NotFound
    today = now.astimezone(ZoneInfo(zone)).date()
    first = today - timedelta(days=days - 1)
    keys: dict[str, object] = {
        "agency": actor.agency_id,
        "workspace": workspace_id,
        "channel": channel_id,
    }
    window = keys | {"first": first, "last": today}
    earlier = keys | {"first": first - timedelta(days=days), "last": first - timedelta(days=1)}
    total = (await session.execute(_TOTAL, window)).one()
    before = (await session.execute(_TOTAL, earlier)).one()
    return Activity(
        first=first,
        last=today,
        days=await _days(session, window, first, today),
        channels=await _channels(session, window | {"channel": None}),
        messages=total.messages,
        members=total.members,
        before=before.messages,
        members_before=before.members,
        freshest=await session.scalar(
            select(Connection.synced_at)
            .where(
                Connection.workspace_id == workspace_id,
                Connection.synced_at.is_not(None),
                Connection.state != "disconnected",
            )
            .order_by(Connection.synced_at)
            .limit(1)
        ),
    )


async def _days(
    session: AsyncSession, window: dict[str, object], first: date, today: date
) -> tuple[DayActivity, ...]:
    rows = {row.day: row for row in await session.execute(_DAYS, window)}
    count = (today - first).days + 1
    return tuple(
        DayActivity(
            day,
            rows[day].messages if day in rows else 0,
            rows[day].members if day in rows else 0,
            day < today,
        )
        for day in (first + timedelta(days=offset) for offset in range(count))
    )


async def _channels(
    session: AsyncSession, window: dict[str, object]
) -> tuple[ChannelActivity, ...]:
    rows = (await session.execute(_CHANNELS, window)).all()
    most = max((row.messages for row in rows), default=0) or 1
    return tuple(
        ChannelActivity(
            row.id, row.name, row.network, row.messages, row.members, row.messages / most
        )
        for row in rows
    )
