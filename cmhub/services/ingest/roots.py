"""Which thread a message belongs to, whatever order messages arrive in.

A message belongs to the thread of its parent (the thread it was written in, or what it answers).
A parent that is not known yet is the root of a provisional thread; when it comes and turns out
to have a parent of its own, that thread is merged into the parent's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import IncomingMessage
from cmhub.models import new_id
from cmhub.services.ingest.scope import Scope

Key = tuple[UUID, str]

_PARENTS = text("""
    select m.channel_id, m.external_id, t.root
    from unnest(cast(:channels as uuid[]), cast(:externals as text[])) n(channel_id, external_id)
    cross join lateral (select * from message m
        where m.agency_id = :agency and m.workspace_id = :workspace
            and m.channel_id = n.channel_id and m.external_id = n.external_id offset 0) m
    cross join lateral (select * from thread t
        where t.agency_id = :agency and t.workspace_id = :workspace
            and t.id = m.thread_id offset 0) t
""")
_CHAINS = text("""
    with recursive above(channel_id, external_id, parent) as (
        select m.channel_id, m.external_id, m.parent
        from unnest(cast(:channels as uuid[]), cast(:externals as text[]))
            n(channel_id, external_id)
        cross join lateral (
            select m.channel_id, m.external_id,
                coalesce(nullif(m.extra ->> 'thread', ''), m.reply_to) as parent from message m
            where m.agency_id = :agency and m.workspace_id = :workspace
                and m.channel_id = n.channel_id and m.external_id = n.external_id offset 0) m
        union
        select m.channel_id, m.external_id, m.parent from above
        cross join lateral (
            select m.channel_id, m.external_id,
                coalesce(nullif(m.extra ->> 'thread', ''), m.reply_to) as parent from message m
            where m.agency_id = :agency and m.workspace_id = :workspace
                and m.channel_id = above.channel_id and m.external_id = above.parent offset 0) m)
    select channel_id, external_id, parent from above
""")
_THREADS = text("""
    select t.channel_id, t.root, t.id
    from unnest(cast(:channels as uuid[]), cast(:roots as text[])) n(channel_id, root)
    cross join lateral (select * from thread t
        where t.agency_id = :agency and t.workspace_id = :workspace
            and t.channel_id = n.channel_id and t.root = n.root offset 0) t
""")


@dataclass(slots=True)
class Roots:
    """Root and thread of every new message; ``merged`` maps a provisional thread to its new one."""

    roots: dict[Key, str] = field(default_factory=dict[Key, str])
    threads: dict[Key, UUID] = field(default_factory=dict[Key, UUID])
    merged: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])

    def root_of(self, key: Key) -> str:
        """The external id of the thread's first message."""
        return self.roots[key]

    def thread_of(self, key: Key) -> UUID:
        """Our id of the thread."""
        return self.threads[(key[0], self.roots[key])]


def parent_of(message: IncomingMessage) -> str | None:
    """What the message hangs on, if anything."""
    parent = message.thread or message.reply_to
    return None if parent == message.external_id else parent


async def read_roots(
    session: AsyncSession, scope: Scope, fresh: Mapping[Key, IncomingMessage]
) -> Roots:
    """Resolve the threads of new messages against each other and what is there."""
    known = await _known_roots(session, scope, fresh)
    known |= await _chains(session, scope, fresh, known)
    found = Roots()
    for key in fresh:
        _resolve(key, fresh, known, found.roots)
    await _find_threads(session, scope, fresh, found)
    return found


async def _known_roots(
    session: AsyncSession, scope: Scope, fresh: Mapping[Key, IncomingMessage]
) -> dict[Key, str]:
    wanted = {
        (key[0], parent)
        for key, message in fresh.items()
        if (parent := parent_of(message)) is not None and (key[0], parent) not in fresh
    }
    if not wanted:
        return {}
    rows = await session.execute(
        _PARENTS,
        scope.keys
        | {
            "channels": [key[0] for key in wanted],
            "externals": [key[1] for key in wanted],
        },
    )
    return {(row.channel_id, row.external_id): row.root for row in rows}


async def _chains(
    session: AsyncSession, scope: Scope, fresh: Mapping[Key, IncomingMessage], known: dict[Key, str]
) -> dict[Key, str]:
    """Every step from known messages up to provisional roots that have just come.

    Only there can a circle close, and its root is the smallest of all its messages.
    """
    below = [key for key, root in known.items() if (key[0], root) in fresh]
    if not below:
        return {}
    rows = await session.execute(
        _CHAINS,
        scope.keys
        | {"channels": [key[0] for key in below], "externals": [key[1] for key in below]},
    )
    return {(row.channel_id, row.external_id): row.parent for row in rows if row.parent}


def _resolve(
    key: Key,
    fresh: Mapping[Key, IncomingMessage],
    known: Mapping[Key, str],
    roots: dict[Key, str],
) -> None:
    path: dict[Key, None] = {}
    current = key
    while current not in roots and current not in path:
        following = _following(current, fresh, known)
        path[current] = None
        if following is None:
            break
        current = following
    root = roots.get(current) or _end(list(path), current)
    for step in path:
        if step in fresh:
            roots[step] = root


def _following(
    current: Key, fresh: Mapping[Key, IncomingMessage], known: Mapping[Key, str]
) -> Key | None:
    """Up from here: the parent of a new message, a place above a known one, else nothing."""
    if current in fresh:
        parent = parent_of(fresh[current])
        return None if parent is None else (current[0], parent)
    root = known.get(current, current[1])
    return None if root == current[1] else (current[0], root)


def _end(path: list[Key], current: Key) -> str:
    """The last step reached; in a circle, its smallest id, so that order plays no part."""
    if current in path[:-1]:
        return min(key[1] for key in path[path.index(current) :])
    return current[1]


async def _find_threads(
    session: AsyncSession,
    scope: Scope,
    fresh: Mapping[Key, IncomingMessage],
    found: Roots,
) -> None:
    needed = {(key[0], root) for key, root in found.roots.items()}
    wanted = needed | set(fresh)
    rows = await session.execute(
        _THREADS,
        scope.keys | {"channels": [key[0] for key in wanted], "roots": [key[1] for key in wanted]},
    )
    existing = {(row.channel_id, row.root): row.id for row in rows}
    found.threads = {key: existing.get(key) or new_id() for key in needed}
    for key, thread in existing.items():
        root = found.roots.get(key)
        if root is not None and root != key[1]:
            found.merged[thread] = found.threads[(key[0], root)]
