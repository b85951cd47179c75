"""One member: who they are on which network, what they did, and what was done."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import Invalid, NotFound
from cmhub.models import Member, Workspace
from cmhub.services.members.listing import IdentityView, identities_of

WEEKS = 12
PAGE = 20
LENGTH = 400  # characters of a message that are shown


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days that begin on ``first``, a Monday; the last one may not have ended."""

    first: date
    messages: int
    reactions: int


@dataclass(frozen=True, slots=True)
class ChannelShare:
    """What a member wrote on one channel."""

    id: UUID
    name: str
    network: str
    messages: int


@dataclass(frozen=True, slots=True)
class MemberMessage:
    """A message of the member, and where it stands."""

    id: UUID
    thread_id: UUID
    channel: str
    network: str
    words: str
    posted_at: datetime
    deleted: bool


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measure taken on one of the member's channels."""

    id: UUID
    kind: str
    state: str
    channel: str
    user_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MergeView:
    """A member who was merged into this one and can be parted again."""

    id: UUID
    name: str
    user_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member's page.

    ``moved_to`` is another member's id when this one was merged; then nothing else is filled in.
    ``started`` counts threads that they began, ``helped`` messages in threads of others.
    """

    id: UUID
    moved_to: UUID | None = None
    name: str = ""
    team: bool = False
    bot: bool = False
    messages: int = 0
    reactions: int = 0
    started: int = 0
    helped: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    identities: tuple[IdentityView, ...] = ()
    weeks: tuple[Week, ...] = ()
    channels: tuple[ChannelShare, ...] = ()
    written: tuple[MemberMessage, ...] = ()
    after: str = ""
    measures: tuple[MeasureView, ...] = ()
    merges: tuple[MergeView, ...] = ()


_WEEKS = text("""
    select date_trunc('week', d.day)::date as first, sum(d.messages) as messages,
        sum(d.reactions) as reactions
    from member_day d where d.agency_id = :agency and d.workspace_id = :workspace
        and d.member_id = :member and d.day >= :first
    group by 1
""")
_CHANNELS = text("""
    select c.id, c.name, n.network, f.messages from (
        select d.channel_id, sum(d.messages) as messages from member_day d
        where d.agency_id = :agency and d.workspace_id = :workspace and d.member_id = :member
        group by d.channel_id having sum(d.messages) > 0) f
    join channel c on c.agency_id = :agency and c.workspace_id = :workspace and c.id = f.channel_id
    join connection n on n.agency_id = c.agency_id and n.workspace_id = c.workspace_id
        and n.id = c.connection_id
    order by f.messages desc, c.name
""")
_COUNTS = text("""
    select count(distinct t.id) filter (where t.starter_id = :member) as started,
        count(*) filter (where t.starter_id <> :member) as helped
    from message m join thread t on t.agency_id = m.agency_id
        and t.workspace_id = m.workspace_id and t.id = m.thread_id
    where m.agency_id = :agency and m.workspace_id = :workspace and m.member_id = :member
        and m.deleted_at is null
""")
_WRITTEN = text("""
    select m.id, m.thread_id, c.name as channel, n.network, m.posted_at,
        m.deleted_at is not null as deleted,
        case when m.deleted_at is null then left(m.body, :length) else '' end as words
    from (select * from message m where m.agency_id = :agency and m.workspace_id = :workspace
            and m.member_id = :member
            and (cast(:at as timestamptz) is null or (m.posted_at, m.id) < (:at, :last_id))
        order by m.posted_at desc, m.id desc limit :most) m
    join channel c on c.agency_id = m.agency_id and c.workspace_id = m.workspace_id
        and c.id = m.channel_id
    join connection n on n.agency_id = c.agency_id and n.workspace_id = c.workspace_id
        and n.id = c.connection_id
    order by m.posted_at desc, m.id desc
""")
_MEASURES = text("""
    select w.id, w.kind, w.state, c.name as channel, w.user_name, w.created_at
    from measure w join channel c on c.agency_id = w.agency_id
        and c.workspace_id = w.workspace_id and c.id = w.channel_id
    where w.agency_id = :agency and w.workspace_id = :workspace and w.member_id = :member
    order by w.created_at desc limit 50
""")
_MERGES = text("""
    select g.id, g.name, g.user_name, g.at from member_merge g
    where g.agency_id = :agency and g.workspace_id = :workspace and g.undone_at is null
        and exists (select from identity i where i.agency_id = :agency
            and i.workspace_id = :workspace and i.member_id = :member
            and i.id = any(g.identities))
    order by g.at desc
""")


async def read_member(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    member_id: UUID,
    *,
    now: datetime,
    after: str = "",
) -> MemberView:
    """A member's page; ``after`` is where their next messages begin.

    Raises:
        NotFound: there is no such member in this workspace.
    """
    actor.require(Permission.MEMBER_READ, workspace_id)
    member = await find_member(session, workspace_id, member_id)
    if member.merged_into is not None:
        return MemberView(member_id, moved_to=await holder_of(session, workspace_id, member_id))
    keys: dict[str, object] = {"agency": actor.agency_id, "workspace": workspace_id}
    of = {**keys, "member": member_id}
    counts = (await session.execute(_COUNTS, of)).one()
    written, further = await _written(session, of, after)
    return MemberView(
        id=member_id,
        name=member.name,
        team=member.team,
        bot=member.bot,
        messages=member.messages,
        reactions=member.reactions,
        started=counts.started,
        helped=counts.helped,
        first_at=member.first_at,
        last_at=member.last_at,
        identities=(await identities_of(session, keys, [member_id])).get(member_id, ()),
        weeks=await _weeks(session, of, workspace_id, now),
        channels=tuple(
            ChannelShare(row.id, row.name, row.network, row.messages)
            for row in await session.execute(_CHANNELS, of)
        ),
        written=written,
        after=further,
        measures=tuple(
            MeasureView(row.id, row.kind, row.state, row.channel, row.user_name, row.created_at)
            for row in await session.execute(_MEASURES, of)
        ),
        merges=tuple(
            MergeView(row.id, row.name, row.user_name, row.at)
            for row in await session.execute(_MERGES, of)
        ),
    )


async def find_member(session: AsyncSession, workspace_id: UUID, member_id: UUID) -> Member:
    """The member's row, in scope.

    Raises:
        NotFound: there is none in this workspace.
    """
    found = await session.scalar(
        select(Member).where(Member.workspace_id == workspace_id, Member.id == member_id)
    )
    if found is None:
        raise NotFound
    return found


async def holder_of(session: AsyncSession, workspace_id: UUID, member_id: UUID) -> UUID:
    """Who a member is now, after all merges."""
    seen = {member_id}
    member = await find_member(session, workspace_id, member_id)
    while member.merged_into is not None and member.merged_into not in seen:
        seen.add(member.merged_into)
        member = await find_member(session, workspace_id, member.merged_into)
    return member.id


async def _weeks(
    session: AsyncSession, of: dict[str, object], workspace_id: UUID, now: datetime
) -> tuple[Week, ...]:
    zone = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    today = now.astimezone(ZoneInfo(zone or "UTC")).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    rows = {row.first: row for row in await session.execute(_WEEKS, {**of, "first": first})}
    mondays = [first + timedelta(weeks=number) for number in range(WEEKS)]
    return tuple(
        Week(day, rows[day].messages, rows[day].reactions) if day in rows else Week(day, 0, 0)
        for day in mondays
    )


async def _written(
    session: AsyncSession, of: dict[str, object], after: str
) -> tuple[tuple[MemberMessage, ...], str]:
    at, last = _place(after)
    rows = (
        await session.execute(
            _WRITTEN,
            {**of, "at": at, "last_id": last, "most": PAGE + 1, "length": LENGTH},
        )
    ).all()
    shown = tuple(
        MemberMessage(
            row.id, row.thread_id, row.channel, row.network, row.words, row.posted_at, row.deleted
        )
        for row in rows[:PAGE]
    )
    more = len(rows) > PAGE
    return shown, f"{shown[-1].posted_at.isoformat()}~{shown[-1].id}" if more else ""


def _place(after: str) -> tuple[datetime | None, UUID | None]:
    if not after:
        return None, None
    at, _, last = after.rpartition("~")
    try:
        moment = datetime.fromisoformat(at.replace(" ", "+"))
        if moment.tzinfo is None:
            raise ValueError
        return moment, UUID(last)
    except ValueError:
        raise Invalid("filter") from None
