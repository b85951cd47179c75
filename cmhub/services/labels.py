"""Labels: words that threads are sorted by, kept for the workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import Label, ThreadLabel, new_id
from cmhub.services import audit
from cmhub.services.checks import clean_name
from cmhub.services.sorting import take_threads

COLORS = ("grey", "red", "orange", "amber", "green", "teal", "blue", "violet", "pink")
"""The palette; each has 4.5:1 for its word in both themes."""
LONGEST = 40
MOST = 100


@dataclass(frozen=True, slots=True)
class LabelView:
    """A label and how many threads have it."""

    id: UUID
    name: str
    color: str
    threads: int


_THREADS = text("""
    select count(*) from thread_label where agency_id = :agency and workspace_id = :workspace
        and label_id = :label
""")
_MERGE = text("""
    insert into thread_label (agency_id, workspace_id, thread_id, label_id)
    select agency_id, workspace_id, thread_id, :into from thread_label
    where agency_id = :agency and workspace_id = :workspace and label_id = :label
    on conflict do nothing
""")


async def list_labels(
    session: AsyncSession, actor: Actor, workspace_id: UUID, *, counted: bool = False
) -> tuple[LabelView, ...]:
    """The workspace's labels by name; the threads of each are counted only when asked for."""
    actor.require(Permission.INBOX_READ, workspace_id)
    counts: dict[UUID, int] = {}
    if counted:
        counting = (
            select(ThreadLabel.label_id, func.count())
            .where(ThreadLabel.workspace_id == workspace_id)
            .group_by(ThreadLabel.label_id)
        )
        counts = {row[0]: row[1] for row in await session.execute(counting)}
    rows = await session.scalars(
        select(Label).where(Label.workspace_id == workspace_id).order_by(Label.key)
    )
    return tuple(LabelView(one.id, one.name, one.color, counts.get(one.id, 0)) for one in rows)


async def create_label(
    session: AsyncSession, actor: Actor, workspace_id: UUID, name: str, color: str
) -> UUID:
    """Make a label.

    Raises:
        Invalid: it has no name, a color that is none, or there are too many.
        Conflict: one of this name is there.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    name = _checked(name, color)
    count = await session.scalar(
        select(func.count()).select_from(Label).where(Label.workspace_id == workspace_id)
    )
    if (count or 0) >= MOST:
        raise Invalid("too_many_labels", most=MOST)
    made = await session.scalar(
        insert(Label)
        .values(
            agency_id=actor.agency_id, workspace_id=workspace_id, id=new_id(), name=name,
            key=_key(name), color=color, created_at=datetime.now(UTC),
        )
        .on_conflict_do_nothing(index_elements=["agency_id", "workspace_id", "key"])
        .returning(Label.id)
    )  # fmt: skip
    if made is None:
        raise Conflict("label_name", name=name)
    audit.record(
        session, actor, "label:create", "label", made, workspace_id=workspace_id, name=name
    )
    await announce(session, actor, workspace_id, "desk")
    return made


def _checked(name: str, color: str) -> str:
    if color not in COLORS:
        raise Invalid("filter")
    name = clean_name(name, "label_missing")
    if len(name) > LONGEST:
        raise Invalid("too_long", most=LONGEST)
    return name


def _key(name: str) -> str:
    return name.casefold()


async def _find(session: AsyncSession, workspace_id: UUID, label_id: UUID) -> Label:
    found = await session.scalar(
        select(Label)
        .where(Label.workspace_id == workspace_id, Label.id == label_id)
        .with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound
    return found


async def change_label(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    label_id: UUID,
    name: str,
    color: str,
) -> int:
    """Give a label another name or color.

    Returns:
        How many threads have it.

    Raises:
        Conflict: another one has the name.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    label = await _find(session, workspace_id, label_id)
    name = _checked(name, color)
    other = await session.scalar(
        select(Label.id).where(
            Label.workspace_id == workspace_id, Label.key == _key(name), Label.id != label_id
        )
    )
    if other is not None:
        raise Conflict("label_name", name=name)
    before, label.name, label.key, label.color = label.name, name, _key(name), color
    audit.record(
        session, actor, "label:change", "label", label_id,
        workspace_id=workspace_id, before=before, after=name,
    )  # fmt: skip
    await announce(session, actor, workspace_id, "inbox", "desk")
    return await _threads_of(session, actor, workspace_id, label_id)


async def _threads_of(
    session: AsyncSession, actor: Actor, workspace_id: UUID, label_id: UUID
) -> int:
    keys = {"agency": actor.agency_id, "workspace": workspace_id, "label": label_id}
    return await session.scalar(_THREADS, keys) or 0


async def merge_labels(
    session: AsyncSession, actor: Actor, workspace_id: UUID, label_id: UUID, into: UUID
) -> int:
    """Put another label on all threads of a label, which goes.

    Returns:
        How many threads had it.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    if label_id == into:
        raise Invalid("filter")
    label = await _find(session, workspace_id, label_id)
    target = await _find(session, workspace_id, into)
    count = await _threads_of(session, actor, workspace_id, label_id)
    await session.execute(
        _MERGE,
        {
            "agency": actor.agency_id,
            "workspace": workspace_id,
            "label": label_id,
            "into": into,
        },
    )
    audit.record(
        session, actor, "label:merge", "label", label_id,
        workspace_id=workspace_id, name=label.name, into=target.name, threads=count,
    )  # fmt: skip
    await session.delete(label)
    await announce(session, actor, workspace_id, "inbox", "desk")
    return count


async def delete_label(
    session: AsyncSession, actor: Actor, workspace_id: UUID, label_id: UUID
) -> int:
    """Take a label from all threads for good.

    Returns:
        How many threads had it.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    label = await _find(session, workspace_id, label_id)
    count = await _threads_of(session, actor, workspace_id, label_id)
    audit.record(
        session, actor, "label:delete", "label", label_id,
        workspace_id=workspace_id, name=label.name, threads=count,
    )  # fmt: skip
    await session.delete(label)
    await announce(session, actor, workspace_id, "inbox", "desk")
    return count


async def label_threads(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    thread_ids: Sequence[UUID],
    label_id: UUID,
    *,
    on: bool,
) -> tuple[UUID, ...]:
    """Put a label on threads, or take it off.

    Returns:
        The threads where that changed something, to undo it there.
    """
    threads = await take_threads(session, actor, workspace_id, thread_ids)
    label = await _find(session, workspace_id, label_id)
    ids = [thread.id for thread in threads]
    changed = await _toggle(session, actor, workspace_id, ids, label_id, on=on)
    for thread_id in changed:
        audit.record(
            session, actor, "thread:label", "thread", thread_id,
            workspace_id=workspace_id, label=label.name, on=on,
        )  # fmt: skip
    await announce(session, actor, workspace_id, "inbox")
    return changed


async def _toggle(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    ids: Sequence[UUID],
    label_id: UUID,
    *,
    on: bool,
) -> tuple[UUID, ...]:
    statement: Any = (
        insert(ThreadLabel)
        .values(
            [
                {
                    "agency_id": actor.agency_id,
                    "workspace_id": workspace_id,
                    "thread_id": thread_id,
                    "label_id": label_id,
                }
                for thread_id in ids
            ]
        )
        .on_conflict_do_nothing()
        if on
        else delete(ThreadLabel).where(
            ThreadLabel.workspace_id == workspace_id,
            ThreadLabel.label_id == label_id,
            ThreadLabel.thread_id.in_(ids),
        )
    )
    return tuple(await session.scalars(statement.returning(ThreadLabel.thread_id)))
