"""Records into the workspace: known channels, one transaction a batch, recorded at the end."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce, unit_of_work
from cmhub.models import Channel, Connection, Workspace, new_id
from cmhub.services import audit
from cmhub.services.connections import IMPORT
from cmhub.services.importing.source import Good, Read
from cmhub.services.ingest import Scope, ingest


async def zone_of(session: AsyncSession, workspace_id: UUID) -> ZoneInfo:
    """The time zone of a workspace."""
    name = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    return ZoneInfo(name or "UTC")


class Writer:
    """Takes batches of records into one workspace."""

    def __init__(self, actor: Actor, workspace_id: UUID, zone: ZoneInfo) -> None:
        self.actor, self.workspace_id, self.zone = actor, workspace_id, zone
        self.lines = self.added = self.rejected = 0
        self._channels: dict[str, UUID] = {}

    async def take(self, batch: list[Read]) -> None:
        """Write one batch in a transaction of its own."""
        async with unit_of_work(self.actor) as session:
            added = await self.write(session, batch)
        self.count(batch, added)

    async def write(self, session: AsyncSession, batch: list[Read]) -> int:
        """Write one batch in this transaction.

        Returns:
            How many of its messages were new.
        """
        events = [event for one in batch if isinstance(one, Good) for event in one.events]
        await self._know_channels(session, {event.channel for event in events})
        scope = Scope(
            self.actor.agency_id, self.workspace_id, IMPORT, self._channels, self.zone, False
        )
        done = await ingest(session, scope, events)
        await announce(session, self.actor, self.workspace_id, "inbox", "activity")
        return done.messages

    def count(self, batch: list[Read], added: int) -> None:
        """Add a batch that is written to the counts."""
        self.lines += len(batch)
        self.added += added
        self.rejected += sum(not isinstance(one, Good) for one in batch)

    async def _know_channels(self, session: AsyncSession, names: set[str]) -> None:
        fresh = sorted(names - self._channels.keys())
        if fresh:
            connection = await _import_connection(session, self.actor, self.workspace_id)
            for name in fresh:
                self._channels[name] = await _import_channel(session, connection, name)

    def record(self, session: AsyncSession, name: str) -> None:
        """Record the import of a file."""
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
