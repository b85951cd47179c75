"""The end of a workspace, in steps that can be taken back until the last one.

Archived, it is in nobody's reach: no page shows it, nothing in it is read or sent. Restored, it is
as it was. Deleted, it waits archived for 14 days and is then gone with every row, file and key.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, system_actor
from cmhub.db import announce, doors, enter_scope, unit_of_work, wake_stream
from cmhub.errors import Conflict, NotFound
from cmhub.models import Base, Connection, Workspace
from cmhub.queue import Work
from cmhub.services import audit, files

GRACE = timedelta(days=14)
BATCH = 5_000
"""Rows that one transaction deletes at most."""
_KEPT = frozenset({"audit_event"})
"""What stays when a workspace goes: the agency's own record of who did what."""
_LIST = text("""
    select w.id, w.slug, w.name, w.client, w.logo, w.created_at, w.archived_at, w.deletes_at,
        p.people, c.last_at, t.messages
    from unnest(cast(:asked as uuid[])) a (id)
    join workspace w on w.agency_id = :agency and w.id = a.id
    cross join lateral (
        select count(distinct m.user_id) as people from membership m
        where m.agency_id = w.agency_id and (m.workspace_id = w.id or m.workspace_id is null)) p
    cross join lateral (
        select max(l.last_at) as last_at
        from unnest(array['open', 'waiting', 'snoozed', 'done']) s (state)
        cross join lateral (
            select t.last_at from thread t
            where t.agency_id = w.agency_id and t.workspace_id = w.id and t.state = s.state
            order by t.last_at desc limit 1) l) c
    cross join lateral (
        select case when w.archived_at is null then 0 else coalesce(sum(t.message_count), 0) end
            as messages from thread t
        where t.agency_id = w.agency_id and t.workspace_id = w.id
            and w.archived_at is not null) t
    order by lower(w.name), w.id""")


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace in the agency's list.

    ``people`` may enter it; ``messages`` are counted when it is archived, to say what would go.
    """

    id: UUID
    slug: str
    name: str
    client: str
    logo: str
    people: int
    messages: int
    last_at: datetime | None
    created_at: datetime
    archived_at: datetime | None
    deletes_at: datetime | None


async def list_workspaces(session: AsyncSession, actor: Actor) -> tuple[WorkspaceRow, ...]:
    """All workspaces of the agency by name, also those that are archived."""
    actor.require(Permission.AGENCY_READ)
    wider = await with_archived(session, actor)
    rows = await session.execute(
        _LIST, {"agency": actor.agency_id, "asked": list(wider.workspaces)}
    )
    return tuple(
        WorkspaceRow(
            row.id, row.slug, row.name, row.client, row.logo or "", row.people,
            int(row.messages), row.last_at, row.created_at, row.archived_at, row.deletes_at,
        )
        for row in rows
    )  # fmt: skip


async def with_archived(session: AsyncSession, actor: Actor) -> Actor:
    """The actor with the archived workspaces of the agency in reach too, and so the session.

    Raises:
        Forbidden: it takes a role in the whole agency.
    """
    actor.require(Permission.AGENCY_READ)
    archived = await session.scalars(text("select * from archived_workspaces()"))
    reach = {**dict.fromkeys(archived, frozenset(actor.agency_roles)), **actor.workspaces}
    wider = replace(actor, workspaces=reach)
    await enter_scope(session, wider)
    return wider


async def archive_workspace(session: AsyncSession, actor: Actor, workspace_id: UUID) -> str:
    """Put a workspace out of everybody's reach, and have nothing more read or sent in it.

    Returns:
        Its name.
    """
    actor.require(Permission.WORKSPACE_ARCHIVE, workspace_id)
    row = await _locked(session, workspace_id)
    if row.archived_at is None:
        row.archived_at = datetime.now(UTC)
        audit.record(
            session, actor, "workspace:archive", "workspace", workspace_id,
            workspace_id=workspace_id, name=row.name,
        )  # fmt: skip
        await _tell(session, actor, workspace_id)
    return row.name


async def restore_workspace(session: AsyncSession, actor: Actor, workspace_id: UUID) -> str:
    """Bring an archived workspace back as it was; a deletion that was asked for is off.

    Returns:
        Its name.

    Raises:
        Conflict: it is being deleted.
    """
    row = await _archived(session, actor, workspace_id)
    row.archived_at, row.deletes_at = None, None
    audit.record(
        session, actor, "workspace:restore", "workspace", workspace_id,
        workspace_id=workspace_id, name=row.name,
    )  # fmt: skip
    await _tell(session, actor, workspace_id)
    return row.name


async def ask_deletion(session: AsyncSession, actor: Actor, workspace_id: UUID) -> datetime:
    """Have an archived workspace deleted for good in 14 days.

    Returns:
        When it will be gone.
    """
    row = await _archived(session, actor, workspace_id)
    if row.deletes_at is None:
        ends = row.deletes_at = datetime.now(UTC) + GRACE
        audit.record(
            session, actor, "workspace:delete_ask", "workspace", workspace_id,
            workspace_id=workspace_id, name=row.name, at=ends.isoformat(),
        )  # fmt: skip
    return row.deletes_at


async def cancel_deletion(session: AsyncSession, actor: Actor, workspace_id: UUID) -> str:
    """Keep a workspace that was to be deleted; it stays archived.

    Returns:
        Its name.

    Raises:
        Conflict: it is being deleted.
    """
    row = await _archived(session, actor, workspace_id)
    if row.deletes_at is not None:
        row.deletes_at = None
        audit.record(
            session, actor, "workspace:delete_cancel", "workspace", workspace_id,
            workspace_id=workspace_id, name=row.name,
        )  # fmt: skip
    return row.name


async def is_archived(agency_id: UUID, workspace_id: UUID) -> bool:
    """Whether nothing may be done in a workspace now."""
    async with doors() as session:
        return bool(
            await session.scalar(
                text("select is_archived(:agency, :workspace)"),
                {"agency": agency_id, "workspace": workspace_id},
            )
        )


async def _locked(session: AsyncSession, workspace_id: UUID) -> Workspace:
    row = await session.scalar(
        select(Workspace).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )
    if row is None:
        raise NotFound
    return row


async def _archived(session: AsyncSession, actor: Actor, workspace_id: UUID) -> Workspace:
    actor.require(Permission.WORKSPACE_ARCHIVE)
    wider = await with_archived(session, actor)
    if workspace_id not in wider.workspaces:
        raise NotFound
    row = await _locked(session, workspace_id)
    if row.archived_at is None:
        raise NotFound
    if row.deletes_at is not None and row.deletes_at <= datetime.now(UTC):
        raise Conflict("deleting")
    return row


async def _tell(session: AsyncSession, actor: Actor, workspace_id: UUID) -> None:
    """Have workers look at the connections anew, and open pages at where they are."""
    connections = await session.scalars(
        select(Connection.id).where(Connection.workspace_id == workspace_id)
    )
    for connection in connections.all():
        await wake_stream(session, connection)
    await announce(session, actor, workspace_id, "settings")


async def delete_for_good(work: Work) -> None:
    """Delete a workspace whose time has come: files, rows and keys, table by table.

    It can be interrupted anywhere: the workspace's own row goes last, and is due until then.
    """
    assert work.agency_id is not None
    actor = system_actor(work.agency_id, work.id)
    if not await _is_due(actor, work.id):
        return
    for one in [one async for one in files.list_files(actor, work.id)]:
        await files.delete_file(actor, work.id, one.key.split("/", 2)[2])
    for name in _tables():
        while await _delete_some(actor, work.id, name) == BATCH:
            pass
    async with unit_of_work(actor) as session:
        row = await session.scalar(select(Workspace).where(Workspace.id == work.id))
        if row is not None:
            # Of the agency, not of the workspace, whose own events are in nobody's daily reach.
            audit.record(
                session, actor, "workspace:delete", "workspace", work.id, name=row.name,
                client=row.client,
            )  # fmt: skip
            await session.delete(row)


async def _is_due(actor: Actor, workspace_id: UUID) -> bool:
    async with unit_of_work(actor) as session:
        due = await session.scalar(select(Workspace.deletes_at).where(Workspace.id == workspace_id))
    return due is not None and due <= datetime.now(UTC)


def _tables() -> list[str]:
    """Every table with rows of workspaces, those that point to others first."""
    return [
        table.name
        for table in reversed(Base.metadata.sorted_tables)
        if "workspace_id" in table.c and table.name not in _KEPT
    ]


async def _delete_some(actor: Actor, workspace_id: UUID, table: str) -> int:
    statement = text(
        f"with gone as (delete from {table} where ctid = any (array("  # noqa: S608  # our own names
        f"select ctid from {table} where agency_id = :agency and workspace_id = :workspace"
        " limit :most)) returning 1) select count(*) from gone"
    )
    asked = {"agency": actor.agency_id, "workspace": workspace_id, "most": BATCH}
    async with unit_of_work(actor) as session:
        return await session.scalar(statement, asked) or 0
