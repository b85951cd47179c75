"""What tasks and notifications are about: a kind and an id, turned into words and an address.

Every kind that can be linked to has its entry in KINDS; another area adds its own there.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import NotFound

_MOST_WORDS = 90


@dataclass(frozen=True, slots=True)
class Reference:
    """A thing of a workspace; ``kind`` is a key of KINDS."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Thing:
    """What a reference leads to: its words, and the end of its address in its workspace."""

    words: str
    path: str


Find = Callable[[AsyncSession, list[UUID], list[UUID]], Awaitable[dict[UUID, Thing]]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: who may see it, and how it is found in workspaces by ids."""

    permission: Permission
    find: Find


def _finder(query: str, address: str) -> Find:
    """Find by a query that gives ``id``, ``words`` and ``target``; ``address`` holds the target."""
    statement = text(query)

    async def find(session: AsyncSession, places: list[UUID], ids: list[UUID]) -> dict[UUID, Thing]:
        rows = await session.execute(statement, {"places": places, "ids": ids})
        return {row.id: _thing(row, address) for row in rows}

    return find


def _thing(row: Any, address: str) -> Thing:
    words = " ".join((row.words or "").split())
    if len(words) > _MOST_WORDS:
        words = words[: _MOST_WORDS - 1].rstrip() + "…"
    return Thing(words, address.format(target=row.target))


_THREAD = """
    select t.id, t.id as target, coalesce(s.name || ' – ' || nullif(o.body, ''), s.name) as words
    from thread t
    join member s on s.agency_id = t.agency_id and s.workspace_id = t.workspace_id
        and s.id = t.starter_id
    left join lateral (
        select case when m.deleted_at is null then m.body else '' end as body from message m
        where m.agency_id = t.agency_id and m.workspace_id = t.workspace_id
            and m.thread_id = t.id order by m.posted_at, m.id limit 1) o on true
    where t.workspace_id = any(:places) and t.id = any(:ids)
"""
_MESSAGE = """
    select m.id, m.thread_id as target, p.name || case when m.deleted_at is null and m.body <> ''
        then ' – ' || m.body else '' end as words
    from message m
    join member p on p.agency_id = m.agency_id and p.workspace_id = m.workspace_id
        and p.id = m.member_id
    where m.workspace_id = any(:places) and m.id = any(:ids)
"""
_MEMBER = """
    select p.id, p.id as target, p.name as words from member p
    where p.workspace_id = any(:places) and p.id = any(:ids)
"""
_CONNECTION = """
    select c.id, c.id as target, c.account_name as words from connection c
    where c.workspace_id = any(:places) and c.id = any(:ids)
"""
_TASK = """
    select t.id, t.id as target, t.text as words from task t
    where t.workspace_id = any(:places) and t.id = any(:ids) and t.deleted_at is null
"""
KINDS: Mapping[str, Kind] = {
    "thread": Kind(Permission.INBOX_READ, _finder(_THREAD, "inbox/?thread={target}")),
    "message": Kind(Permission.INBOX_READ, _finder(_MESSAGE, "inbox/?thread={target}")),
    "member": Kind(Permission.MEMBER_READ, _finder(_MEMBER, "members/{target}/")),
    "connection": Kind(Permission.CONNECTION_READ, _finder(_CONNECTION, "connections/")),
    "task": Kind(Permission.TASK_READ, _finder(_TASK, "tasks/?task={target}")),
}


async def find_things(
    session: AsyncSession, actor: Actor, places: Collection[UUID], wanted: Iterable[Reference]
) -> dict[Reference, Thing]:
    """What references lead to, as far as the actor may see it; the rest is left out."""
    by_kind: dict[str, list[UUID]] = {}
    for reference in wanted:
        by_kind.setdefault(reference.kind, []).append(reference.id)
    found: dict[Reference, Thing] = {}
    for name, ids in by_kind.items():
        kind = KINDS.get(name)
        open_places = [each for each in places if kind and actor.may(kind.permission, each)]
        if kind is None or not open_places:
            continue
        things = await kind.find(session, open_places, ids)
        found |= {Reference(name, each): thing for each, thing in things.items()}
    return found


async def find_thing(
    session: AsyncSession, actor: Actor, workspace_id: UUID, wanted: Reference
) -> Thing:
    """What a reference leads to.

    Raises:
        NotFound: there is no such thing in the workspace, or the actor may not see it.
    """
    found = await find_things(session, actor, [workspace_id], [wanted])
    if wanted not in found:
        raise NotFound
    return found[wanted]
