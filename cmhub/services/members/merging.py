"""Two members who are one person: merged, and parted again with exactly what each had.

Every message, reaction and measure carries the account that it came from. A merge moves the
accounts; what they wrote follows, also what they write later. Counts are made anew from what is
there, so that they are those of plain SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import Channel, Identity, Member, MemberMerge, Workspace, new_id
from cmhub.services import audit
from cmhub.services.ingest.scope import lock_channels
from cmhub.services.members.listing import IdentityView, identities_of
from cmhub.services.members.profile import holder_of
from cmhub.services.search.words import folded_line

_ACCOUNTS = """
    update identity i set member_id = :to where i.agency_id = :agency
        and i.workspace_id = :workspace and i.id = any(cast(:identities as uuid[]))
"""
_FOLLOW = """
    update {table} r set member_id = :to where r.agency_id = :agency
        and r.workspace_id = :workspace and r.member_id = :from
        and r.identity_id = any(cast(:identities as uuid[]))
"""
_MOVES = tuple(
    text(words)
    for words in (
        _ACCOUNTS,
        *(_FOLLOW.format(table=table) for table in ("message", "reaction", "measure")),
    )
)
# Who began a thread, and when somebody else first answered, as the ingest says it.
_SETTLE = text("""
    with touched as materialized (
        select distinct m.thread_id as id from message m where m.agency_id = :agency
            and m.workspace_id = :workspace and m.member_id = :to
            and m.identity_id = any(cast(:identities as uuid[])))
    update thread t set starter_id = s.starter, first_response_at = s.answered_at
    from touched w cross join lateral (
        select min(said.starter::text)::uuid as starter,
            min(said.posted_at) filter (where said.member_id <> said.starter) as answered_at
        from (
            select m.member_id, m.posted_at,
                first_value(m.member_id) over (order by m.posted_at, m.external_id) as starter
            from message m where m.agency_id = :agency and m.workspace_id = :workspace
                and m.thread_id = w.id) said) s
    where t.agency_id = :agency and t.workspace_id = :workspace and t.id = w.id
""")
_FORGET_DAYS = text("""
    delete from member_day d where d.agency_id = :agency and d.workspace_id = :workspace
        and d.member_id = any(cast(:members as uuid[]))
""")
_COUNT_DAYS = text("""
    insert into member_day
        (agency_id, workspace_id, day, channel_id, member_id, messages, reactions)
    select :agency, :workspace, f.day, f.channel_id, f.member_id, sum(f.messages), sum(f.reactions)
    from (
        select (m.posted_at at time zone :zone)::date as day, m.channel_id, m.member_id,
            1 as messages, 0 as reactions
        from message m where m.agency_id = :agency and m.workspace_id = :workspace
            and m.member_id = any(cast(:members as uuid[])) and m.deleted_at is null
        union all
        select (r.at at time zone :zone)::date, r.channel_id, r.member_id, 0, 1
        from reaction r where r.agency_id = :agency and r.workspace_id = :workspace
            and r.member_id = any(cast(:members as uuid[]))) f
    group by f.day, f.channel_id, f.member_id
""")
_COUNT_MEMBERS = text("""
    update member m set messages = s.messages, reactions = s.reactions, first_at = s.first_at,
        last_at = s.last_at
    from unnest(cast(:members as uuid[])) n(id) cross join lateral (
        select count(*) filter (where f.said) as messages,
            count(*) filter (where not f.said) as reactions,
            min(f.at) as first_at, max(f.at) as last_at
        from (
            select x.posted_at as at, true as said from message x where x.agency_id = :agency
                and x.workspace_id = :workspace and x.member_id = n.id and x.deleted_at is null
            union all
            select r.at, false from reaction r where r.agency_id = :agency
                and r.workspace_id = :workspace and r.member_id = n.id) f) s
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = n.id
""")


@dataclass(frozen=True, slots=True)
class Side:
    """One of two members who are compared."""

    id: UUID
    name: str
    team: bool
    bot: bool
    messages: int
    reactions: int
    first_at: datetime | None
    last_at: datetime | None
    identities: tuple[IdentityView, ...]


async def compare_members(
    session: AsyncSession, actor: Actor, workspace_id: UUID, member_id: UUID, other_id: UUID
) -> tuple[Side, Side]:
    """Both members side by side, before they are merged.

    Raises:
        NotFound: one of them is not in this workspace, or was merged already.
    """
    actor.require(Permission.MEMBER_MERGE, workspace_id)
    rows = await _pair(session, workspace_id, member_id, other_id)
    keys: dict[str, object] = {"agency": actor.agency_id, "workspace": workspace_id}
    identities = await identities_of(session, keys, [row.id for row in rows])
    first, second = (
        Side(
            row.id, row.name, row.team, row.bot, row.messages, row.reactions, row.first_at,
            row.last_at, identities.get(row.id, ()),
        )
        for row in rows
    )  # fmt: skip
    return first, second


async def merge_members(
    session: AsyncSession, actor: Actor, workspace_id: UUID, kept_id: UUID, absorbed_id: UUID
) -> UUID:
    """Make two members one: ``absorbed_id`` goes into ``kept_id`` with all its accounts.

    Returns:
        The merge, by which they can be parted again.

    Raises:
        NotFound: one of them is not in this workspace, or was merged already.
        Invalid: they are the same, or one is of the team or a bot and the other is not.
    """
    actor.require(Permission.MEMBER_MERGE, workspace_id)
    if kept_id == absorbed_id:
        raise Invalid("merge_same")
    await _lock(session, workspace_id)
    kept, absorbed = await _pair(session, workspace_id, kept_id, absorbed_id)
    if (kept.team, kept.bot) != (absorbed.team, absorbed.bot):
        raise Invalid("merge_kinds")
    accounts = list(
        await session.scalars(
            select(Identity.id).where(
                Identity.workspace_id == workspace_id, Identity.member_id == absorbed_id
            )
        )
    )
    made = MemberMerge(
        agency_id=actor.agency_id,
        workspace_id=workspace_id,
        id=new_id(),
        kept_id=kept_id,
        absorbed_id=absorbed_id,
        name=absorbed.name,
        identities=accounts,
        user_id=actor.user_id,
        user_name=actor.name,
        at=datetime.now(UTC),
    )
    session.add(made)
    absorbed.merged_into = kept_id
    await session.flush()
    await _move(session, actor, workspace_id, accounts, absorbed_id, kept_id)
    audit.record(
        session, actor, "member:merge", "member", kept_id, workspace_id=workspace_id,
        merge=str(made.id), absorbed=str(absorbed_id), name=absorbed.name, into=kept.name,
    )  # fmt: skip
    await announce(session, actor, workspace_id, "members", "inbox", "activity")
    return made.id


async def part_members(
    session: AsyncSession, actor: Actor, workspace_id: UUID, merge_id: UUID
) -> UUID:
    """Take a merge back: its accounts leave with all they wrote, also since the merge.

    Returns:
        The member that is there again.

    Raises:
        NotFound: there is no such merge in this workspace.
        Conflict: it was taken back already.
    """
    actor.require(Permission.MEMBER_MERGE, workspace_id)
    await _lock(session, workspace_id)
    merge = await session.scalar(
        select(MemberMerge)
        .where(MemberMerge.workspace_id == workspace_id, MemberMerge.id == merge_id)
        .with_for_update()
    )
    if merge is None:
        raise NotFound
    if merge.undone_at is not None:
        raise Conflict("already_parted")
    holder = await holder_of(session, workspace_id, merge.kept_id)
    accounts = list(
        await session.scalars(
            select(Identity.id).where(
                Identity.workspace_id == workspace_id,
                Identity.member_id == holder,
                Identity.id.in_(merge.identities),
            )
        )
    )
    again = await session.scalar(
        select(Member).where(Member.workspace_id == workspace_id, Member.id == merge.absorbed_id)
    )
    if again is None:
        raise NotFound
    merge.undone_at, again.merged_into = datetime.now(UTC), None
    await _leave_later_merges(session, workspace_id, merge, accounts)
    await session.flush()
    await _move(session, actor, workspace_id, accounts, holder, merge.absorbed_id)
    audit.record(
        session, actor, "member:unmerge", "member", merge.absorbed_id, workspace_id=workspace_id,
        merge=str(merge_id), kept=str(holder), name=merge.name,
    )  # fmt: skip
    await announce(session, actor, workspace_id, "members", "inbox", "activity")
    return merge.absorbed_id


async def _lock(session: AsyncSession, workspace_id: UUID) -> None:
    """Let nothing come in while accounts move: what comes next asks anew whose they are."""
    channels = await session.scalars(select(Channel.id).where(Channel.workspace_id == workspace_id))
    await lock_channels(session, channels)


async def _pair(
    session: AsyncSession, workspace_id: UUID, one: UUID, other: UUID
) -> tuple[Member, Member]:
    rows = await session.scalars(
        select(Member)
        .where(
            Member.workspace_id == workspace_id,
            Member.id.in_([one, other]),
            Member.merged_into.is_(None),
        )
        .order_by(Member.id)
        .with_for_update(key_share=True)
    )
    found = {row.id: row for row in rows}
    if one not in found or other not in found:
        raise NotFound
    return found[one], found[other]


async def _leave_later_merges(
    session: AsyncSession, workspace_id: UUID, parted: MemberMerge, accounts: Sequence[UUID]
) -> None:
    """Whoever took these accounts along in a later merge must not take them again."""
    others = await session.scalars(
        select(MemberMerge).where(
            MemberMerge.workspace_id == workspace_id,
            MemberMerge.id != parted.id,
            MemberMerge.undone_at.is_(None),
            MemberMerge.identities.overlap(list(accounts)),
            MemberMerge.at > parted.at,
        )
    )
    for other in others:
        other.identities = [one for one in other.identities if one not in set(accounts)]


async def _move(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    accounts: Sequence[UUID],
    source: UUID,
    target: UUID,
) -> None:
    values: dict[str, object] = {
        "agency": actor.agency_id,
        "workspace": workspace_id,
        "identities": list(accounts),
        "from": source,
        "to": target,
    }
    for statement in _MOVES:
        await session.execute(statement, values)
    await session.execute(_SETTLE, values)
    members = [source, target]
    zone = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    counted = {**values, "members": members, "zone": zone}
    await session.execute(_FORGET_DAYS, counted)
    await session.execute(_COUNT_DAYS, counted)
    await session.execute(_COUNT_MEMBERS, counted)
    for member_id in members:
        await _name(session, workspace_id, member_id)


async def _name(session: AsyncSession, workspace_id: UUID, member_id: UUID) -> None:
    """Call a member as one of their accounts is called, and let both be found by what they are."""
    member = await session.scalar(
        select(Member)
        .where(Member.workspace_id == workspace_id, Member.id == member_id)
        .execution_options(populate_existing=True)
    )
    assert member is not None
    accounts = (
        await session.scalars(
            select(Identity)
            .where(Identity.workspace_id == workspace_id, Identity.member_id == member_id)
            .order_by(Identity.id)
            .execution_options(populate_existing=True)
        )
    ).all()
    if accounts and member.name not in {account.name for account in accounts}:
        member.name = accounts[0].name
    lines = [folded_line(member.name), *(account.sought for account in accounts)]
    member.sought = "\n".join(lines)
