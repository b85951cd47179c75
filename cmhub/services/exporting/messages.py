"""Messages in the import format, a thousand at a time, with all that hangs on them."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BATCH = 1000

_CHANNELS = text("""
    select c.id, c.name, n.network from channel c
    join connection n on n.agency_id = c.agency_id and n.workspace_id = c.workspace_id
        and n.id = c.connection_id
    where c.agency_id = :agency and c.workspace_id = :workspace order by c.created_at, c.id
""")
_MESSAGES = text("""
    select m.id, m.channel_id, m.external_id, m.reply_to, m.body, m.language, m.posted_at,
        m.edited_at, m.deleted_at, m.extra, t.root, a.id as member_id, a.name as author,
        a.bot, a.team, i.external_id as identity
    from (select * from message m where m.agency_id = :agency and m.workspace_id = :workspace
        and m.id > :after order by m.id limit :most) m
    join thread t on t.agency_id = m.agency_id and t.workspace_id = m.workspace_id
        and t.id = m.thread_id
    join channel c on c.agency_id = m.agency_id and c.workspace_id = m.workspace_id
        and c.id = m.channel_id
    join connection n on n.agency_id = c.agency_id and n.workspace_id = c.workspace_id
        and n.id = c.connection_id
    join member a on a.agency_id = m.agency_id and a.workspace_id = m.workspace_id
        and a.id = m.member_id
    left join lateral (select i.external_id from identity i
        where i.agency_id = m.agency_id and i.workspace_id = m.workspace_id
            and i.member_id = m.member_id
        order by i.network <> n.network, i.id limit 1) i on true
    order by m.id
""")
_VERSIONS = text("""
    select v.message_id, v.at, v.body from message_version v
    where v.agency_id = :agency and v.workspace_id = :workspace and v.message_id = any(:ids)
    order by v.message_id, v.at
""")
_ATTACHMENTS = text("""
    select a.message_id, a.url, a.media_type, a.name from attachment a
    where a.agency_id = :agency and a.workspace_id = :workspace and a.message_id = any(:ids)
    order by a.message_id, a.position
""")
_REACTIONS = text("""
    select r.message_id, r.external_id, r.name, r.at, r.member_id, m.name as author,
        i.external_id as identity
    from reaction r
    join member m on m.agency_id = r.agency_id and m.workspace_id = r.workspace_id
        and m.id = r.member_id
    left join lateral (select i.external_id from identity i
        where i.agency_id = r.agency_id and i.workspace_id = r.workspace_id
            and i.member_id = r.member_id order by i.id limit 1) i on true
    where r.agency_id = :agency and r.workspace_id = :workspace and r.message_id = any(:ids)
    order by r.message_id, r.at, r.id
""")

Line = dict[str, Any]


async def messages_of(
    session: AsyncSession, agency_id: UUID, workspace_id: UUID
) -> AsyncIterator[list[Line]]:
    """Every message of the workspace as the import format has it, in batches.

    Of channels of the same name in several networks the later ones get the network's name too.
    """
    keys = {"agency": agency_id, "workspace": workspace_id}
    names = _names((await session.execute(_CHANNELS, keys)).all())
    after = UUID(int=0)
    while True:
        rows = (await session.execute(_MESSAGES, keys | {"after": after, "most": BATCH})).all()
        if not rows:
            return
        after = rows[-1].id
        ids = keys | {"ids": [row.id for row in rows]}
        versions = _by_message(await session.execute(_VERSIONS, ids))
        attachments = _by_message(await session.execute(_ATTACHMENTS, ids))
        reactions = _by_message(await session.execute(_REACTIONS, ids))
        yield [
            _line(
                row,
                names[row.channel_id],
                versions.get(row.id, []),
                attachments.get(row.id, []),
                reactions.get(row.id, []),
            )
            for row in rows
        ]


def _names(channels: Iterable[Any]) -> dict[UUID, str]:
    names: dict[UUID, str] = {}
    for one in channels:
        name, number = one.name, 1
        while name in names.values():
            number += 1
            name = f"{one.name} ({one.network})" if number == 2 else f"{one.name} ({number})"
        names[one.id] = name
    return names


def _by_message(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(row)
    return found


def _line(
    row: Any, channel: str, versions: list[Any], attachments: list[Any], reactions: list[Any]
) -> Line:
    stored: Line = row.extra or {}
    extra = {name: value for name, value in stored.items() if name != "thread"}
    at_an_unknown_time = row.deleted_at is not None and row.deleted_at <= row.posted_at
    found: Line = {
        **extra,
        "id": row.external_id,
        "channel": channel,
        "thread": row.root if row.root != row.external_id else None,
        "reply_to": row.reply_to,
        "author": _author(row),
        "text": row.body,
        "posted_at": _iso(row.posted_at),
        "edited_at": _iso(row.edited_at),
        "deleted": True if at_an_unknown_time else None,
        "deleted_at": None if at_an_unknown_time else _iso(row.deleted_at),
        "language": row.language,
        "versions": [{"at": _iso(one.at), "text": one.body} for one in versions],
        "attachments": [
            {"url": one.url, "type": one.media_type, "name": one.name} for one in attachments
        ],
        "reactions": [_reaction(one) for one in reactions],
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _author(row: Any) -> Line:
    author: Line = {"id": row.identity or str(row.member_id), "name": row.author}
    return author | {name: True for name in ("bot", "team") if getattr(row, name)}


def _reaction(row: Any) -> Line:
    found = {
        "id": row.external_id,
        "author": row.identity or str(row.member_id),
        "author_name": row.author,
        "name": row.name,
        "at": _iso(row.at),
    }
    return {name: value for name, value in found.items() if value is not None}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
