"""Measures against messages and members: planned with time to undo, done by a job."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import Measure, Message, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit
from cmhub.services.threads import read_thread

UNDO = timedelta(seconds=10)
KINDS = ("mute", "unmute", "ban", "unban")


async def _find_message(session: AsyncSession, workspace_id: UUID, message_id: UUID) -> Message:
    message = await session.scalar(
        select(Message)
        .where(Message.workspace_id == workspace_id, Message.id == message_id)
        .with_for_update(key_share=True)
    )
    if message is None:
        raise NotFound
    return message


async def delete_message(
    session: AsyncSession, actor: Actor, workspace_id: UUID, message_id: UUID, reason: str = ""
) -> UUID:
    """Delete a message on its network in ten seconds; until then it can be undone.

    Returns:
        The measure; the one already under way, if there is one.
    """
    actor.require(Permission.MESSAGE_DELETE, workspace_id)
    message = await _find_message(session, workspace_id, message_id)
    view = await read_thread(session, actor, workspace_id, message.thread_id)
    if not view.can_delete:
        raise Invalid("cannot_delete")
    if message.deleted_at is not None:
        raise Conflict("already_deleted")
    under_way = await session.scalar(
        select(Measure.id).where(
            Measure.workspace_id == workspace_id,
            Measure.message_id == message_id,
            Measure.kind == "delete",
            Measure.state.in_(("planned", "sending")),
        )
    )
    if under_way is not None:
        return under_way
    return await _plan(session, actor, message, "delete", reason, message.id)


async def measure_member(
    session: AsyncSession, actor: Actor, workspace_id: UUID, message_id: UUID, kind: str
) -> UUID:
    """Mute, unmute, ban or unban the author of a message on its channel, with time to undo."""
    actor.require(Permission.MEMBER_MEASURE, workspace_id)
    if kind not in KINDS:
        raise Invalid("filter")
    message = await _find_message(session, workspace_id, message_id)
    view = await read_thread(session, actor, workspace_id, message.thread_id)
    if not (view.can_mute if kind in ("mute", "unmute") else view.can_ban):
        raise Invalid("cannot_measure")
    return await _plan(session, actor, message, kind, "", None)


async def _plan(
    session: AsyncSession,
    actor: Actor,
    message: Message,
    kind: str,
    reason: str,
    target: UUID | None,
) -> UUID:
    assert actor.user_id is not None
    moment = datetime.now(UTC)
    measure = Measure(
        agency_id=actor.agency_id,
        workspace_id=message.workspace_id,
        id=new_id(),
        kind=kind,
        channel_id=message.channel_id,
        message_id=target,
        member_id=message.member_id,
        identity_id=message.identity_id,
        user_id=actor.user_id,
        user_name=actor.name,
        reason=reason.strip()[:500],
        state="planned",
        fault_params={},
        due_at=moment + UNDO,
        created_at=moment,
    )
    session.add(measure)
    audit.record(
        session,
        actor,
        "measure:plan",
        "measure",
        measure.id,
        workspace_id=message.workspace_id,
        measure=kind,
        message=str(message.id),
        member=str(message.member_id),
    )
    await _enqueue(session, measure)
    await announce(session, actor, message.workspace_id, "inbox")
    return measure.id


async def _enqueue(session: AsyncSession, measure: Measure) -> None:
    await session.flush()
    await enqueue(
        session,
        "measure.apply",
        Work(measure.id, measure.agency_id, measure.workspace_id),
        at=measure.due_at,
    )


async def _find_measure(session: AsyncSession, workspace_id: UUID, measure_id: UUID) -> Measure:
    measure = await session.scalar(
        select(Measure)
        .where(Measure.workspace_id == workspace_id, Measure.id == measure_id)
        .with_for_update(key_share=True)
    )
    if measure is None:
        raise NotFound
    return measure


def _required(measure: Measure) -> Permission:
    return Permission.MESSAGE_DELETE if measure.message_id else Permission.MEMBER_MEASURE


async def undo_measure(
    session: AsyncSession, actor: Actor, workspace_id: UUID, measure_id: UUID
) -> None:
    """Take back a measure that has not been sent yet.

    Raises:
        Conflict: it is too late.
    """
    measure = await _find_measure(session, workspace_id, measure_id)
    actor.require(_required(measure), workspace_id)
    if measure.state == "undone":
        return
    if measure.state != "planned":
        raise Conflict("measure_sent")
    measure.state, measure.due_at, measure.settled_at = "undone", None, datetime.now(UTC)
    audit.record(session, actor, "measure:undo", "measure", measure_id, workspace_id=workspace_id)
    await announce(session, actor, workspace_id, "inbox")


async def retry_measure(
    session: AsyncSession, actor: Actor, workspace_id: UUID, measure_id: UUID
) -> None:
    """Try again what failed.

    Raises:
        Conflict: it is on its way, or done.
    """
    measure = await _find_measure(session, workspace_id, measure_id)
    actor.require(_required(measure), workspace_id)
    if measure.state not in ("failed", "unknown"):
        raise Conflict("measure_sent")
    measure.state, measure.fault, measure.attempts = "planned", None, 0
    measure.due_at = datetime.now(UTC)
    audit.record(session, actor, "measure:retry", "measure", measure_id, workspace_id=workspace_id)
    await _enqueue(session, measure)
    await announce(session, actor, workspace_id, "inbox")
