"""Edits, deletions and reactions of messages that are there.

Each rule gives the same rows in any order: of several edits the latest stands (of several at one
moment the greatest text), a deletion is final and happened at the earliest moment told of, and a
reaction that was taken back does not return. A deletion told as of the moment of posting, or
before, is one whose moment nobody knows: any other moment is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import IncomingDeletion, IncomingEdit
from cmhub.models import new_id
from cmhub.services.ingest.scope import DayChange, Scope
from cmhub.services.ingest.values import clean
from cmhub.services.search.words import vector

_EDIT = text("""
    with edits as materialized (
        select e.message_id, e.body, e.at, m.body as body_before,
            coalesce(m.edited_at, m.posted_at) as at_before
        from unnest(cast(:messages as uuid[]), cast(:bodies as text[]), cast(:ats as timestamptz[]),
            cast(:authors as text[])) e(message_id, body, at, author)
        cross join lateral (select * from message m
            where m.agency_id = :agency and m.workspace_id = :workspace
                and m.id = e.message_id offset 0) m
        where e.author is null or m.identity_id = (select i.id from identity i
            where i.agency_id = :agency and i.workspace_id = :workspace
                and i.network = :network and i.external_id = e.author)),
    versions as (
        insert into message_version (agency_id, workspace_id, id, message_id, at, body)
        select :agency, :workspace, gen_random_uuid(), v.message_id, v.at, v.body from (
            select distinct on (message_id, at) message_id, at, body from (
                select message_id, at_before as at, body_before as body from edits
                union all select message_id, at, body from edits) all_v
            order by message_id, at, body desc) v
        on conflict (agency_id, workspace_id, message_id, at) do update set body = excluded.body
            where message_version.body < excluded.body),
    latest as (
        select distinct on (message_id) message_id, body, at from edits
        order by message_id, at desc, body desc)
    update message m set body = latest.body, edited_at = latest.at from latest
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = latest.message_id
        and (latest.at > coalesce(m.edited_at, '-infinity')
            or (latest.at = m.edited_at and latest.body > m.body))
    returning m.id, m.channel_id, m.language, m.body, m.deleted_at is null as stands
""")
_FIND_ANEW = text("""
    update message m set search = cast(n.search as tsvector)
    from unnest(cast(:ids as uuid[]), cast(:searches as text[])) n(id, search)
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = n.id
""")
_DELETE = text("""
    with told as (
        select n.message_id, m.deleted_at as before, m.posted_at,
            coalesce(min(n.at) filter (where n.at > m.posted_at), m.posted_at) as at
        from unnest(cast(:messages as uuid[]), cast(:ats as timestamptz[])) n(message_id, at)
        cross join lateral (select * from message m
            where m.agency_id = :agency and m.workspace_id = :workspace
                and m.id = n.message_id offset 0) m
        group by n.message_id, m.deleted_at, m.posted_at)
    update message m set deleted_at = told.at, search = null from told
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = told.message_id
        and (told.before is null or (told.at > told.posted_at
            and (told.at < told.before or told.before = told.posted_at)))
    returning m.channel_id, m.member_id, m.posted_at, m.thread_id, told.before is null as first
""")
_REACT = text("""
    insert into reaction
        (agency_id, workspace_id, id, message_id, channel_id, member_id, identity_id, name,
        external_id, at)
    select :agency, :workspace, r.id, r.message_id, r.channel_id, i.member_id, r.identity_id,
        r.name, r.external_id, r.at
    from unnest(cast(:ids as uuid[]), cast(:messages as uuid[]), cast(:channels as uuid[]),
        cast(:identities as uuid[]), cast(:names as text[]), cast(:externals as text[]),
        cast(:ats as timestamptz[]))
        r(id, message_id, channel_id, identity_id, name, external_id, at)
    cross join lateral (select * from identity i
        where i.agency_id = :agency and i.workspace_id = :workspace
            and i.id = r.identity_id offset 0) i
    where r.external_id is null or not exists (
        select from early_event e where e.agency_id = :agency and e.workspace_id = :workspace
            and e.channel_id = r.channel_id and e.target = r.external_id and e.key = 'deletion')
    order by r.at
    on conflict do nothing returning channel_id, member_id, at
""")
_UNREACT = text("""
    delete from reaction r
    using unnest(cast(:channels as uuid[]), cast(:externals as text[])) n(channel_id, external_id)
    where r.agency_id = :agency and r.workspace_id = :workspace
        and r.channel_id = n.channel_id and r.external_id = n.external_id
    returning r.channel_id, r.member_id, r.at
""")

LONGEST_NAME = 100
"""Characters of a reaction; some networks take any text for one."""


@dataclass(slots=True)
class Changed:
    """What changes touched: threads to settle, days to count, messages edited."""

    threads: set[UUID] = field(default_factory=set[UUID])
    days: list[DayChange] = field(default_factory=list[DayChange])
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction whose account is known; its member is asked when the reaction is written."""

    channel_id: UUID
    identity_id: UUID
    name: str
    external_id: str | None
    at: datetime


@dataclass(slots=True)
class Changes:
    """Changes by the message they are about."""

    edits: list[tuple[UUID, IncomingEdit]] = field(default_factory=list[tuple[UUID, IncomingEdit]])
    deletions: list[tuple[UUID, datetime]] = field(default_factory=list[tuple[UUID, datetime]])
    reactions: list[tuple[UUID, Reacted]] = field(default_factory=list[tuple[UUID, Reacted]])


async def apply(session: AsyncSession, scope: Scope, changes: Changes) -> Changed:
    """Write changes whose messages are there."""
    changed = Changed()
    if changes.edits:
        changed.edits = await _edit(session, scope, changes.edits)
    if changes.deletions:
        await _delete(session, scope, changes.deletions, changed)
    if changes.reactions:
        await _react(session, scope, changes.reactions, changed)
    return changed


async def _edit(
    session: AsyncSession, scope: Scope, edits: Sequence[tuple[UUID, IncomingEdit]]
) -> int:
    rows = await session.execute(
        _EDIT,
        scope.keys
        | {
            "network": scope.network,
            "messages": [message for message, _ in edits],
            "bodies": [clean(edit.text) for _, edit in edits],
            "ats": [edit.edited_at for _, edit in edits],
            "authors": [edit.author for _, edit in edits],
        },
    )
    edited = rows.all()
    standing = [row for row in edited if row.stands]
    if standing:
        await session.execute(
            _FIND_ANEW,
            scope.keys
            | {
                "ids": [row.id for row in standing],
                "searches": [
                    vector(scope.workspace_id, row.channel_id, row.language, row.body)
                    for row in standing
                ],
            },
        )
    return len(edited)


async def _delete(
    session: AsyncSession,
    scope: Scope,
    deletions: Sequence[tuple[UUID, datetime]],
    changed: Changed,
) -> None:
    rows = await session.execute(
        _DELETE,
        scope.keys
        | {
            "messages": [message for message, _ in deletions],
            "ats": [at for _, at in deletions],
        },
    )
    for row in rows:
        if row.first:
            changed.threads.add(row.thread_id)
            day = scope.day(row.posted_at)
            changed.days.append(
                DayChange(row.channel_id, row.member_id, day, row.posted_at, messages=-1)
            )


async def _react(
    session: AsyncSession,
    scope: Scope,
    reactions: Sequence[tuple[UUID, Reacted]],
    changed: Changed,
) -> None:
    rows = await session.execute(
        _REACT,
        scope.keys
        | {
            "ids": [new_id() for _ in reactions],
            "messages": [message for message, _ in reactions],
            "channels": [reaction.channel_id for _, reaction in reactions],
            "identities": [reaction.identity_id for _, reaction in reactions],
            "names": [clean(reaction.name)[:LONGEST_NAME] for _, reaction in reactions],
            "externals": [reaction.external_id for _, reaction in reactions],
            "ats": [reaction.at for _, reaction in reactions],
        },
    )
    changed.days += [
        DayChange(row.channel_id, row.member_id, scope.day(row.at), row.at, reactions=1)
        for row in rows
    ]


async def take_back(
    session: AsyncSession,
    scope: Scope,
    deletions: Sequence[tuple[UUID, IncomingDeletion]],
) -> list[DayChange]:
    """Remove the reactions that deletions are about; what is no reaction is left alone."""
    if not deletions:
        return []
    rows = await session.execute(
        _UNREACT,
        scope.keys
        | {
            "channels": [channel for channel, _ in deletions],
            "externals": [event.target for _, event in deletions],
        },
    )
    return [
        DayChange(row.channel_id, row.member_id, scope.day(row.at), row.at, reactions=-1)
        for row in rows
    ]
