"""Views: filters of the inbox with a name, a user's own or the workspace's."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, system_actor
from cmhub.db import announce, unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.models import InboxView, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit
from cmhub.services.checks import clean_name
from cmhub.services.filtering import STATES, InboxFilter, condition

KEPT = timedelta(minutes=1)
"""How long a deleted view can be taken back."""
LONGEST = 60
MOST = 50
COUNTED = 100
"""Threads of a view are counted up to this."""

_COUNT = """
    select count(*) from (select from thread t where t.agency_id = :agency
        and t.workspace_id = :workspace and t.state = :state {where} limit :most) t
"""


@dataclass(frozen=True, slots=True)
class ViewView:
    """A view in the list; ``count`` is -1 where counting would take long.

    ``may_change`` says whether its reader may rename and delete it.
    """

    id: UUID
    name: str
    shared: bool
    wanted: InboxFilter
    count: int
    may_change: bool


async def list_views(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[ViewView, ...]:
    """The views that the actor sees, the workspace's first, each with its threads counted."""
    actor.require(Permission.INBOX_READ, workspace_id)
    rows = await session.scalars(
        select(InboxView)
        .where(
            InboxView.workspace_id == workspace_id,
            InboxView.deleted_at.is_(None),
            or_(InboxView.shared, InboxView.user_id == actor.user_id),
        )
        .order_by(InboxView.shared.desc(), func.lower(InboxView.name), InboxView.id)
        .limit(MOST)
    )
    found: list[ViewView] = []
    for row in rows:
        wanted = _filter(row.query)
        count = await _count(session, actor, workspace_id, wanted) if wanted.cheap else -1
        found.append(ViewView(row.id, row.name, row.shared, wanted, count, _may_change(actor, row)))
    return tuple(found)


def _filter(stored: dict[str, object]) -> InboxFilter:
    def word(name: str) -> str:
        return str(stored.get(name, ""))

    channel, label = word("channel_id"), word("label_id")
    return InboxFilter(
        state=word("state") or "open",
        channel_id=UUID(channel) if channel else None,
        assignee=word("assignee"),
        label_id=UUID(label) if label else None,
        language=word("language"),
        waits=word("waits"),
        noted=bool(stored.get("noted")),
    )


def _stored(wanted: InboxFilter) -> dict[str, object]:
    return {
        name: str(value) if isinstance(value, UUID) else value
        for name, value in asdict(wanted).items()
        if value and name != "after"
    }


async def _count(
    session: AsyncSession, actor: Actor, workspace_id: UUID, wanted: InboxFilter
) -> int:
    where, values = condition(actor, wanted)
    keys = {
        "agency": actor.agency_id,
        "workspace": workspace_id,
        "state": wanted.state,
        "most": COUNTED,
    }
    return await session.scalar(text(_COUNT.format(where=where)), values | keys) or 0


def _may_change(actor: Actor, row: InboxView) -> bool:
    return row.user_id == actor.user_id or (
        row.shared and actor.may(Permission.WORKSPACE_SETTINGS, row.workspace_id)
    )


async def save_view(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    name: str,
    wanted: InboxFilter,
    *,
    shared: bool,
) -> UUID:
    """Keep a filter under a name, for oneself or for everybody in the workspace.

    Raises:
        Forbidden: it would be everybody's, and the actor does not answer there.
        Invalid: it has no name, there are too many, or the filter is none.
    """
    needed = Permission.INBOX_ANSWER if shared else Permission.INBOX_READ
    actor.require(needed, workspace_id)
    name = _checked(name)
    if wanted.state not in STATES:
        raise Invalid("filter")
    condition(actor, wanted)
    await _room(session, actor, workspace_id)
    assert actor.user_id is not None
    row = InboxView(
        agency_id=actor.agency_id,
        workspace_id=workspace_id,
        id=new_id(),
        user_id=actor.user_id,
        name=name,
        shared=shared,
        query=_stored(wanted),
        created_at=datetime.now(UTC),
    )
    session.add(row)
    _record(session, actor, row, "view:save")
    await announce(session, actor, workspace_id, "desk")
    return row.id


async def _room(session: AsyncSession, actor: Actor, workspace_id: UUID) -> None:
    seen = await session.scalar(
        select(func.count())
        .select_from(InboxView)
        .where(
            InboxView.workspace_id == workspace_id,
            or_(InboxView.shared, InboxView.user_id == actor.user_id),
        )
    )
    if (seen or 0) >= MOST:
        raise Invalid("too_many_views", most=MOST)


def _checked(name: str) -> str:
    cleaned = clean_name(name, "view_missing")
    if len(cleaned) > LONGEST:
        raise Invalid("too_long", most=LONGEST)
    return cleaned


def _record(session: AsyncSession, actor: Actor, row: InboxView, tag: str) -> None:
    audit.record(
        session, actor, tag, "inbox_view", row.id,
        workspace_id=row.workspace_id, name=row.name, shared=row.shared,
    )  # fmt: skip


async def _find(
    session: AsyncSession, actor: Actor, workspace_id: UUID, view_id: UUID, *, deleted: bool = False
) -> InboxView:
    """A view that the actor may change; another user's own one is not found."""
    actor.require(Permission.INBOX_READ, workspace_id)
    row = await session.scalar(
        select(InboxView)
        .where(InboxView.workspace_id == workspace_id, InboxView.id == view_id)
        .with_for_update()
    )
    if row is None or (row.deleted_at is not None) != deleted:
        raise NotFound
    if not _may_change(actor, row):
        if row.shared:
            raise Forbidden(Permission.WORKSPACE_SETTINGS)
        raise NotFound
    return row


async def rename_view(
    session: AsyncSession, actor: Actor, workspace_id: UUID, view_id: UUID, name: str
) -> None:
    """Give a view another name."""
    row = await _find(session, actor, workspace_id, view_id)
    row.name = _checked(name)
    _record(session, actor, row, "view:rename")
    await announce(session, actor, workspace_id, "desk")


async def delete_view(
    session: AsyncSession, actor: Actor, workspace_id: UUID, view_id: UUID
) -> None:
    """Delete a view; for a minute it can be taken back."""
    row = await _find(session, actor, workspace_id, view_id)
    row.deleted_at = moment = datetime.now(UTC)
    _record(session, actor, row, "view:delete")
    await session.flush()
    at = moment + KEPT
    work = Work(row.id, actor.agency_id, workspace_id)
    await enqueue(session, "view.forget", work, at=at, key=f"view:{row.id}:{at.isoformat()}")
    await announce(session, actor, workspace_id, "desk")


async def restore_view(
    session: AsyncSession, actor: Actor, workspace_id: UUID, view_id: UUID
) -> None:
    """Take the deletion of a view back."""
    row = await _find(session, actor, workspace_id, view_id, deleted=True)
    row.deleted_at = None
    _record(session, actor, row, "view:restore")
    await announce(session, actor, workspace_id, "desk")


async def forget(work: Work) -> None:
    """Remove a view for good that was deleted and not taken back."""
    assert work.agency_id is not None
    assert work.workspace_id is not None
    async with unit_of_work(system_actor(work.agency_id, work.workspace_id)) as session:
        await session.execute(
            delete(InboxView).where(
                InboxView.workspace_id == work.workspace_id,
                InboxView.id == work.id,
                InboxView.deleted_at <= datetime.now(UTC) - KEPT,
            )
        )
