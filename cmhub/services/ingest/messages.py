"""New messages, each in the thread where it belongs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import IncomingMessage
from cmhub.models import new_id
from cmhub.services.ingest.people import Account
from cmhub.services.ingest.roots import Roots, read_roots
from cmhub.services.ingest.scope import DayChange, Scope, now
from cmhub.services.ingest.values import clean, dump
from cmhub.services.languages import language_of
from cmhub.services.search.words import vector

Messages = Mapping[tuple[UUID, str], IncomingMessage]

_KNOWN = text("""
    select m.channel_id, m.external_id
    from unnest(cast(:channels as uuid[]), cast(:externals as text[])) n(channel_id, external_id)
    cross join lateral (select * from message m
        where m.agency_id = :agency and m.workspace_id = :workspace
            and m.channel_id = n.channel_id and m.external_id = n.external_id offset 0) m
""")
_ADD = text("""
    insert into message (agency_id, workspace_id, id, channel_id, thread_id, member_id, identity_id,
        external_id, reply_to, body, language, posted_at, edited_at, deleted_at, ingested_at, extra,
        search)
    select :agency, :workspace, n.id, n.channel_id, n.thread_id, n.member_id, n.identity_id,
        n.external_id, n.reply_to, n.body, n.language, n.posted_at, n.edited_at, n.deleted_at, :now,
        n.extra::jsonb, n.search::tsvector
    from unnest(cast(:ids as uuid[]), cast(:channels as uuid[]), cast(:threads as uuid[]),
        cast(:members as uuid[]), cast(:identities as uuid[]), cast(:externals as text[]),
        cast(:reply_tos as text[]), cast(:bodies as text[]), cast(:languages as text[]),
        cast(:posted as timestamptz[]), cast(:edited as timestamptz[]),
        cast(:deleted as timestamptz[]), cast(:extras as text[]), cast(:searches as text[]))
        n(id, channel_id, thread_id, member_id, identity_id, external_id, reply_to, body, language,
          posted_at, edited_at, deleted_at, extra, search)
""")
_ADD_ATTACHMENTS = text("""
    insert into attachment
        (agency_id, workspace_id, id, message_id, position, url, media_type, name)
    select :agency, :workspace, n.id, n.message_id, n.position, n.url, n.media_type, n.name
    from unnest(cast(:ids as uuid[]), cast(:messages as uuid[]), cast(:positions as integer[]),
        cast(:urls as text[]), cast(:types as text[]), cast(:names as text[]))
        n(id, message_id, position, url, media_type, name)
""")


@dataclass(slots=True)
class Added:
    """The messages of a batch that were new; ``known`` are those that were not."""

    ids: dict[tuple[UUID, str], UUID] = field(default_factory=dict[tuple[UUID, str], UUID])
    known: list[tuple[UUID, IncomingMessage]] = field(
        default_factory=list[tuple[UUID, IncomingMessage]]
    )
    threads: dict[UUID, tuple[UUID, str]] = field(default_factory=dict[UUID, tuple[UUID, str]])
    merged: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    days: list[DayChange] = field(default_factory=list[DayChange])
    newest: datetime | None = None


async def add_messages(
    session: AsyncSession, scope: Scope, messages: Messages, people: Mapping[str, Account]
) -> Added:
    """Insert what is not there yet, and say which threads it touches."""
    added = Added()
    known = await _already_there(session, scope, messages)
    fresh = {key: message for key, message in messages.items() if key not in known}
    added.known = [(key[0], messages[key]) for key in known]
    if not fresh:
        return added
    roots = await read_roots(session, scope, fresh)
    added.ids = {key: new_id() for key in fresh}
    _note(added, scope, fresh, roots, people)
    await _insert(session, scope, fresh, added, roots, people)
    await _insert_attachments(session, scope, fresh, added)
    return added


async def _already_there(
    session: AsyncSession, scope: Scope, messages: Messages
) -> set[tuple[UUID, str]]:
    if not messages:
        return set()
    rows = await session.execute(
        _KNOWN,
        scope.keys
        | {
            "channels": [key[0] for key in messages],
            "externals": [key[1] for key in messages],
        },
    )
    return {(row.channel_id, row.external_id) for row in rows}


def _note(
    added: Added,
    scope: Scope,
    fresh: Messages,
    roots: Roots,
    people: Mapping[str, Account],
) -> None:
    added.merged = roots.merged
    for key in fresh:
        added.threads[roots.thread_of(key)] = (key[0], roots.root_of(key))
    added.days = [
        DayChange(
            key[0],
            people[message.author.external_id].member_id,
            scope.day(message.posted_at),
            message.posted_at,
            messages=1,
        )
        for key, message in fresh.items()
        if not message.deleted
    ]
    added.newest = max(message.posted_at for message in fresh.values())


async def _insert(
    session: AsyncSession,
    scope: Scope,
    fresh: Messages,
    added: Added,
    roots: Roots,
    people: Mapping[str, Account],
) -> None:
    messages = list(fresh.values())
    languages = [message.language or language_of(message.text) for message in messages]
    authors = [people[message.author.external_id] for message in messages]
    await session.execute(
        _ADD,
        scope.keys
        | {
            "now": now(),
            "ids": list(added.ids.values()),
            "channels": [key[0] for key in fresh],
            "threads": [roots.thread_of(key) for key in fresh],
            "members": [author.member_id for author in authors],
            "identities": [author.identity_id for author in authors],
            "externals": [message.external_id for message in messages],
            "reply_tos": [message.reply_to or message.thread for message in messages],
            "bodies": [clean(message.text) for message in messages],
            "languages": languages,
            "posted": [message.posted_at for message in messages],
            "edited": [message.edited_at for message in messages],
            "deleted": [message.posted_at if message.deleted else None for message in messages],
            "extras": [dump(_extra(message)) for message in messages],
            "searches": [
                None
                if message.deleted
                else vector(scope.workspace_id, key[0], language, message.text)
                for (key, message), language in zip(fresh.items(), languages, strict=True)
            ],
        },
    )


async def _insert_attachments(
    session: AsyncSession, scope: Scope, fresh: Messages, added: Added
) -> None:
    rows = [
        (
            new_id(),
            added.ids[key],
            position,
            file.url,
            file.media_type,
            clean(file.name),
        )
        for key, message in fresh.items()
        for position, file in enumerate(message.attachments)
    ]
    if rows:
        names = ("ids", "messages", "positions", "urls", "types", "names")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        await session.execute(_ADD_ATTACHMENTS, scope.keys | columns)


def _extra(message: IncomingMessage) -> Mapping[str, object]:
    """What else is kept; a reply must later be written into the same thread of the network."""
    if message.thread is None:
        return message.extra
    return {**message.extra, "thread": message.thread}
