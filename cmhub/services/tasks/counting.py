"""How many of the reader's tasks are late or due today, beside the entries of the menu."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.services.counts import counts
from cmhub.services.tasks.reading import count_tasks


@counts("tasks", Permission.TASK_READ, "tasks")
async def _due(session: AsyncSession, actor: Actor, workspace_id: UUID | None) -> int:
    assert workspace_id is not None
    return await _pressing(session, actor, [workspace_id])


@counts("agency_tasks", Permission.TASK_READ, "tasks", agency=True)
async def _due_anywhere(session: AsyncSession, actor: Actor, _workspace_id: UUID | None) -> int:
    return await _pressing(session, actor, actor.workspaces_where(Permission.TASK_READ))


async def _pressing(session: AsyncSession, actor: Actor, places: Sequence[UUID]) -> int:
    found = await count_tasks(session, actor, places, now=datetime.now(UTC))
    return found.overdue + found.today
