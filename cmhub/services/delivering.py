"""Carrying replies and measures to the network, and settling what became of them.

Each goes in three steps: claim the row, call the network outside any transaction, record.
A worker that dies in between leaves a row that is soon due again, and a job that waits for it;
the idempotency key is the row's id, so that the network does it once however often it is asked.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, system_actor
from cmhub.db import announce, unit_of_work
from cmhub.integrations.networks import network
from cmhub.integrations.networks.base import (
    Event,
    Gone,
    IncomingDeletion,
    IncomingMessage,
    Network,
    NetworkFault,
    OutcomeUnknown,
    Person,
    Retry,
    TokenExpired,
)
from cmhub.models import Channel, Identity, Measure, Message, Reply
from cmhub.queue import Work, enqueue
from cmhub.services import audit
from cmhub.services.connecting import refresh_if_due
from cmhub.services.connections import OpenedConnection
from cmhub.services.holding import renewed
from cmhub.services.ingest import Scope, ingest
from cmhub.services.notifying import notify
from cmhub.services.references import Reference
from cmhub.services.syncing import Source, open_source, wait_after

CLAIM = timedelta(seconds=20)
"""How long a row is a worker's own; renewed for as long as the network takes to answer."""
ATTEMPTS = 8
_Row = TypeVar("_Row", Reply, Measure)


@dataclass(frozen=True, slots=True)
class Errand:
    """Everything that one call to the network needs."""

    source: Source
    channel_id: UUID
    channel: str
    target: str | None
    thread: str | None
    body: str
    kind: str
    created_at: datetime

    @property
    def opened(self) -> OpenedConnection:
        """The connection to call by."""
        return self.source.opened


def _actor(work: Work) -> tuple[Actor, UUID]:
    assert work.agency_id is not None
    assert work.workspace_id is not None
    return system_actor(work.agency_id, work.workspace_id), work.workspace_id


async def send(work: Work) -> None:
    """Write a planned reply to its network."""
    actor, workspace_id = _actor(work)
    async with unit_of_work(actor) as session:
        reply = await _claim(session, Reply, workspace_id, work.id)
        if reply is None:
            return
        errand = await _reply_errand(session, reply)
    try:
        async with renewed(lambda: _hold(actor, Reply, workspace_id, work.id), CLAIM):
            external = await _call(actor, workspace_id, errand, _write(errand, work.id))
    except NetworkFault as fault:
        await _settle_fault(actor, workspace_id, Reply, work.id, fault)
        return
    async with unit_of_work(actor) as session:
        await _record_sent(session, actor, workspace_id, work.id, errand, external)


async def _claim(
    session: AsyncSession, table: type[_Row], workspace_id: UUID, row_id: UUID
) -> _Row | None:
    moment = datetime.now(UTC)
    row = await session.scalar(
        select(table)
        .where(table.workspace_id == workspace_id, table.id == row_id)
        .with_for_update(key_share=True)
    )
    if row is None or row.state not in ("planned", "sending"):
        return None
    if row.due_at is not None and row.due_at > moment:
        # A moment too early, or a worker has it, dead or alive: look again when it is due.
        await _again(session, table, row)
        return None
    row.state, row.attempts, row.due_at = "sending", row.attempts + 1, moment + CLAIM
    return row


async def _hold(actor: Actor, table: type[_Row], workspace_id: UUID, row_id: UUID) -> None:
    async with unit_of_work(actor) as session:
        await session.execute(
            update(table)
            .where(table.workspace_id == workspace_id, table.id == row_id, table.state == "sending")
            .values(due_at=datetime.now(UTC) + CLAIM)
        )


async def _find_errand(
    session: AsyncSession, workspace_id: UUID, channel_id: UUID
) -> tuple[Source, str]:
    channel = await session.scalar(
        select(Channel).where(Channel.workspace_id == workspace_id, Channel.id == channel_id)
    )
    assert channel is not None
    source = await open_source(session, workspace_id, channel.connection_id)
    return source, channel.external_id


async def _reply_errand(session: AsyncSession, reply: Reply) -> Errand:
    source, channel = await _find_errand(session, reply.workspace_id, reply.channel_id)
    extra = await session.scalar(
        select(Message.extra).where(
            Message.workspace_id == reply.workspace_id,
            Message.channel_id == reply.channel_id,
            Message.external_id == reply.reply_to,
        )
    )
    thread = (extra or {}).get("thread")
    return Errand(
        source,
        reply.channel_id,
        channel,
        reply.reply_to,
        str(thread) if thread else None,
        reply.body,
        "reply",
        reply.created_at,
    )


async def _measure_errand(session: AsyncSession, measure: Measure) -> Errand:
    source, channel = await _find_errand(session, measure.workspace_id, measure.channel_id)
    if measure.message_id is not None:
        target = await session.scalar(
            select(Message.external_id).where(
                Message.workspace_id == measure.workspace_id, Message.id == measure.message_id
            )
        )
    else:
        target = await session.scalar(
            select(Identity.external_id).where(
                Identity.workspace_id == measure.workspace_id,
                Identity.id == measure.identity_id,
            )
        )
    return Errand(
        source,
        measure.channel_id,
        channel,
        target,
        None,
        measure.reason,
        measure.kind,
        measure.created_at,
    )


Call = Callable[[Network, OpenedConnection], Awaitable[str]]


def _write(errand: Errand, key: UUID) -> Call:
    async def write(net: Network, opened: OpenedConnection) -> str:
        return await net.reply(
            opened.credentials,
            errand.channel,
            errand.thread,
            errand.target,
            errand.body,
            str(key),
        )

    return write


async def _call(actor: Actor, workspace_id: UUID, errand: Errand, call: Call) -> str:
    """Call the network; once more with refreshed credentials when they had just ended."""
    net = network(errand.opened.network)
    try:
        return await call(net, errand.opened)
    except TokenExpired:
        await refresh_if_due(
            actor, workspace_id, errand.opened.id, refused=errand.opened.credentials
        )
    async with unit_of_work(actor) as session:
        source = await open_source(session, workspace_id, errand.opened.id)
    return await call(net, source.opened)


async def _record_sent(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    reply_id: UUID,
    errand: Errand,
    external: str,
) -> None:
    reply = await session.scalar(
        select(Reply).where(Reply.workspace_id == workspace_id, Reply.id == reply_id)
    )
    if reply is None:
        return
    reply.state, reply.external_id, reply.due_at, reply.fault = "sent", external, None, None
    message = IncomingMessage(
        external_id=external,
        channel=errand.channel,
        author=Person(errand.opened.credentials.account, ""),
        text=errand.body,
        posted_at=datetime.now(UTC),
        thread=errand.thread,
        reply_to=errand.target,
    )
    await _ingest(session, actor, workspace_id, errand, message)
    await announce(session, actor, workspace_id, "inbox", "activity")


async def _ingest(
    session: AsyncSession, actor: Actor, workspace_id: UUID, errand: Errand, event: Event
) -> None:
    """Write down at once what we did ourselves; the network's own word of it comes twice then."""
    scope = Scope(
        actor.agency_id,
        workspace_id,
        errand.opened.network,
        {errand.channel: errand.channel_id},
        errand.source.zone,
        True,
    )
    await ingest(session, scope, [event])


async def _settle_fault(
    actor: Actor, workspace_id: UUID, table: type[_Row], row_id: UUID, fault: NetworkFault
) -> None:
    """Wait and try again, say that it failed, or admit that nobody knows."""
    async with unit_of_work(actor) as session:
        row = await session.scalar(
            select(table)
            .where(table.workspace_id == workspace_id, table.id == row_id)
            .with_for_update(key_share=True)
        )
        if row is None or row.state != "sending":
            return
        row.fault, row.fault_params = fault.code, dict(fault.params)
        if isinstance(fault, Retry) and row.attempts < ATTEMPTS:
            row.state, row.due_at = "planned", datetime.now(UTC) + wait_after(fault, row.attempts)
            await _again(session, table, row)
        else:
            row.state = "unknown" if isinstance(fault, OutcomeUnknown) else "failed"
            row.due_at, row.failed_at = None, datetime.now(UTC)
        if table is Measure and row.state != "planned":
            audit.record(
                session, actor, "measure:fail", "measure", row_id, workspace_id=workspace_id,
                fault=fault.code,
            )  # fmt: skip
        if isinstance(row, Reply) and row.state != "planned":
            about = Reference("thread", row.thread_id)
            await notify(
                session, actor, [row.user_id], "reply_failed", about, workspace_id=workspace_id
            )
        await announce(session, actor, workspace_id, "inbox")


async def _again(session: AsyncSession, table: type[_Row], row: _Row) -> None:
    kind = "reply.send" if table is Reply else "measure.apply"
    await enqueue(session, kind, Work(row.id, row.agency_id, row.workspace_id), at=row.due_at)


async def apply(work: Work) -> None:
    """Do a planned measure on its network, and read back whether it is done."""
    actor, workspace_id = _actor(work)
    async with unit_of_work(actor) as session:
        measure = await _claim(session, Measure, workspace_id, work.id)
        if measure is None:
            return
        errand = await _measure_errand(session, measure)
    try:
        async with renewed(lambda: _hold(actor, Measure, workspace_id, work.id), CLAIM):
            await _call(actor, workspace_id, errand, _do(errand, work.id))
    except NetworkFault as fault:
        if not (isinstance(fault, Gone) and errand.kind == "delete"):
            await _settle_fault(actor, workspace_id, Measure, work.id, fault)
            return
    async with unit_of_work(actor) as session:
        await _record_done(session, actor, workspace_id, work.id, errand)


def _do(errand: Errand, key: UUID) -> Call:
    target, channel = errand.target or "", errand.channel

    async def act(net: Network, opened: OpenedConnection) -> str:
        by = opened.credentials
        match errand.kind:
            case "delete":
                await net.delete(by, channel, target, errand.body, str(key))
                done = await net.is_deleted(by, channel, target)
            case "mute":
                await net.mute(by, channel, target, str(key))
                done = await net.standing(by, channel, target) == "muted"
            case "unmute":
                await net.unmute(by, channel, target, str(key))
                done = await net.standing(by, channel, target) != "muted"
            case "ban":
                await net.ban(by, channel, target, errand.body, str(key))
                done = await net.standing(by, channel, target) == "banned"
            case _:
                await net.unban(by, channel, target, str(key))
                done = await net.standing(by, channel, target) != "banned"
        if not done:
            raise OutcomeUnknown("not_confirmed")
        return target

    return act


async def _record_done(
    session: AsyncSession, actor: Actor, workspace_id: UUID, measure_id: UUID, errand: Errand
) -> None:
    measure = await session.scalar(
        select(Measure).where(Measure.workspace_id == workspace_id, Measure.id == measure_id)
    )
    if measure is None or measure.state == "confirmed":
        return
    moment = datetime.now(UTC)
    measure.state, measure.due_at, measure.settled_at = "confirmed", None, moment
    measure.fault = None
    if errand.kind == "delete" and errand.target:
        event = IncomingDeletion(errand.channel, errand.target, moment)
        await _ingest(session, actor, workspace_id, errand, event)
    audit.record(
        session, actor, "measure:confirm", "measure", measure_id, workspace_id=workspace_id
    )
    await announce(session, actor, workspace_id, "inbox", "activity")
