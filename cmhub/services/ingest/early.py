"""Changes in whatever order they come: those that precede their message wait for it."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import (
    IncomingDeletion,
    IncomingEdit,
    IncomingReaction,
)
from cmhub.models import new_id
from cmhub.services.ingest.changes import LONGEST_NAME, Changed, Changes, Reacted, apply, take_back
from cmhub.services.ingest.messages import Added
from cmhub.services.ingest.people import Account
from cmhub.services.ingest.scope import Scope, SortedEvents, note_later_form
from cmhub.services.ingest.values import clean

_TARGETS = text("""
    select m.id, m.channel_id, m.external_id, m.thread_id
    from unnest(cast(:channels as uuid[]), cast(:externals as text[])) n(channel_id, external_id)
    cross join lateral (select * from message m
        where m.agency_id = :agency and m.workspace_id = :workspace
            and m.channel_id = n.channel_id and m.external_id = n.external_id offset 0) m
""")
_KEEP = text("""
    insert into early_event (agency_id, workspace_id, id, channel_id, target, key, data)
    select :agency, :workspace, k.id, k.channel_id, k.target, k.key, k.data::jsonb
    from unnest(cast(:ids as uuid[]), cast(:channels as uuid[]), cast(:targets as text[]),
        cast(:keys as text[]), cast(:datas as text[])) k(id, channel_id, target, key, data)
    on conflict (agency_id, workspace_id, channel_id, target, key) do update
        set data = excluded.data
        where early_event.key = 'deletion' and cast(excluded.data ->> 'at' as timestamptz)
            < cast(early_event.data ->> 'at' as timestamptz)
""")
_EARLY = text("""
    select e.id, e.channel_id, e.target, e.key, e.data
    from unnest(cast(:channels as uuid[]), cast(:externals as text[])) n(channel_id, external_id)
    cross join lateral (select * from early_event e
        where e.agency_id = :agency and e.workspace_id = :workspace
            and e.channel_id = n.channel_id and e.target = n.external_id offset 0) e
""")
_FORGET = text("""
    delete from early_event where agency_id = :agency and workspace_id = :workspace
        and id = any(cast(:ids as uuid[]))
""")

Key = tuple[UUID, str]
Change = IncomingEdit | IncomingDeletion | IncomingReaction


async def apply_changes(
    session: AsyncSession,
    scope: Scope,
    batch: SortedEvents,
    people: Mapping[str, Account],
    added: Added,
) -> Changed:
    """Apply a batch's changes to messages that are there; keep the others for later."""
    for channel, message in added.known:
        note_later_form(batch, channel, message)
    if not (batch.edits or batch.deletions or batch.reactions):
        return Changed()
    targets = await _find_targets(session, scope, batch)
    await _keep(session, scope, _early_rows(batch, targets, people))
    changed = await apply(session, scope, _known_changes(batch, targets, people))
    changed.days += await take_back(session, scope, batch.deletions)
    return changed


def _all(batch: SortedEvents) -> Iterable[tuple[UUID, Change]]:
    yield from batch.edits
    yield from batch.deletions
    yield from batch.reactions


async def _find_targets(
    session: AsyncSession, scope: Scope, batch: SortedEvents
) -> dict[Key, UUID]:
    wanted = {(channel, event.target) for channel, event in _all(batch)}
    rows = await session.execute(
        _TARGETS,
        scope.keys | {"channels": [k[0] for k in wanted], "externals": [k[1] for k in wanted]},
    )
    return {(row.channel_id, row.external_id): row.id for row in rows}


def _known_changes(
    batch: SortedEvents, targets: Mapping[Key, UUID], people: Mapping[str, Account]
) -> Changes:
    changes = Changes()
    for channel, edit in batch.edits:
        if message := targets.get((channel, edit.target)):
            changes.edits.append((message, edit))
    for channel, deletion in batch.deletions:
        if message := targets.get((channel, deletion.target)):
            changes.deletions.append((message, deletion.deleted_at))
    for channel, reaction in batch.reactions:
        if message := targets.get((channel, reaction.target)):
            changes.reactions.append((message, _reacted(channel, reaction, people)))
    return changes


def _reacted(channel: UUID, event: IncomingReaction, people: Mapping[str, Account]) -> Reacted:
    identity = people[event.author.external_id].identity_id
    return Reacted(channel, identity, event.name, event.external_id, event.at)


def _early_rows(
    batch: SortedEvents, targets: Mapping[Key, UUID], people: Mapping[str, Account]
) -> list[tuple[UUID, str, str, dict[str, object]]]:
    """What to keep: changes of unknown messages.

    A deletion of something that is no message may be of a reaction; it is kept for good, so
    that the reaction does not return when it is delivered again.
    """
    rows: dict[tuple[UUID, str, str], dict[str, object]] = {}
    for channel, event in sorted(_all(batch), key=lambda one: _moment(one[1])):
        if (channel, event.target) not in targets:
            key, data = _as_early(event, people)
            rows.setdefault((channel, event.target, key), data)
    return [(*place, data) for place, data in rows.items()]


def _moment(event: Change) -> datetime:
    match event:
        case IncomingEdit():
            return event.edited_at
        case IncomingDeletion():
            return event.deleted_at
        case IncomingReaction():
            return event.at


def _as_early(event: Change, people: Mapping[str, Account]) -> tuple[str, dict[str, object]]:
    match event:
        case IncomingEdit():
            at = event.edited_at.isoformat()
            data: dict[str, object] = {"at": at, "text": clean(event.text), "author": event.author}
            digest = sha256(clean(event.text).encode()).hexdigest()
            return f"edit:{at}:{digest}:{event.author or ''}", data
        case IncomingDeletion():
            return "deletion", {"at": event.deleted_at.isoformat()}
        case IncomingReaction():
            identity = str(people[event.author.external_id].identity_id)
            kept: dict[str, object] = {
                "at": event.at.isoformat(),
                "name": clean(event.name),
                "identity": identity,
                "external_id": event.external_id,
            }
            return f"reaction:{event.external_id or identity + event.name[:LONGEST_NAME]}", kept


async def _keep(
    session: AsyncSession,
    scope: Scope,
    rows: list[tuple[UUID, str, str, dict[str, object]]],
) -> None:
    if rows:
        await session.execute(
            _KEEP,
            scope.keys
            | {
                "ids": [new_id() for _ in rows],
                "channels": [row[0] for row in rows],
                "targets": [row[1] for row in rows],
                "keys": [row[2] for row in rows],
                "datas": [json.dumps(row[3]) for row in rows],
            },
        )


async def apply_early(session: AsyncSession, scope: Scope, added: Added) -> Changed:
    """Apply to new messages what came before them."""
    if not added.ids:
        return Changed()
    found = await session.execute(
        _EARLY,
        scope.keys
        | {
            "channels": [k[0] for k in added.ids],
            "externals": [k[1] for k in added.ids],
        },
    )
    rows = found.all()
    if not rows:
        return Changed()
    changes = Changes()
    for row in rows:
        _revive(changes, added.ids[row.channel_id, row.target], row)
    used = [row.id for row in rows if row.key != "deletion"]
    await session.execute(_FORGET, scope.keys | {"ids": used})
    return await apply(session, scope, changes)


def _revive(changes: Changes, message: UUID, row: Any) -> None:
    data = row.data
    at = datetime.fromisoformat(data["at"])
    if row.key == "deletion":
        changes.deletions.append((message, at))
    elif row.key.startswith("edit:"):
        edit = IncomingEdit("", row.target, data["text"], at, data["author"])
        changes.edits.append((message, edit))
    else:
        reacted = Reacted(
            row.channel_id, UUID(data["identity"]), data["name"], data["external_id"], at
        )
        changes.reactions.append((message, reacted))
