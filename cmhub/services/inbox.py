"""The inbox: threads of a workspace's channels, newest activity first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Invalid, NotFound
from cmhub.models import Thread
from cmhub.services import audit
from cmhub.services.filtering import STATES, InboxFilter, Values, condition, place_after

PAGE = 30
MESSAGES = 100
MOVES = ("open", "waiting", "done")
"""The states that a thread is put into without a time."""

__all__ = ["STATES", "InboxFilter", "InboxPage", "LabelMark", "ThreadRow", "list_threads"]


@dataclass(frozen=True, slots=True)
class LabelMark:
    """A label as it stands on a thread; ``color`` is a word of the palette."""

    name: str
    color: str


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread in the list: who began it, what was said last, since when it waits."""

    id: UUID
    channel_id: UUID
    channel: str
    network: str
    starter: str
    opening: str
    last_author: str
    last_words: str
    last_from_team: bool
    last_deleted: bool
    last_at: datetime
    waiting_since: datetime | None
    message_count: int
    state: str
    snoozed_until: datetime | None
    assignee: str
    noted: bool
    labels: tuple[LabelMark, ...]


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of threads; ``after`` leads to the next and is empty at the end.

    ``counts`` is empty where counting would take long.
    """

    rows: tuple[ThreadRow, ...]
    counts: dict[str, int]
    channels: tuple[tuple[UUID, str, str], ...]
    after: str


_LIST = """
    select t.id, t.channel_id, c.name as channel, n.network, s.name as starter,
        t.last_at, t.waiting_since, t.message_count, t.state, t.snoozed_until,
        t.assignee_name, t.note_count > 0 as noted, k.names, k.colors,
        l.body as last_words, l.deleted_at is not null as last_deleted,
        a.name as last_author, a.team as last_from_team, o.body as opening
    from (
        select * from thread t
        where t.agency_id = :agency and t.workspace_id = :workspace and t.state = :state {where}
        order by t.last_at desc, t.id limit :most
    ) t
    join channel c on c.agency_id = t.agency_id and c.workspace_id = t.workspace_id
        and c.id = t.channel_id
    join connection n on n.agency_id = t.agency_id and n.workspace_id = t.workspace_id
        and n.id = c.connection_id
    join member s on s.agency_id = t.agency_id and s.workspace_id = t.workspace_id
        and s.id = t.starter_id
    join message l on l.agency_id = t.agency_id and l.workspace_id = t.workspace_id
        and l.id = t.last_message_id
    join member a on a.agency_id = t.agency_id and a.workspace_id = t.workspace_id
        and a.id = l.member_id
    left join lateral (
        select case when m.deleted_at is null then m.body else '' end as body from message m
        where m.agency_id = t.agency_id and m.workspace_id = t.workspace_id
            and m.thread_id = t.id order by m.posted_at, m.id limit 1) o on true
    left join lateral (
        select array_agg(b.name order by b.key) as names,
            array_agg(b.color order by b.key) as colors
        from thread_label k join label b on b.agency_id = k.agency_id
            and b.workspace_id = k.workspace_id and b.id = k.label_id
        where k.agency_id = t.agency_id and k.workspace_id = t.workspace_id
            and k.thread_id = t.id) k on true
    order by t.last_at desc, t.id
"""
_COUNTED = """(select count(*) from (select from thread t
    where t.agency_id = :agency and t.workspace_id = :workspace and t.state = '{state}' {where}
    limit 1000) t) as {state}"""


@cache
def _count(where: str) -> TextClause:
    counted = ", ".join(_COUNTED.format(state=state, where=where) for state in STATES)
    return text(f"select {counted}")


_CHANNELS = text("""
    select c.id, c.name, n.network from channel c
    join connection n on n.agency_id = c.agency_id and n.workspace_id = c.workspace_id
        and n.id = c.connection_id
    where c.agency_id = :agency and c.workspace_id = :workspace order by c.name, c.id
""")


async def list_threads(
    session: AsyncSession, actor: Actor, workspace_id: UUID, wanted: InboxFilter
) -> InboxPage:
    """One page of the inbox, with the counts of every state and the channels to choose from."""
    actor.require(Permission.INBOX_READ, workspace_id)
    if wanted.state not in STATES:
        raise Invalid("filter")
    where, values = condition(actor, wanted)
    rows = (await session.execute(*_query(actor, workspace_id, wanted, where, values))).all()
    page = tuple(_row(row) for row in rows[:PAGE])
    more = len(rows) > PAGE
    return InboxPage(
        rows=page,
        counts=await count_states(session, actor, workspace_id, wanted) if wanted.cheap else {},
        channels=await _channels(session, actor, workspace_id),
        after=f"{page[-1].last_at.isoformat()}~{page[-1].id}" if more else "",
    )


def _query(
    actor: Actor, workspace_id: UUID, wanted: InboxFilter, where: str, values: Values
) -> tuple[TextClause, Values]:
    given = values | {
        "agency": actor.agency_id,
        "workspace": workspace_id,
        "state": wanted.state,
        "most": PAGE + 1,
    }
    if wanted.after:
        where += " and t.last_at <= :last_at and (t.last_at < :last_at or t.id > :last_id)"
        given["last_at"], given["last_id"] = place_after(wanted.after)
    return _list(where), given


@cache
def _list(where: str) -> TextClause:
    return text(_LIST.format(where=where))


def _row(row: Any) -> ThreadRow:
    return ThreadRow(
        id=row.id,
        channel_id=row.channel_id,
        channel=row.channel,
        network=row.network,
        starter=row.starter,
        opening=_short(row.opening or ""),
        last_author=row.last_author,
        last_words="" if row.last_deleted else _short(row.last_words),
        last_from_team=row.last_from_team,
        last_deleted=row.last_deleted,
        last_at=row.last_at,
        waiting_since=row.waiting_since,
        message_count=row.message_count,
        state=row.state,
        snoozed_until=row.snoozed_until,
        assignee=row.assignee_name or "",
        noted=row.noted,
        labels=tuple(map(LabelMark, row.names or (), row.colors or ())),
    )


def _short(words: str, most: int = 180) -> str:
    line = " ".join(words.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


async def count_states(
    session: AsyncSession, actor: Actor, workspace_id: UUID, wanted: InboxFilter
) -> dict[str, int]:
    """How many threads of the filter stand in each state, counted up to 1,000 each."""
    where, values = condition(actor, wanted)
    keys = {"agency": actor.agency_id, "workspace": workspace_id}
    found = await session.execute(_count(where), values | keys)
    return dict(zip(STATES, found.one(), strict=True))


async def _channels(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[tuple[UUID, str, str], ...]:
    rows = await session.execute(_CHANNELS, {"agency": actor.agency_id, "workspace": workspace_id})
    return tuple((row.id, row.name, row.network) for row in rows)


async def find_thread(
    session: AsyncSession, workspace_id: UUID, thread_id: UUID, *, keep: bool = False
) -> Thread:
    """The thread's row, in scope; with ``keep`` it stays until the transaction ends.

    Raises:
        NotFound: there is none in this workspace.
    """
    query = select(Thread).where(Thread.workspace_id == workspace_id, Thread.id == thread_id)
    if keep:
        query = query.with_for_update(read=True, key_share=True)
    found = await session.scalar(query)
    if found is None:
        raise NotFound
    return found


async def set_thread_state(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID, state: str
) -> str:
    """Put a thread where it belongs: ``open``, ``waiting`` for the member, or ``done``.

    Returns:
        The state before, to go back to.
    """
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    if state not in MOVES:
        raise Invalid("filter")
    thread = await find_thread(session, workspace_id, thread_id)
    before = thread.state
    if before == state:
        return before
    thread.state, thread.state_at = state, datetime.now(UTC)
    thread.snoozed_until = None
    audit.record(
        session,
        actor,
        "thread:state",
        "thread",
        thread_id,
        workspace_id=workspace_id,
        before=before,
        after=state,
    )
    await announce(session, actor, workspace_id, "inbox")
    return before
