"""Drafts: what a user has begun to answer in a thread, kept until it is sent or emptied."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.models import Draft
from cmhub.services.inbox import find_thread

MOST = 10_000
"""Characters of a reply."""


@dataclass(frozen=True, slots=True)
class DraftView:
    """What was begun, and when its author saw the thread that it answers."""

    body: str
    begun_at: datetime


_ANSWERED = text("""
    select name from (
        (select r.user_name as name, r.created_at as at from reply r
         where r.agency_id = :agency and r.workspace_id = :workspace and r.thread_id = :thread
            and r.created_at > :since and r.user_id <> :user and r.state <> 'failed'
         order by r.created_at desc limit 1)
        union all
        (select p.name, m.ingested_at from message m
         join member p on p.agency_id = m.agency_id and p.workspace_id = m.workspace_id
            and p.id = m.member_id and p.team
         where m.agency_id = :agency and m.workspace_id = :workspace and m.thread_id = :thread
            and m.ingested_at > :since and m.posted_at > :since - interval '10 minutes'
            and m.deleted_at is null and not exists (
                select from reply r where r.agency_id = m.agency_id
                    and r.workspace_id = m.workspace_id and r.channel_id = m.channel_id
                    and r.external_id = m.external_id)
         order by m.ingested_at desc limit 1)) answers
    order by at desc limit 1
""")


async def read_draft(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID
) -> DraftView | None:
    """The actor's own draft in a thread, if they have one."""
    actor.require(Permission.INBOX_READ, workspace_id)
    await find_thread(session, workspace_id, thread_id)
    found = await session.scalar(
        select(Draft).where(
            Draft.workspace_id == workspace_id,
            Draft.thread_id == thread_id,
            Draft.user_id == actor.user_id,
        )
    )
    return None if found is None else DraftView(found.body, found.begun_at)


async def keep_draft(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    thread_id: UUID,
    body: str,
    begun_at: datetime,
) -> None:
    """Keep what the actor has written so far; an empty draft goes."""
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    await find_thread(session, workspace_id, thread_id, keep=True)
    words = body.replace("\x00", "")[:MOST]
    if not words.strip():
        await drop_draft(session, actor, workspace_id, thread_id)
        return
    moment = datetime.now(UTC)
    await session.execute(
        insert(Draft)
        .values(
            agency_id=actor.agency_id,
            workspace_id=workspace_id,
            thread_id=thread_id,
            user_id=actor.user_id,
            body=words,
            begun_at=min(begun_at, moment),
            updated_at=moment,
        )
        .on_conflict_do_update(
            index_elements=["agency_id", "workspace_id", "thread_id", "user_id"],
            set_={"body": words, "updated_at": moment},
        )
    )


async def drop_draft(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID
) -> None:
    """Forget the actor's draft in a thread, because it was sent or emptied."""
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    await find_thread(session, workspace_id, thread_id)
    await session.execute(
        delete(Draft).where(
            Draft.workspace_id == workspace_id,
            Draft.thread_id == thread_id,
            Draft.user_id == actor.user_id,
        )
    )


async def answered_since(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID, since: datetime
) -> str:
    """Who else has answered in a thread since a moment; empty when nobody has.

    Counted are replies of other users, on their way too, and what the team wrote on the network.
    """
    actor.require(Permission.INBOX_READ, workspace_id)
    await find_thread(session, workspace_id, thread_id)
    keys = {"agency": actor.agency_id, "workspace": workspace_id, "thread": thread_id}
    return await session.scalar(_ANSWERED, keys | {"since": since, "user": actor.user_id}) or ""
