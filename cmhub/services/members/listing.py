"""The directory: the members of a workspace, found, narrowed down and put in order."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import Invalid, NotFound
from cmhub.models import Workspace
from cmhub.services.search.words import fold

PAGE = 50
COUNTED = 10_000
"""So many are counted; beyond it there are more."""
NEWCOMER = timedelta(days=30)
KINDS = ("members", "team", "bots", "all")
ORDERS = ("last", "messages", "joined", "name")


@dataclass(frozen=True, slots=True)
class MembersFilter:
    """Which members, in which order (``-last``: latest first); days are the workspace's.

    ``silent_since`` leaves out who was active on that day or later.
    """

    words: str = ""
    network: str = ""
    channel_id: UUID | None = None
    active_since: date | None = None
    silent_since: date | None = None
    newcomers: bool = False
    kind: str = "members"
    order: str = "-last"
    after: str = ""


@dataclass(frozen=True, slots=True)
class IdentityView:
    """One account of a member."""

    id: UUID
    network: str
    handle: str
    name: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member in the directory."""

    id: UUID
    name: str
    handle: str
    networks: tuple[str, ...]
    team: bool
    bot: bool
    messages: int
    reactions: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class MembersPage:
    """One page; ``total`` counts up to 10,000, ``after`` is empty at the end."""

    rows: tuple[MemberRow, ...]
    total: int
    networks: tuple[str, ...]
    channels: tuple[tuple[UUID, str], ...]
    after: str


_KEYS = "m.agency_id = :agency and m.workspace_id = :workspace and m.merged_into is null"
_COLUMNS = {"last": "m.last_at", "joined": "m.first_at", "messages": "m.messages",
            "name": "m.sought"}  # fmt: skip
_LIST = f"""
    select m.id, m.name, m.team, m.bot, m.messages, m.reactions, m.first_at, m.last_at,
        {{column}} as value
    from member m where {_KEYS} {{where}}
    order by {{column}} {{way}} nulls last, m.id limit :most
"""  # noqa: S608
_COUNT = f"select count(*) from (select from member m where {_KEYS} {{where}} limit :most) m"  # noqa: S608
_IDENTITIES = text("""
    select i.member_id, i.id, i.network, i.handle, i.name
    from unnest(cast(:members as uuid[])) n(id)
    cross join lateral (select * from identity i where i.agency_id = :agency
        and i.workspace_id = :workspace and i.member_id = n.id offset 0) i
    order by i.network, i.handle, i.id
""")
_NETWORKS = text("""
    select distinct n.network from connection n
    where n.agency_id = :agency and n.workspace_id = :workspace order by n.network
""")
_CHANNELS = text("""
    select c.id, c.name from channel c
    where c.agency_id = :agency and c.workspace_id = :workspace order by c.name, c.id
""")
_KINDS = {
    "members": "and not m.team and not m.bot",
    "team": "and m.team",
    "bots": "and m.bot",
    "all": "",
}


async def list_members(
    session: AsyncSession, actor: Actor, workspace_id: UUID, wanted: MembersFilter, now: datetime
) -> MembersPage:
    """One page of the directory, with how many there are.

    Raises:
        Invalid: a filter is none.
    """
    actor.require(Permission.MEMBER_READ, workspace_id)
    zone = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    if zone is None:
        raise NotFound
    order, down = wanted.order.removeprefix("-"), wanted.order.startswith("-")
    if order not in ORDERS or wanted.kind not in KINDS:
        raise Invalid("filter")
    keys: dict[str, object] = {"agency": actor.agency_id, "workspace": workspace_id}
    where, values = _where(wanted, ZoneInfo(zone), now)
    counted = await session.scalar(_count(where), {**keys, **values, "most": COUNTED + 1})
    place, placed = _after(wanted.after, order, down=down)
    found = (
        await session.execute(
            _list(where + place, order, down=down), {**keys, **values, **placed, "most": PAGE + 1}
        )
    ).all()
    rows = found[:PAGE]
    identities = await identities_of(session, keys, [row.id for row in rows])
    return MembersPage(
        rows=tuple(_row(row, identities.get(row.id, ())) for row in rows),
        total=counted or 0,
        networks=tuple(await session.scalars(_NETWORKS, keys)),
        channels=tuple((row.id, row.name) for row in await session.execute(_CHANNELS, keys)),
        after=_key(rows[-1], order) if len(found) > PAGE else "",
    )


@cache
def _list(where: str, order: str, *, down: bool) -> TextClause:
    way = "desc" if down else "asc"
    return text(_LIST.format(column=_COLUMNS[order], way=way, where=where))


@cache
def _count(where: str) -> TextClause:
    return text(_COUNT.format(where=where))


def _where(wanted: MembersFilter, zone: ZoneInfo, now: datetime) -> tuple[str, dict[str, object]]:
    where, values = [_KINDS[wanted.kind]], dict[str, object]()
    for number, word in enumerate(fold(wanted.words).split()[:5]):
        where.append(f"and m.sought like :word{number}")
        values[f"word{number}"] = f"%{literal(word)}%"
    if wanted.network:
        where.append(
            "and exists (select from identity i where i.agency_id = m.agency_id"
            " and i.workspace_id = m.workspace_id and i.member_id = m.id and i.network = :network)"
        )
        values["network"] = wanted.network
    if wanted.channel_id is not None:
        where.append(
            "and exists (select from member_day d where d.agency_id = m.agency_id"
            " and d.workspace_id = m.workspace_id and d.member_id = m.id"
            " and d.channel_id = :channel and d.messages + d.reactions > 0)"
        )
        values["channel"] = wanted.channel_id
    if wanted.active_since is not None:
        where.append("and m.last_at >= :active")
        values["active"] = datetime.combine(wanted.active_since, time(), zone)
    if wanted.silent_since is not None:
        where.append("and (m.last_at is null or m.last_at < :silent)")
        values["silent"] = datetime.combine(wanted.silent_since, time(), zone)
    if wanted.newcomers:
        where.append("and m.first_at >= :newcomer")
        values["newcomer"] = now - NEWCOMER
    return " ".join(where), values


def literal(word: str) -> str:
    """A word as `like` takes it literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _after(after: str, order: str, *, down: bool) -> tuple[str, dict[str, object]]:
    """The condition that begins after a row; those without a value stand at the end."""
    if not after:
        return "", {}
    value, _, last = after.rpartition("~")
    column, sign = _COLUMNS[order], "<" if down else ">"
    try:
        values: dict[str, object] = {"last_id": UUID(last)}
        if not value:
            return f" and {column} is null and m.id > :last_id", values
        values["value"] = _read(value, order)
    except ValueError:
        raise Invalid("filter") from None
    return (
        f" and ({column} {sign} :value or {column} is null"
        f" or ({column} = :value and m.id > :last_id))",
        values,
    )


def _read(value: str, order: str) -> object:
    if order == "name":
        return value
    if order == "messages":
        return int(value)
    moment = datetime.fromisoformat(value.replace(" ", "+"))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _key(row: Any, order: str) -> str:
    value = row.value
    if isinstance(value, datetime):
        value = value.isoformat()
    return f"{'' if value is None else value}~{row.id}"


async def identities_of(
    session: AsyncSession, keys: dict[str, object], members: list[UUID]
) -> dict[UUID, tuple[IdentityView, ...]]:
    """The accounts of members, those of one network together."""
    found: dict[UUID, tuple[IdentityView, ...]] = {}
    for row in await session.execute(_IDENTITIES, {**keys, "members": members}):
        view = IdentityView(row.id, row.network, row.handle, row.name)
        found[row.member_id] = (*found.get(row.member_id, ()), view)
    return found


def _row(row: Any, identities: tuple[IdentityView, ...]) -> MemberRow:
    return MemberRow(
        id=row.id,
        name=row.name,
        handle=identities[0].handle if identities else "",
        networks=tuple(dict.fromkeys(one.network for one in identities)),
        team=row.team,
        bot=row.bot,
        messages=row.messages,
        reactions=row.reactions,
        first_at=row.first_at,
        last_at=row.last_at,
    )
