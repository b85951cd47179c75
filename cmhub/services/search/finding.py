"""Search over all messages of a workspace, by way of one door.

Full text is not leak-proof, so that under row-level security its index is not used. The door
``find_messages`` uses it and repeats the conditions of the tenant; see decision 0022.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import Invalid, NotFound
from cmhub.models import Member, Workspace
from cmhub.services.search.excerpts import Piece, excerpt
from cmhub.services.search.query import Question, read_question
from cmhub.services.search.words import channel_lexeme, tag_of

PAGE = 20
BEST = 200
"""At most so many of the newest hits are put in order when the best come first."""
NEWEST = 8_000
"""So many of the newest messages are read one by one before the index is asked."""
STATES = ("open", "waiting", "snoozed", "done")
ORDERS = ("newest", "best")
SIDES = ("", "team", "members")
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_EARLY = datetime(1, 1, 2, tzinfo=UTC)
_LAST_ID = UUID(int=(1 << 128) - 1)
_FIRST_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; days are the workspace's, both included."""

    words: str
    channel_id: UUID | None = None
    member_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    state: str = ""
    side: str = ""
    order: str = "newest"
    after: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, with what is needed to go there."""

    id: UUID
    thread_id: UUID
    member_id: UUID
    author: str
    from_team: bool
    channel: str
    network: str
    posted_at: datetime
    edited: bool
    state: str
    excerpt: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits; ``asked`` is false when there was no word to look for."""

    hits: tuple[Hit, ...] = ()
    after: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    id: UUID
    at: datetime
    rank: float


_FIND = text("""
    select message_id, written_at, rank from find_messages(:asked, :workspace, :authors, :since,
        :before, :before_id, :state, :by_team, :newest, :enough, :most)
""")
_HITS = text("""
    select m.id, m.thread_id, m.member_id, p.name as author, p.team, c.name as channel, n.network,
        m.posted_at, m.edited_at is not null as edited, t.state, m.body
    from unnest(cast(:ids as uuid[])) with ordinality f(id, place)
    cross join lateral (select * from message m where m.agency_id = :agency
        and m.workspace_id = :workspace and m.id = f.id and m.deleted_at is null offset 0) m
    join member p on p.agency_id = m.agency_id and p.workspace_id = m.workspace_id
        and p.id = m.member_id
    join channel c on c.agency_id = m.agency_id and c.workspace_id = m.workspace_id
        and c.id = m.channel_id
    join connection n on n.agency_id = c.agency_id and n.workspace_id = c.workspace_id
        and n.id = c.connection_id
    join thread t on t.agency_id = m.agency_id and t.workspace_id = m.workspace_id
        and t.id = m.thread_id
    order by f.place
""")


async def search_messages(
    session: AsyncSession, actor: Actor, workspace_id: UUID, wanted: Search
) -> SearchPage:
    """One page of the messages that answer the question, newest or best first.

    Raises:
        Invalid: a filter is none.
    """
    actor.require(Permission.INBOX_READ, workspace_id)
    if wanted.order not in ORDERS or wanted.side not in SIDES:
        raise Invalid("filter")
    if wanted.state and wanted.state not in STATES:
        raise Invalid("filter")
    zone = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    if zone is None:
        raise NotFound
    question = read_question(wanted.words)
    if question.empty:
        return SearchPage()
    found, more = await _page(session, workspace_id, wanted, question, ZoneInfo(zone))
    return SearchPage(
        hits=await _hits(session, actor, workspace_id, found, question),
        after=_place(wanted.order, found[-1]) if more else "",
        asked=True,
    )


def _place(order: str, last: _Found) -> str:
    first = repr(last.rank) if order == "best" else last.at.isoformat()
    return f"{first}~{last.id}"


async def _page(
    session: AsyncSession, workspace_id: UUID, wanted: Search, question: Question, zone: ZoneInfo
) -> tuple[Sequence[_Found], bool]:
    best = wanted.order == "best"
    values: dict[str, object] = {
        "asked": _written(workspace_id, wanted, question),
        "workspace": workspace_id,
        "authors": await _authors(session, workspace_id, wanted),
        "since": _start(wanted.since, zone) if wanted.since else _EARLY,
        "before": _FAR,
        "before_id": _LAST_ID,
        "state": wanted.state or None,
        "by_team": {"members": False}.get(wanted.side),
        "newest": NEWEST,
        "enough": PAGE + 1,
        "most": BEST if best else PAGE + 1,
    }
    if wanted.until:
        day_after = wanted.until + timedelta(days=1)
        values |= {"before": _start(day_after, zone), "before_id": _FIRST_ID}
    if wanted.after and not best:
        at, last = _key(wanted.after, datetime.fromisoformat)
        if at.tzinfo is None:
            raise Invalid("filter")
        values |= {"before": at, "before_id": last}
    rows = [
        _Found(row.message_id, row.written_at, row.rank)
        for row in await session.execute(_FIND, values)
    ]
    if best:
        rows = _best(rows, wanted.after)
    return rows[:PAGE], len(rows) > PAGE


def _written(workspace_id: UUID, wanted: Search, question: Question) -> str:
    channels = [channel_lexeme(wanted.channel_id)] if wanted.channel_id else []
    return question.written(tag_of(workspace_id), *channels)


def _best(rows: list[_Found], after: str) -> list[_Found]:
    ordered = sorted(rows, key=lambda one: (-one.rank, -one.at.timestamp(), one.id))
    if not after:
        return ordered
    rank, last = _key(after, float)
    place = next((n for n, one in enumerate(ordered) if one.id == last), None)
    if place is not None:
        return ordered[place + 1 :]
    return [one for one in ordered if one.rank < rank]


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _key(after: str, read: Any) -> tuple[Any, UUID]:
    first, _, last = after.rpartition("~")
    try:
        return read(first.replace(" ", "+")), UUID(last)
    except ValueError:
        raise Invalid("filter") from None


async def _authors(session: AsyncSession, workspace_id: UUID, wanted: Search) -> list[UUID] | None:
    """Whose messages only; nothing when they are anybody's, or any member's."""
    if wanted.member_id is None and wanted.side != "team":
        return None
    query = select(Member.id).where(Member.workspace_id == workspace_id)
    if wanted.member_id is not None:
        query = query.where(Member.id == wanted.member_id)
    if wanted.side:
        query = query.where(Member.team.is_(wanted.side == "team"))
    return list(await session.scalars(query))


async def _hits(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    found: Sequence[_Found],
    question: Question,
) -> tuple[Hit, ...]:
    rows = await session.execute(
        _HITS,
        {
            "agency": actor.agency_id,
            "workspace": workspace_id,
            "ids": [one.id for one in found],
        },
    )
    return tuple(
        Hit(
            id=row.id,
            thread_id=row.thread_id,
            member_id=row.member_id,
            author=row.author,
            from_team=row.team,
            channel=row.channel,
            network=row.network,
            posted_at=row.posted_at,
            edited=row.edited,
            state=row.state,
            excerpt=excerpt(row.body, question),
        )
        for row in rows
    )
