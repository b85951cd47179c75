"""Reading a connection: live under a lease, and history page by page."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, system_actor
from cmhub.db import DatabaseAway, announce, unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.integrations.networks import network
from cmhub.integrations.networks.base import (
    Batch,
    Gone,
    NetworkFault,
    ReauthoriseNeeded,
    Retry,
    TokenExpired,
)
from cmhub.models import Channel, Connection, Workspace
from cmhub.queue import Work, enqueue
from cmhub.services.connecting import refresh_if_due
from cmhub.services.connections import OpenedConnection, open_connection
from cmhub.services.holding import renewed
from cmhub.services.ingest import Ingested, Scope, ingest
from cmhub.services.notifying import tell_managers
from cmhub.services.references import Reference

LEASE = timedelta(seconds=20)
"""How long nobody else reads a connection or a channel's past; renewed for as long as we do."""
PAGE = 250
PATIENCE = 2
"""Failures in a row before a connection is shown as in trouble."""
LASTING = 8
"""Failures in a row, some minutes, before somebody is told of it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A connection opened for reading, in the workspace's time zone."""

    opened: OpenedConnection
    zone: ZoneInfo


async def take_lease(actor: Actor, work: Work, owner: UUID) -> bool:
    """Be the only worker to read this connection, if nobody else is."""
    moment = datetime.now(UTC)
    async with unit_of_work(actor) as session:
        taken = await session.scalar(
            update(Connection)
            .where(
                Connection.workspace_id == work.workspace_id,
                Connection.id == work.id,
                Connection.due_at <= moment,
                or_(
                    Connection.lease_until.is_(None),
                    Connection.lease_until < moment,
                    Connection.lease_owner == owner,
                ),
            )
            .values(lease_owner=owner, lease_until=moment + LEASE)
            .returning(Connection.id)
        )
    return taken is not None


async def give_lease_back(actor: Actor, work: Work, owner: UUID) -> None:
    """Let another worker go on at once."""
    async with unit_of_work(actor) as session:
        await session.execute(
            update(Connection)
            .where(
                Connection.workspace_id == work.workspace_id,
                Connection.id == work.id,
                Connection.lease_owner == owner,
            )
            .values(lease_owner=None, lease_until=None)
        )


async def _renew_lease(actor: Actor, work: Work, owner: UUID) -> None:
    async with unit_of_work(actor) as session:
        await session.execute(
            update(Connection)
            .where(
                Connection.workspace_id == work.workspace_id,
                Connection.id == work.id,
                Connection.lease_owner == owner,
            )
            .values(lease_until=datetime.now(UTC) + LEASE)
        )


async def open_source(session: AsyncSession, workspace_id: UUID, connection_id: UUID) -> Source:
    """What reading a connection needs to know.

    Raises:
        NotFound, Invalid: it cannot be read any more, or not while its workspace is archived.
    """
    opened = await open_connection(session, workspace_id, connection_id)
    found = (
        await session.execute(
            select(Workspace.time_zone, Workspace.archived_at).where(Workspace.id == workspace_id)
        )
    ).one()
    if found.archived_at is not None:
        raise Invalid("archived")
    return Source(opened, ZoneInfo(found.time_zone))


async def read_live(actor: Actor, work: Work, owner: UUID, wait_seconds: float) -> bool:
    """Read once what is new, and write it with the cursor in one transaction.

    Returns:
        Whether to go on reading at once; if not, the connection's due time says when.
    """
    assert work.workspace_id is not None
    try:
        async with unit_of_work(actor) as session:
            source = await open_source(session, work.workspace_id, work.id)
    except DatabaseAway:
        raise
    except CMHubError:
        return False
    if source.opened.state not in ("active", "trouble") or not source.opened.channels:
        await _rest(actor, work)
        return False
    try:
        await refresh_if_due(actor, work.workspace_id, work.id)
        async with renewed(lambda: _renew_lease(actor, work, owner), LEASE):
            batch = await _listen(source, wait_seconds)
    except TokenExpired as fault:
        return await _refresh_or_note(actor, work, source, fault)
    except NetworkFault as fault:
        if isinstance(fault, Gone) and fault.code == "cursor_lost":
            return await _begin_again(actor, work, owner, source)
        await note_fault(actor, work, fault)
        return False
    return await _write_live(actor, work, owner, source, batch)


async def _listen(source: Source, wait_seconds: float) -> Batch:
    opened = source.opened
    return await network(opened.network).live(
        opened.credentials, opened.cursor, list(opened.channels), wait_seconds
    )


async def _begin_again(actor: Actor, work: Work, owner: UUID, source: Source) -> bool:
    """Read from now on, and walk the past of every channel anew for what fell in between.

    The network has forgotten the place where we stood. What is there already stays as it is.
    """
    async with unit_of_work(actor) as session:
        row = await session.scalar(
            select(Connection)
            .where(Connection.workspace_id == work.workspace_id, Connection.id == work.id)
            .with_for_update(key_share=True)
        )
        if row is None or row.lease_owner != owner:
            return False
        if row.cursor != source.opened.cursor:
            return True
        row.cursor = None
        await session.execute(
            update(Channel)
            .where(Channel.workspace_id == work.workspace_id, Channel.connection_id == work.id)
            .values(
                history_cursor=None, history_done=False, history_due_at=None, history_attempts=0
            )
        )
    return source.opened.cursor is not None


async def _rest(actor: Actor, work: Work) -> None:
    """Nothing to read: until a channel is chosen or the user reconnects."""
    async with unit_of_work(actor) as session:
        await session.execute(
            update(Connection)
            .where(Connection.workspace_id == work.workspace_id, Connection.id == work.id)
            .values(due_at=None, lease_until=None)
        )


async def _refresh_or_note(
    actor: Actor, work: Work, source: Source, fault: ReauthoriseNeeded
) -> bool:
    assert work.workspace_id is not None
    try:
        await refresh_if_due(actor, work.workspace_id, work.id, refused=source.opened.credentials)
    except NetworkFault as second:
        await note_fault(actor, work, second)
        return False
    return True


async def _write_live(actor: Actor, work: Work, owner: UUID, source: Source, batch: Batch) -> bool:
    assert work.workspace_id is not None
    moment = datetime.now(UTC)
    async with unit_of_work(actor) as session:
        row = await session.scalar(
            select(Connection)
            .where(Connection.workspace_id == work.workspace_id, Connection.id == work.id)
            .with_for_update(key_share=True)
        )
        if row is None or row.lease_owner != owner or row.secret is None:
            return False
        if row.cursor != source.opened.cursor:
            return True
        done = await ingest(session, _scope(actor, work, source, live=True), batch.events)
        recovered = row.state == "trouble"
        row.cursor, row.synced_at = batch.cursor, moment
        row.state, row.fault, row.failures = "active", None, 0
        row.due_at, row.lease_until = moment, moment + LEASE
        row.last_message_at = max(filter(None, [row.last_message_at, done.newest]), default=None)
        await _start_history(session, work, list(source.opened.channels.values()))
        await _tell(session, actor, work.workspace_id, done, recovered=recovered)
    return True


async def _start_history(session: AsyncSession, work: Work, channels: list[UUID]) -> None:
    """Read the past of channels that live reading now covers, so that no moment falls between."""
    moment = datetime.now(UTC)
    started = await session.scalars(
        update(Channel)
        .where(
            Channel.workspace_id == work.workspace_id,
            Channel.id.in_(channels),
            Channel.history_done.is_(False),
            Channel.history_due_at.is_(None),
            Channel.history_attempts == 0,
        )
        .values(history_due_at=moment)
        .returning(Channel.id)
    )
    for channel in started.all():
        await enqueue(
            session,
            "history.read",
            Work(channel, work.agency_id, work.workspace_id),
            key=f"history:{channel}",
        )


async def _tell(
    session: AsyncSession, actor: Actor, workspace_id: UUID, done: Ingested, *, recovered: bool
) -> None:
    topics = ["inbox", "activity"] if done.messages or done.changes else []
    if recovered:
        topics.append("connections")
    if topics:
        await announce(session, actor, workspace_id, *topics)


def _scope(
    actor: Actor,
    work: Work,
    source: Source,
    *,
    live: bool,
    channels: Mapping[str, UUID] | None = None,
) -> Scope:
    assert work.workspace_id is not None
    return Scope(
        actor.agency_id,
        work.workspace_id,
        source.opened.network,
        source.opened.channels if channels is None else channels,
        source.zone,
        live,
    )


async def note_fault(actor: Actor, work: Work, fault: NetworkFault) -> None:
    """Write on the connection what is wrong, and when to try again."""
    moment = datetime.now(UTC)
    async with unit_of_work(actor) as session:
        row = await session.scalar(
            select(Connection)
            .where(Connection.workspace_id == work.workspace_id, Connection.id == work.id)
            .with_for_update(key_share=True)
        )
        if row is None or row.state == "disconnected":
            return
        before = row.state
        row.failures += 1
        row.lease_until = None
        if isinstance(fault, ReauthoriseNeeded):
            row.state, row.due_at = "reconnect", None
        else:
            row.due_at = moment + wait_after(fault, row.failures)
            row.state = "trouble" if row.failures >= PATIENCE else row.state
        if row.state != "active":
            row.fault, row.fault_params = fault.code, dict(fault.params)
            row.faulted_at = row.faulted_at if row.failures > PATIENCE else moment
            await announce(session, actor, row.workspace_id, "connections")
        about = Reference("connection", row.id)
        if row.state == "reconnect" and before != "reconnect":
            await tell_managers(session, actor, row.workspace_id, "connection_reconnect", about)
        elif row.state == "trouble" and row.failures == LASTING:
            await tell_managers(session, actor, row.workspace_id, "connection_trouble", about)


def wait_after(fault: NetworkFault, failures: int) -> timedelta:
    """How long to leave a network alone: what it asks for, else 2, 4, 8 … 300 s, with jitter.

    A first failure that is no rate limit is often over at once, so it is tried again soon.
    """
    patient = fault.code == "busy" or failures >= PATIENCE
    asked = fault.after_seconds if isinstance(fault, Retry) and patient else 0.0
    backoff = min(300.0, 2.0 ** min(failures, 9))
    return timedelta(seconds=max(asked, backoff) * random.uniform(1.0, 1.25))  # noqa: S311


async def read_history(work: Work) -> None:
    """Walk a channel back to its beginning, a page a transaction."""
    assert work.agency_id is not None
    assert work.workspace_id is not None
    actor = system_actor(work.agency_id, work.workspace_id)
    while await _read_page(actor, work):
        pass


async def _read_page(actor: Actor, work: Work) -> bool:
    assert work.workspace_id is not None
    async with unit_of_work(actor) as session:
        channel = await session.scalar(
            select(Channel)
            .where(Channel.workspace_id == work.workspace_id, Channel.id == work.id)
            .with_for_update(key_share=True)
        )
        if channel is None or channel.history_done:
            return False
        if not channel.chosen:
            channel.history_due_at, channel.history_attempts = None, 0
            return False
        channel.history_attempts += 1
        channel.history_due_at = datetime.now(UTC) + LEASE
        connection_id, external, cursor = (
            channel.connection_id,
            channel.external_id,
            channel.history_cursor,
        )
        source = await open_source(session, work.workspace_id, connection_id)
    try:
        batch = await network(source.opened.network).history(
            source.opened.credentials, external, cursor, PAGE
        )
    except NetworkFault as fault:
        await _postpone_history(actor, work, fault)
        return False
    return await _write_page(actor, work, source, cursor, batch)


async def _write_page(
    actor: Actor, work: Work, source: Source, cursor: str | None, batch: Batch
) -> bool:
    assert work.workspace_id is not None
    async with unit_of_work(actor) as session:
        channel = await session.scalar(
            select(Channel)
            .where(Channel.workspace_id == work.workspace_id, Channel.id == work.id)
            .with_for_update(key_share=True)
        )
        if channel is None or channel.history_cursor != cursor:
            return False
        where = _scope(actor, work, source, live=False, channels={channel.external_id: channel.id})
        done = await ingest(session, where, batch.events)
        channel.history_cursor, channel.history_done = batch.cursor, not batch.more
        channel.history_attempts = 1
        channel.history_due_at = datetime.now(UTC) + LEASE if batch.more else None
        await _tell(session, actor, work.workspace_id, done, recovered=channel.history_done)
    if done.newest is not None:
        await _note_newest(actor, work.workspace_id, source.opened.id, done.newest)
    return batch.more


async def _note_newest(
    actor: Actor, workspace_id: UUID, connection_id: UUID, newest: datetime
) -> None:
    """Write down the time of the last message, apart from the page.

    Live reading locks the connection and then its channels; a page has its channel already.
    """
    async with unit_of_work(actor) as session:
        await session.execute(
            update(Connection)
            .where(Connection.workspace_id == workspace_id, Connection.id == connection_id)
            .values(last_message_at=func.greatest(Connection.last_message_at, newest))
        )


async def _postpone_history(actor: Actor, work: Work, fault: NetworkFault) -> None:
    async with unit_of_work(actor) as session:
        channel = await session.scalar(
            select(Channel).where(Channel.workspace_id == work.workspace_id, Channel.id == work.id)
        )
        if channel is not None:
            channel.history_due_at = datetime.now(UTC) + wait_after(fault, channel.history_attempts)
