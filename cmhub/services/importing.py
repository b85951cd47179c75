"""History from a file, by the same path as live messages; the same file twice changes nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, system_actor
from cmhub.db import announce, unit_of_work
from cmhub.errors import Invalid, NotFound
from cmhub.integrations.networks.base import Event
from cmhub.models import Channel, Connection, Workspace, new_id
from cmhub.services import audit
from cmhub.services.connections import IMPORT
from cmhub.services.ingest import Scope, ingest
from cmhub.services.jsonl import BadLine, events_of
from cmhub.services.workspaces import create_workspace, find_workspace

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: messages that were new, that were there, lines not usable."""

    imported: int
    known: int
    rejected: int
    rejected_file: Path | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that could not be used: its number, why, and the line."""

    number: int
    reason: str
    line: str


async def import_file(
    path: Path,
    agency: str,
    workspace: str,
    *,
    channel: str | None = None,
    create: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Import JSON Lines into a workspace, a thousand lines a transaction.

    ``channel`` puts every message into that channel, ``create`` makes the workspace when it is
    missing, and ``progress`` is called with the lines done so far. What is rejected goes to
    ``<path>.rejected`` with its number and reason; the rest goes in.

    Raises:
        NotFound: there is no such agency or workspace.
        Invalid: the file cannot be read.
    """
    agency_id, workspace_id = await _find_or_create(agency, workspace, create=create)
    actor = system_actor(agency_id, workspace_id)
    importer = _Importer(actor, workspace_id, path.with_name(path.name + ".rejected"))
    importer.rejects.unlink(missing_ok=True)
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            for chunk in _chunks(file):
                await importer.take([_read(number, line, channel) for number, line in chunk])
                if progress is not None:
                    progress(importer.lines)
    except OSError as error:
        raise Invalid("unreadable_file", reason_given=error.strerror or "") from None
    await importer.finish(path.name)
    return importer.outcome()


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


def _chunks(file: Iterator[str]) -> Iterator[list[tuple[int, str]]]:
    chunk: list[tuple[int, str]] = []
    for number, line in enumerate(file, 1):
        if line.strip():
            chunk.append((number, line))
        if len(chunk) == BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _read(number: int, line: str, channel: str | None) -> list[Event] | Rejected:
    try:
        return events_of(line, channel)
    except BadLine as error:
        return Rejected(number, str(error), line)


class _Importer:
    """Takes batches of lines into one workspace."""

    def __init__(self, actor: Actor, workspace_id: UUID, rejects: Path) -> None:
        self.actor, self.workspace_id, self.rejects = actor, workspace_id, rejects
        self.lines = self.added = self.rejected = 0
        self._channels: dict[str, UUID] = {}

    async def take(self, read: list[list[Event] | Rejected]) -> None:
        """Write one batch, and put aside what is rejected of it."""
        events = [event for one in read if not isinstance(one, Rejected) for event in one]
        self._reject([one for one in read if isinstance(one, Rejected)])
        async with unit_of_work(self.actor) as session:
            await self._know_channels(session, {event.channel for event in events})
            zone = await session.scalar(
                select(Workspace.time_zone).where(Workspace.id == self.workspace_id)
            )
            scope = Scope(
                self.actor.agency_id,
                self.workspace_id,
                IMPORT,
                self._channels,
                ZoneInfo(zone or "UTC"),
                False,
            )
            done = await ingest(session, scope, events)
            await announce(session, self.actor, self.workspace_id, "inbox", "activity")
        self.lines += len(read)
        self.added += done.messages

    def _reject(self, rejected: list[Rejected]) -> None:
        if not rejected:
            return
        self.rejected += len(rejected)
        with self.rejects.open("a", encoding="utf-8", errors="surrogateescape") as file:
            for one in rejected:
                entry = {"line": one.number, "reason": one.reason, "text": one.line.rstrip("\n")}
                file.write(json.dumps(entry) + "\n")

    async def _know_channels(self, session: AsyncSession, names: set[str]) -> None:
        fresh = sorted(names - self._channels.keys())
        if fresh:
            connection = await _import_connection(session, self.actor, self.workspace_id)
            for name in fresh:
                self._channels[name] = await _import_channel(session, connection, name)

    async def finish(self, name: str) -> None:
        """Record the import."""
        async with unit_of_work(self.actor) as session:
            self.actor.require(Permission.HISTORY_IMPORT, self.workspace_id)
            audit.record(
                session,
                self.actor,
                "history:import",
                "workspace",
                self.workspace_id,
                workspace_id=self.workspace_id,
                file=name,
                lines=self.lines,
                added=self.added,
                rejected=self.rejected,
            )

    def outcome(self) -> Imported:
        """What became of the file."""
        known = self.lines - self.added - self.rejected
        return Imported(self.added, known, self.rejected, self.rejects if self.rejected else None)


async def _import_connection(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[UUID, UUID, UUID]:
    """The connection that stands for imported history; there is one in a workspace."""
    await session.execute(
        insert(Connection)
        .values(
            agency_id=actor.agency_id,
            workspace_id=workspace_id,
            id=new_id(),
            network=IMPORT,
            label="",
            address="",
            account="",
            account_name="",
            state="history",
            failures=0,
            fault_params={},
            created_at=datetime.now(UTC),
        )
        .on_conflict_do_nothing()
    )
    found = await session.scalar(
        select(Connection.id).where(
            Connection.workspace_id == workspace_id, Connection.network == IMPORT
        )
    )
    assert found is not None
    return actor.agency_id, workspace_id, found


async def _import_channel(
    session: AsyncSession, connection: tuple[UUID, UUID, UUID], name: str
) -> UUID:
    agency_id, workspace_id, connection_id = connection
    await session.execute(
        insert(Channel)
        .values(
            agency_id=agency_id,
            workspace_id=workspace_id,
            id=new_id(),
            connection_id=connection_id,
            external_id=name,
            name=name,
            topic="",
            kind="community",
            chosen=True,
            may_moderate=False,
            history_done=True,
            history_attempts=0,
            created_at=datetime.now(UTC),
        )
        .on_conflict_do_nothing()
    )
    found = await session.scalar(
        select(Channel.id).where(
            Channel.workspace_id == workspace_id,
            Channel.connection_id == connection_id,
            Channel.external_id == name,
        )
    )
    assert found is not None
    return found
