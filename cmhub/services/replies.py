"""Answers of the team: planned here, sent by a job, settled by what the network says."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.integrations.networks import network
from cmhub.integrations.networks.base import Verb
from cmhub.models import Message, Reply, Thread, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit, drafts
from cmhub.services.inbox import find_thread
from cmhub.services.threads import read_thread

MOST = drafts.MOST
"""Characters of a reply, whatever the network would take."""


async def send_reply(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    thread_id: UUID,
    body: str,
    *,
    since: datetime | None = None,
) -> UUID:
    """Have an answer written to the thread on its network; a draft of it goes.

    Raises:
        Conflict: somebody else has answered ``since``, if that is given.
        NotFound, Forbidden: the thread is not there, or not the actor's to answer.
        Invalid: there is nothing to say, too much, or nowhere to say it.
    """
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    thread = await find_thread(session, workspace_id, thread_id, keep=True)
    view = await read_thread(session, actor, workspace_id, thread_id)
    if view.closed:
        raise Invalid("closed")
    words = checked(body, view.network)
    if since is not None:
        other = await drafts.answered_since(session, actor, workspace_id, thread_id, since)
        if other:
            raise Conflict("answered_meanwhile", name=other)
    reply = _planned(actor, thread, words)
    reply.reply_to = await _last_words(session, thread)
    session.add(reply)
    audit.record(
        session,
        actor,
        "reply:send",
        "reply",
        reply.id,
        workspace_id=workspace_id,
        thread=str(thread_id),
    )
    await drafts.drop_draft(session, actor, workspace_id, thread_id)
    await _enqueue(session, reply)
    await announce(session, actor, workspace_id, "inbox")
    return reply.id


def checked(body: str, network_name: str) -> str:
    """The text as it will be sent.

    Raises:
        Invalid: it is empty, or longer than we or the network take.
    """
    words = body.replace("\x00", "").strip()
    if not words:
        raise Invalid("empty_reply")
    limits = network(network_name).capabilities[Verb.REPLY].limits
    if len(words) > MOST or len(words.encode()) > limits.get("bytes", 1 << 20):
        raise Invalid("long_reply", most=MOST)
    return words


def _planned(actor: Actor, thread: Thread, body: str) -> Reply:
    assert actor.user_id is not None
    moment = datetime.now(UTC)
    return Reply(
        agency_id=actor.agency_id,
        workspace_id=thread.workspace_id,
        id=new_id(),
        thread_id=thread.id,
        channel_id=thread.channel_id,
        user_id=actor.user_id,
        user_name=actor.name,
        body=body,
        state="planned",
        fault_params={},
        due_at=moment,
        created_at=moment,
    )


async def _last_words(session: AsyncSession, thread: Thread) -> str | None:
    return await session.scalar(
        select(Message.external_id).where(
            Message.workspace_id == thread.workspace_id, Message.id == thread.last_message_id
        )
    )


async def _enqueue(session: AsyncSession, reply: Reply) -> None:
    await session.flush()
    work = Work(reply.id, reply.agency_id, reply.workspace_id)
    await enqueue(session, "reply.send", work, key=f"reply:{reply.id}")


async def _stuck(session: AsyncSession, actor: Actor, workspace_id: UUID, reply_id: UUID) -> Reply:
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    reply = await session.scalar(
        select(Reply)
        .where(Reply.workspace_id == workspace_id, Reply.id == reply_id)
        .with_for_update(key_share=True)
    )
    if reply is None:
        raise NotFound
    if reply.state not in ("failed", "unknown"):
        raise Conflict("reply_moved")
    return reply


async def retry_reply(
    session: AsyncSession, actor: Actor, workspace_id: UUID, reply_id: UUID
) -> None:
    """Try a reply again that did not arrive; its key stays, so that it cannot arrive twice.

    Raises:
        Conflict: it is on its way, or has arrived.
    """
    reply = await _stuck(session, actor, workspace_id, reply_id)
    reply.state, reply.fault, reply.attempts = "planned", None, 0
    reply.due_at = datetime.now(UTC)
    audit.record(session, actor, "reply:retry", "reply", reply_id, workspace_id=workspace_id)
    await _enqueue(session, reply)
    await announce(session, actor, workspace_id, "inbox")


async def discard_reply(
    session: AsyncSession, actor: Actor, workspace_id: UUID, reply_id: UUID
) -> str:
    """Give up a reply that did not arrive.

    Returns:
        Its text, to be written anew.

    Raises:
        Conflict: it is on its way, or has arrived.
    """
    reply = await _stuck(session, actor, workspace_id, reply_id)
    audit.record(session, actor, "reply:discard", "reply", reply_id, workspace_id=workspace_id)
    await session.delete(reply)
    await announce(session, actor, workspace_id, "inbox")
    return reply.body
