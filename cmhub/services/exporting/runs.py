"""Exports that a worker makes, while their page shows how far they have come."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, system_actor
from cmhub.db import announce, snapshot, unit_of_work
from cmhub.errors import Conflict, NotFound
from cmhub.models import ExportRun, Workspace, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit, files
from cmhub.services.exporting.tables import count_rows
from cmhub.services.exporting.writing import Exported, Zip, write_workspace
from cmhub.services.holding import renewed

CLAIM = timedelta(seconds=20)
"""How long a run is a worker's own; renewed while it works."""
BEAT = timedelta(seconds=3)
"""How often, about, the page is told how far it has come."""
KEPT = timedelta(days=7)
"""How long the file waits for its reader."""
ATTEMPTS = 4
SHOWN = 20
_WAITING = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class ExportView:
    """An export as its page shows it: ``share`` is written, ``size`` in bytes."""

    id: UUID
    user_name: str
    state: str
    share: float
    size: int
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


async def start_export(session: AsyncSession, actor: Actor, workspace_id: UUID) -> UUID:
    """Have a worker make an export of the workspace.

    Raises:
        Conflict: one is being made already.
    """
    actor.require(Permission.WORKSPACE_EXPORT, workspace_id)
    running = await session.scalar(
        select(ExportRun.id)
        .where(ExportRun.workspace_id == workspace_id, ExportRun.state.in_(_WAITING))
        .limit(1)
    )
    if running is not None:
        raise Conflict("export_running")
    now = datetime.now(UTC)
    run = ExportRun(
        agency_id=actor.agency_id, workspace_id=workspace_id, id=new_id(), user_id=actor.user_id,
        user_name=actor.name, state="waiting", due_at=now, created_at=now,
    )  # fmt: skip
    session.add(run)
    audit.record(session, actor, "export:start", "export", run.id, workspace_id=workspace_id)
    await enqueue(session, "export.make", Work(run.id, actor.agency_id, workspace_id))
    await announce(session, actor, workspace_id, "exports")
    return run.id


async def list_exports(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[ExportView, ...]:
    """The newest exports of the workspace."""
    actor.require(Permission.WORKSPACE_EXPORT, workspace_id)
    rows = await session.scalars(
        select(ExportRun)
        .where(ExportRun.workspace_id == workspace_id)
        .order_by(ExportRun.created_at.desc(), ExportRun.id.desc())
        .limit(SHOWN)
    )
    return tuple(
        ExportView(
            id=row.id,
            user_name=row.user_name,
            state=row.state,
            share=min(1.0, row.rows_done / max(1, row.rows)),
            size=row.size,
            created_at=row.created_at,
            finished_at=row.finished_at,
            expires_at=row.expires_at,
        )
        for row in rows
    )


async def stop_export(
    session: AsyncSession, actor: Actor, workspace_id: UUID, run_id: UUID
) -> None:
    """Give up an export that is being made.

    Raises:
        NotFound: there is none in this workspace.
        Conflict: it has ended.
    """
    actor.require(Permission.WORKSPACE_EXPORT, workspace_id)
    run = await _find(session, workspace_id, run_id)
    if run.state not in _WAITING:
        raise Conflict("export_ended")
    run.state, run.due_at, run.finished_at = "stopped", None, datetime.now(UTC)
    audit.record(session, actor, "export:stop", "export", run_id, workspace_id=workspace_id)
    await announce(session, actor, workspace_id, "exports")


async def open_export(
    session: AsyncSession, actor: Actor, workspace_id: UUID, run_id: UUID
) -> files.OpenedFile:
    """The file of an export, for whoever may export; who took it is recorded.

    Raises:
        NotFound: there is none, or it is not kept any more.
    """
    actor.require(Permission.WORKSPACE_EXPORT, workspace_id)
    run = await _find(session, workspace_id, run_id)
    slug = await session.scalar(select(Workspace.slug).where(Workspace.id == workspace_id))
    if run.state != "done" or run.finished_at is None:
        raise NotFound
    audit.record(session, actor, "export:fetch", "export", run_id, workspace_id=workspace_id)
    name = f"{slug}-{run.finished_at:%Y-%m-%d}.zip"
    return await files.opened(files.file_key(actor, workspace_id, _stored(run_id)), name)


async def _find(session: AsyncSession, workspace_id: UUID, run_id: UUID) -> ExportRun:
    run = await session.scalar(
        select(ExportRun)
        .where(ExportRun.workspace_id == workspace_id, ExportRun.id == run_id)
        .with_for_update()
    )
    if run is None:
        raise NotFound
    return run


def _stored(run_id: UUID) -> str:
    return f"export/{run_id}.zip"


async def make_export(work: Work) -> None:
    """Make an export that waits, or remove one whose time is over; for the worker."""
    assert work.agency_id is not None
    assert work.workspace_id is not None
    one = _Run(system_actor(work.agency_id, work.workspace_id), work.workspace_id, work.id)
    if await one.claim():
        with tempfile.TemporaryDirectory() as folder:
            await one.make(Path(folder) / "export.zip")


class _Run:
    """One run in the hands of a worker."""

    def __init__(self, actor: Actor, workspace_id: UUID, run_id: UUID) -> None:
        self._actor, self._workspace_id, self._id = actor, workspace_id, run_id
        self._done = 0

    async def claim(self) -> bool:
        """Take the run, unless another worker has it, or it only had to be removed."""
        now = datetime.now(UTC)
        async with unit_of_work(self._actor) as session:
            try:
                run = await _find(session, self._workspace_id, self._id)
            except NotFound:
                return False
            if run.due_at is None or run.due_at > now:
                return False
            if run.state == "done":
                await files.delete_file(self._actor, self._workspace_id, _stored(self._id))
                run.state, run.due_at = "gone", None
            elif run.attempts >= ATTEMPTS:
                run.state, run.due_at, run.finished_at = "failed", None, now
            else:
                run.state, run.attempts, run.due_at = "running", run.attempts + 1, now + CLAIM
                await announce(session, self._actor, self._workspace_id, "exports")
                return True
            await announce(session, self._actor, self._workspace_id, "exports")
        return False

    async def make(self, path: Path) -> None:
        """Write the file, store it, and settle the run unless it was stopped."""
        async with renewed(self._hold, BEAT):
            with Zip(path) as archive:
                async with snapshot(self._actor) as session:
                    await self._set(
                        rows=await count_rows(session, self._actor.agency_id, self._workspace_id)
                    )
                    made = await write_workspace(
                        session, self._actor, self._workspace_id, archive, self._note
                    )
            await files.put_file(self._actor, self._workspace_id, _stored(self._id), path)
        await self._settle(made, archive.size)

    def _note(self, rows: int) -> None:
        self._done += rows

    async def _hold(self) -> None:
        await self._set(rows_done=self._done, due_at=datetime.now(UTC) + CLAIM)

    async def _set(self, **values: object) -> bool:
        async with unit_of_work(self._actor) as session:
            return await self._write(session, **values)

    async def _write(self, session: AsyncSession, **values: object) -> bool:
        found = await session.scalar(
            update(ExportRun)
            .where(
                ExportRun.workspace_id == self._workspace_id,
                ExportRun.id == self._id,
                ExportRun.state == "running",
            )
            .values(**values)
            .returning(ExportRun.id)
        )
        await announce(session, self._actor, self._workspace_id, "exports")
        return found is not None

    async def _settle(self, made: Exported, size: int) -> None:
        now = datetime.now(UTC)
        async with unit_of_work(self._actor) as session:
            kept = await self._write(
                session, state="done", rows_done=self._done, size=size,
                finished_at=now, expires_at=now + KEPT, due_at=now + KEPT,
            )  # fmt: skip
            if kept:
                audit.record(
                    session, self._actor, "export:make", "export", self._id,
                    workspace_id=self._workspace_id, messages=made.messages, files=made.files,
                )  # fmt: skip
        if not kept:
            await files.delete_file(self._actor, self._workspace_id, _stored(self._id))
