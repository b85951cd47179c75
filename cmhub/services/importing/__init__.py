"""History from a file, by the same path as live messages; the same file twice changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cmhub.actor import system_actor
from cmhub.cpu import cpu
from cmhub.db import unit_of_work
from cmhub.errors import Invalid, NotFound
from cmhub.services.importing.guessing import READERS, Format, guess_format
from cmhub.services.importing.reading import BATCH, next_batch, tell_rejected
from cmhub.services.importing.source import BadLine, Rejected, Source
from cmhub.services.importing.writing import Writer, zone_of
from cmhub.services.workspaces import create_workspace, find_workspace

__all__ = [
    "BATCH",
    "BadLine",
    "Format",
    "Imported",
    "Rejected",
    "guess_format",
    "import_file",
]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: messages that were new, that were there, lines not usable."""

    imported: int
    known: int
    rejected: int
    rejected_file: Path | None


async def import_file(
    path: Path,
    agency: str,
    workspace: str,
    *,
    kind: Format | None = None,
    channel: str | None = None,
    create: bool = False,
    encoding: str | None = None,
    keep_quotes: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Import an export into a workspace, a thousand records a transaction.

    ``kind`` is guessed when it is not given. ``channel`` puts every message into that channel,
    ``create`` makes the workspace when it is missing, ``encoding`` is that of a text which does
    not tell it, ``keep_quotes`` leaves what mails quote, and ``progress`` is called with the
    records done so far. What is rejected goes to ``<path>.rejected`` with its number and reason;
    the rest goes in.

    Raises:
        NotFound: there is no such agency or workspace.
        Invalid: the file cannot be read, or is no export that is known.
    """
    agency_id, workspace_id = await _find_or_create(agency, workspace, create=create)
    actor = system_actor(agency_id, workspace_id)
    rejects = path.with_name(path.name + ".rejected")
    rejects.unlink(missing_ok=True)
    async with unit_of_work(actor) as session:
        zone = await zone_of(session, workspace_id)
    source = Source(path, path.name, zone, channel, encoding, keep_quotes, workspace)
    reader = READERS[kind or await cpu(guess_format, path, path.name)](source)
    writer = Writer(actor, workspace_id, zone)
    try:
        while batch := await cpu(next_batch, reader):
            tell_rejected(rejects, batch)
            await writer.take(batch)
            if progress is not None:
                progress(writer.lines)
    except OSError as error:
        raise Invalid("unreadable_file", reason_given=error.strerror or "") from None
    async with unit_of_work(actor) as session:
        writer.record(session, path.name)
    known = writer.lines - writer.added - writer.rejected
    return Imported(writer.added, known, writer.rejected, rejects if writer.rejected else None)


async def _find_or_create(agency: str, workspace: str, *, create: bool) -> tuple[UUID, UUID]:
    found = await find_workspace(agency, workspace)
    if found is None:
        raise NotFound
    if found.workspace_id is not None:
        return found.agency_id, found.workspace_id
    if not create:
        raise NotFound
    actor = system_actor(found.agency_id)
    async with unit_of_work(actor) as session:
        made = await create_workspace(
            session, actor, name=workspace, client=workspace, time_zone="UTC"
        )
        if made.slug != workspace:
            raise Invalid("slug", proposed=made.slug)
    return found.agency_id, made.id
