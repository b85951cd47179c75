"""The ZIP of an export: messages to import again, every table, every file."""

import json
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.cpu import cpu
from cmhub.integrations.storage import storage
from cmhub.models import Membership, Workspace
from cmhub.services import files
from cmhub.services.accounts import find_contact
from cmhub.services.exporting.messages import messages_of
from cmhub.services.exporting.tables import plain, rows_of, tables

FORMAT = 1
_LEFT_AREAS = ("import", "export")

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """How much an export holds."""

    messages: int
    rows: int
    files: int


class Zip:
    """A ZIP that is written entry by entry, none of them held whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)

    def __enter__(self) -> "Zip":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def size(self) -> int:
        """Its bytes so far."""
        return self._path.stat().st_size

    def text(self, name: str, data: object) -> None:
        """Write one JSON document."""
        self._file.writestr(name, json.dumps(data, ensure_ascii=False, indent=2) + "\n")

    async def lines(self, name: str, batches: AsyncIterator[list[dict[str, Any]]]) -> int:
        """Write JSON Lines, and say how many."""
        written = 0
        with self._file.open(name, "w", force_zip64=True) as entry:
            async for batch in batches:
                await cpu(lambda: entry.write(_encode(batch)))  # noqa: B023  # it is awaited here
                written += len(batch)
        return written

    async def stream(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a file as it comes."""
        with self._file.open(name, "w", force_zip64=True) as entry:
            async for piece in pieces:
                await cpu(lambda: entry.write(piece))  # noqa: B023  # it is awaited here


def _encode(batch: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in batch).encode(
        "utf-8", "replace"
    )


async def write_workspace(
    session: AsyncSession, actor: Actor, workspace_id: UUID, archive: Zip, told: Told
) -> Exported:
    """Write a workspace into the folder of its slug; ``told`` hears how many rows came.

    The session sees one moment: what is written fits together.
    """
    about = await session.execute(
        select(*Workspace.__table__.c).where(
            Workspace.agency_id == actor.agency_id, Workspace.id == workspace_id
        )
    )
    workspace = dict(about.mappings().one())
    folder = str(workspace["slug"])
    archive.text(f"{folder}/workspace.json", _about(workspace))
    lines = messages_of(session, actor.agency_id, workspace_id)
    messages = await archive.lines(f"{folder}/messages.jsonl", _counted(lines, told))
    rows = await _write_tables(session, actor, workspace_id, folder, archive, told)
    return Exported(messages, rows, await write_files(actor, workspace_id, folder, archive))


async def write_agency(session: AsyncSession, actor: Actor, archive: Zip) -> Exported:
    """Write what belongs to the agency and to no workspace: people, audit, its own files."""
    archive.text("agency/agency.json", _about({"id": actor.agency_id}))
    people = await session.scalars(select(Membership.user_id).distinct())
    contacts = [await find_contact(session, one) for one in people]
    archive.text(
        "agency/people.json",
        [
            {"id": str(one.id), "email": one.email, "name": one.name, "language": one.language}
            for one in contacts
            if one is not None
        ],
    )
    rows = await _write_tables(session, actor, None, "agency", archive, _to_nobody)
    return Exported(0, rows, await write_files(actor, None, "agency", archive))


async def _write_tables(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID | None,
    folder: str,
    archive: Zip,
    told: Told,
) -> int:
    rows = 0
    for table in tables(workspace_id):
        lines = rows_of(session, table, actor.agency_id, workspace_id)
        rows += await archive.lines(f"{folder}/tables/{table.name}.jsonl", _counted(lines, told))
    return rows


def _to_nobody(_rows: int) -> None:
    pass


async def write_files(actor: Actor, workspace_id: UUID | None, folder: str, archive: Zip) -> int:
    """Write the files of a workspace, or of the agency itself; those of imports stay."""
    prefix = files.file_prefix(actor, workspace_id)
    written = 0
    async for one in files.list_files(actor, workspace_id):
        name = one.key.removeprefix(prefix)
        if name.partition("/")[0] not in _LEFT_AREAS:
            await archive.stream(f"{folder}/files/{name}", storage().open(one.key))
            written += 1
    return written


async def _counted(
    batches: AsyncIterator[list[dict[str, Any]]], told: Told
) -> AsyncIterator[list[dict[str, Any]]]:
    async for batch in batches:
        yield batch
        told(len(batch))


def _about(workspace: dict[str, Any]) -> dict[str, object]:
    return {
        "made_by": "CMHub",
        "format": FORMAT,
        "exported_at": datetime.now(UTC).isoformat(),
        **{name: plain(value) for name, value in workspace.items()},
    }
