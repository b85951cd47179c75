"""Imports that a worker does, while their page shows how far they have come.

The file waits in the storage. A worker reads it in batches of a transaction each, which also
moves the progress, so that what is counted is what is there. A worker that dies leaves a row that
is soon due again; what it brought in already is then known and stays.
"""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, system_actor
from cmhub.cpu import cpu
from cmhub.db import announce, unit_of_work
from cmhub.errors import CMHubError, Conflict, Invalid, NotFound
from cmhub.integrations.storage import StorageAway
from cmhub.models import ImportRun, Workspace, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit, files
from cmhub.services.importing.guessing import READERS, Format, guess_format
from cmhub.services.importing.reading import next_batch, tell_rejected
from cmhub.services.importing.source import Read, Source
from cmhub.services.importing.writing import Writer, zone_of
from cmhub.services.notifying import notify
from cmhub.services.references import Reference

MOST_BYTES = 2 * 1024**3
"""Of a file that a browser brings."""
CLAIM = timedelta(minutes=2)
"""How long a run is a worker's own; renewed with every batch."""
ATTEMPTS = 5
SHOWN = 20
_WAITING = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class ImportView:
    """A run as its page shows it: ``share`` of the file is read, ``fault`` a text's key or empty.

    ``rejected_file`` is the address of what could not be used, below the workspace's files.
    """

    id: UUID
    user_name: str
    file_name: str
    size: int
    kind: str
    state: str
    share: float
    lines: int
    added: int
    known: int
    rejected: int
    rejected_file: str
    fault: str
    fault_params: dict[str, str | int]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as its owner gives it; what is empty is found out."""

    name: str
    size: int
    kind: str = ""
    channel: str = ""
    encoding: str = ""
    keep_quotes: bool = False


async def receive_import(
    actor: Actor, workspace_id: UUID, upload: Upload, pieces: AsyncIterator[bytes]
) -> UUID:
    """Take a file in and have a worker import it.

    Returns:
        The run, to follow its progress.

    Raises:
        Invalid: the file is empty, or the format or encoding is none that is known.
        StorageAway: it could not be kept.
    """
    actor.require(Permission.HISTORY_IMPORT, workspace_id)
    kind = _known_kind(upload.kind)
    encoding = _known_encoding(upload.encoding)
    if upload.size == 0:
        raise Invalid("empty_file")
    run = ImportRun(
        agency_id=actor.agency_id,
        workspace_id=workspace_id,
        id=new_id(),
        user_id=actor.user_id,
        user_name=actor.name,
        file_name=upload.name[-200:],
        size=upload.size,
        kind=kind,
        channel=upload.channel.strip()[:100] or None,
        encoding=encoding,
        keep_quotes=upload.keep_quotes,
        state="waiting",
        fault_params={},
        due_at=datetime.now(UTC),
        created_at=datetime.now(UTC),
    )
    await files.put_file(actor, workspace_id, _stored(run.id), pieces)
    async with unit_of_work(actor) as session:
        await _begin(session, actor, run)
    return run.id


async def _begin(session: AsyncSession, actor: Actor, run: ImportRun) -> None:
    session.add(run)
    audit.record(
        session, actor, "import:start", "import", run.id,
        workspace_id=run.workspace_id, file=run.file_name, size=run.size,
    )  # fmt: skip
    await enqueue(session, "import.run", Work(run.id, actor.agency_id, run.workspace_id))
    await announce(session, actor, run.workspace_id, "imports")


def _known_kind(kind: str) -> str | None:
    if not kind:
        return None
    if kind not in {each.value for each in Format}:
        raise Invalid("unknown_format")
    return kind


def _known_encoding(encoding: str) -> str | None:
    if not encoding:
        return None
    try:
        "".encode(encoding)
    except (LookupError, UnicodeError):
        raise Invalid("unknown_encoding", encoding=encoding[:40]) from None
    return encoding


def _stored(run_id: UUID) -> str:
    return f"import/{run_id}"


def _told(run_id: UUID) -> str:
    return f"{files.REJECTED}/{run_id}.rejected"


async def list_imports(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[ImportView, ...]:
    """The newest imports of the workspace, by the page and not by the command line."""
    actor.require(Permission.HISTORY_IMPORT, workspace_id)
    rows = await session.scalars(
        select(ImportRun)
        .where(ImportRun.workspace_id == workspace_id)
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
        .limit(SHOWN)
    )
    return tuple(_view(row) for row in rows)


def _view(row: ImportRun) -> ImportView:
    return ImportView(
        id=row.id,
        user_name=row.user_name,
        file_name=row.file_name,
        size=row.size,
        kind=row.kind or "",
        state=row.state,
        share=1.0 if row.state == "done" else min(1.0, row.bytes_done / max(1, row.size)),
        lines=row.lines,
        added=row.added,
        known=max(0, row.lines - row.added - row.rejected),
        rejected=row.rejected,
        rejected_file=_told(row.id) if row.rejected and row.state not in _WAITING else "",
        fault=row.fault or "",
        fault_params={
            name: value for name, value in row.fault_params.items() if isinstance(value, str | int)
        },
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


async def stop_import(
    session: AsyncSession, actor: Actor, workspace_id: UUID, run_id: UUID
) -> None:
    """Stop a run after the batch it is at; what is in stays.

    Raises:
        NotFound: there is none in this workspace.
        Conflict: it has ended.
    """
    actor.require(Permission.HISTORY_IMPORT, workspace_id)
    run = await session.scalar(
        select(ImportRun)
        .where(ImportRun.workspace_id == workspace_id, ImportRun.id == run_id)
        .with_for_update()
    )
    if run is None:
        raise NotFound
    if run.state not in _WAITING:
        raise Conflict("import_ended")
    run.state, run.due_at, run.finished_at = "stopped", None, datetime.now(UTC)
    audit.record(session, actor, "import:stop", "import", run_id, workspace_id=workspace_id)
    await announce(session, actor, workspace_id, "imports")


async def run_import(work: Work) -> None:
    """Read a file that waits, batch by batch; for the worker."""
    assert work.agency_id is not None
    assert work.workspace_id is not None
    one = _Run(system_actor(work.agency_id, work.workspace_id), work.workspace_id, work.id)
    if not await one.claim():
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            await one.read(Path(folder))
    except StorageAway:
        raise
    except (Invalid, NotFound) as fault:
        await one.fail(fault)


class _Run:
    """One run in the hands of a worker."""

    def __init__(self, actor: Actor, workspace_id: UUID, run_id: UUID) -> None:
        self._actor, self._workspace_id, self._id = actor, workspace_id, run_id

    async def claim(self) -> bool:
        """Take the run, unless another worker has it or it has ended."""
        async with unit_of_work(self._actor) as session:
            run = await session.scalar(
                select(ImportRun)
                .where(ImportRun.workspace_id == self._workspace_id, ImportRun.id == self._id)
                .with_for_update(key_share=True)
            )
            now = datetime.now(UTC)
            if run is None or run.state not in _WAITING or (run.due_at and run.due_at > now):
                return False
            if run.attempts >= ATTEMPTS:
                run.state, run.due_at, run.finished_at = "failed", None, now
                run.fault = "error.unforeseen"
                return False
            run.state, run.attempts, run.due_at = "running", run.attempts + 1, now + CLAIM
            run.lines = run.rejected = run.bytes_done = 0
            self._run = run
            await self._tell(session)
        return True

    async def read(self, folder: Path) -> None:
        """Read the whole file into the workspace."""
        run = self._run
        path, told = folder / "file", folder / "rejected"
        await files.fetch_file(self._actor, self._workspace_id, _stored(self._id), path)
        kind = Format(run.kind) if run.kind else await cpu(guess_format, path, run.file_name)
        async with unit_of_work(self._actor) as session:
            zone = await zone_of(session, self._workspace_id)
            slug = await session.scalar(
                select(Workspace.slug).where(Workspace.id == self._workspace_id)
            )
            await self._move(session, kind=kind.value)
        source = Source(
            path, run.file_name, zone, run.channel, run.encoding, run.keep_quotes, slug or ""
        )
        writer = Writer(self._actor, self._workspace_id, zone)
        try:
            reader = READERS[kind](source)
            while batch := await cpu(next_batch, reader):
                tell_rejected(told, batch)
                if not await self._take(writer, batch, source):
                    break
        except OSError as error:
            raise Invalid("unreadable_file", reason_given=error.strerror or "") from None
        if writer.rejected:
            await files.put_file(self._actor, self._workspace_id, _told(self._id), told)
        await self._finish(writer)

    async def _take(self, writer: Writer, batch: list[Read], source: Source) -> bool:
        """Write one batch and how far it brings us; say whether to go on."""
        async with unit_of_work(self._actor) as session:
            added = await writer.write(session, batch)
            writer.count(batch, added)
            return await self._move(
                session,
                due_at=datetime.now(UTC) + CLAIM,
                bytes_done=source.done,
                lines=writer.lines,
                rejected=writer.rejected,
                added=ImportRun.added + added,
            )

    async def _move(self, session: AsyncSession, **values: object) -> bool:
        moved = await session.scalar(
            update(ImportRun)
            .where(
                ImportRun.workspace_id == self._workspace_id,
                ImportRun.id == self._id,
                ImportRun.state == "running",
            )
            .values(**values)
            .returning(ImportRun.id)
        )
        await self._tell(session)
        return moved is not None

    async def _finish(self, writer: Writer) -> None:
        async with unit_of_work(self._actor) as session:
            writer.record(session, self._run.file_name)
            await self._move(session, state="done", due_at=None, finished_at=func.now())
            await self._tell_owner(session)
        await files.delete_file(self._actor, self._workspace_id, _stored(self._id))

    async def fail(self, fault: CMHubError) -> None:
        """Settle a file that cannot be read."""
        async with unit_of_work(self._actor) as session:
            params = {name: value for name, value in fault.params.items() if name != "reason"}
            await self._move(
                session, state="failed", due_at=None, finished_at=func.now(),
                fault=fault.key, fault_params=params,
            )  # fmt: skip
            audit.record(
                session, self._actor, "import:fail", "import", self._id,
                workspace_id=self._workspace_id, fault=fault.key,
            )  # fmt: skip
            await self._tell_owner(session)
        await files.delete_file(self._actor, self._workspace_id, _stored(self._id))

    async def _tell_owner(self, session: AsyncSession) -> None:
        await notify(
            session, self._actor, [self._run.user_id], "import_finished",
            Reference("import", self._id),
            workspace_id=self._workspace_id, file=self._run.file_name,
        )  # fmt: skip

    async def _tell(self, session: AsyncSession) -> None:
        await announce(session, self._actor, self._workspace_id, "imports")
