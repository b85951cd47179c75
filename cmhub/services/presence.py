"""Presence: who looks at a thread and who writes. It is told, never stored."""

import json
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import LIVE
from cmhub.services.inbox import find_thread


async def show_presence(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    thread_id: UUID,
    seat: UUID,
    *,
    writes: bool,
) -> None:
    """Tell every web process that the actor looks at a thread, or writes in it.

    ``seat`` is the tab: it looks at one thread at a time. Whoever does not say so again is
    forgotten within a minute.
    """
    actor.require(Permission.INBOX_READ, workspace_id)
    await find_thread(session, workspace_id, thread_id)
    payload: dict[str, object] = {
        "agency": str(actor.agency_id),
        "workspace": str(workspace_id),
        "topics": [],
        "presence": {
            "seat": str(seat),
            "thread": str(thread_id),
            "user": str(actor.user_id),
            "name": actor.name,
            "writes": writes,
        },
    }
    await session.execute(
        text("select pg_notify(:channel, :payload)"),
        {"channel": LIVE, "payload": json.dumps(payload)},
    )
