"""Reminding of a task when it is due."""

from datetime import UTC, datetime

from sqlalchemy import select

from cmhub.actor import system_actor
from cmhub.db import unit_of_work
from cmhub.models import Task
from cmhub.queue import Work
from cmhub.services.notifying import notify
from cmhub.services.references import Reference


async def remind(work: Work) -> None:
    """Tell whoever has a task, or else made it, that it is due; each reminder once."""
    assert work.agency_id is not None
    assert work.workspace_id is not None
    actor, moment = system_actor(work.agency_id, work.workspace_id), datetime.now(UTC)
    async with unit_of_work(actor) as session:
        task = await session.scalar(
            select(Task)
            .where(Task.workspace_id == work.workspace_id, Task.id == work.id)
            .with_for_update(key_share=True)
        )
        if task is None or task.remind_at is None or task.remind_at > moment:
            return
        task.remind_at = None
        if task.done_at is None and task.deleted_at is None:
            person = task.assignee_id or task.author_id
            await notify(
                session,
                actor,
                [] if person is None else [person],
                "task_due",
                Reference("task", task.id),
                workspace_id=work.workspace_id,
            )
