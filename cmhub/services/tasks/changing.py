"""Making and changing tasks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Invalid, NotFound
from cmhub.models import Task, Workspace, new_id
from cmhub.services import audit
from cmhub.services.colleagues import list_colleagues
from cmhub.services.notifying import notify
from cmhub.services.references import Reference, find_thing
from cmhub.services.tasks.dates import next_date, reminder_of
from cmhub.services.tasks.drafts import TaskDraft, check_draft

KEPT = timedelta(days=1)
"""How long a deleted task can be brought back, by whoever has an old page open."""


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who has a task; nobody has an empty name."""

    id: UUID | None
    name: str


async def create_task(
    session: AsyncSession, actor: Actor, workspace_id: UUID, draft: TaskDraft
) -> UUID:
    """Make a task, and tell whoever gets it.

    Raises:
        NotFound: what it is linked to is not there.
        Invalid: a value cannot be used, or the assignee does not work here.
    """
    actor.require(Permission.TASK_WRITE, workspace_id)
    if draft.reference is not None:
        await find_thing(session, actor, workspace_id, draft.reference)
    assignee = await _assignee(session, actor, workspace_id, draft.assignee_id)
    task = Task(
        agency_id=actor.agency_id,
        workspace_id=workspace_id,
        id=new_id(),
        assignee_id=assignee.id,
        assignee_name=assignee.name,
        reference_kind=draft.reference.kind if draft.reference else None,
        reference_id=draft.reference.id if draft.reference else None,
        author_id=actor.user_id,
        author_name=actor.name,
        created_at=datetime.now(UTC),
    )
    await _fill(session, task, draft)
    session.add(task)
    await _record(session, actor, task, "task:create")
    await _tell_assignee(session, actor, task)
    return task.id


async def change_task(
    session: AsyncSession, actor: Actor, workspace_id: UUID, task_id: UUID, draft: TaskDraft
) -> None:
    """Write a task anew; what it is linked to stays.

    Raises:
        NotFound: there is no such task.
        Invalid: as in ``create_task``.
    """
    task = await _find(session, actor, workspace_id, task_id)
    assignee = await _assignee(session, actor, workspace_id, draft.assignee_id, task.assignee_id)
    handed_over = assignee.id != task.assignee_id
    task.assignee_id, task.assignee_name = assignee.id, assignee.name or task.assignee_name
    await _fill(session, task, draft)
    await _record(session, actor, task, "task:change")
    if handed_over:
        await _tell_assignee(session, actor, task)


async def assign_task(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    task_id: UUID,
    assignee_id: UUID | None,
) -> UUID | None:
    """Give a task to somebody, or to nobody.

    Returns:
        Who had it before.
    """
    task = await _find(session, actor, workspace_id, task_id)
    before = task.assignee_id
    if before == assignee_id:
        return before
    assignee = await _assignee(session, actor, workspace_id, assignee_id)
    task.assignee_id, task.assignee_name = assignee.id, assignee.name
    await _record(session, actor, task, "task:assign", assignee=assignee.name)
    await _tell_assignee(session, actor, task)
    return before


async def finish_task(
    session: AsyncSession, actor: Actor, workspace_id: UUID, task_id: UUID
) -> UUID | None:
    """Mark a task as done; one that repeats is made anew for its next date.

    Returns:
        The next task, if there is one.
    """
    task = await _find(session, actor, workspace_id, task_id)
    if task.done_at is not None:
        return task.next_id
    task.done_at, task.done_by, task.remind_at = datetime.now(UTC), actor.name, None
    if task.repeats != "never":
        following = await _following(session, task)
        session.add(following)
        task.next_id = following.id
    await _record(session, actor, task, "task:done")
    return task.next_id


async def reopen_task(
    session: AsyncSession, actor: Actor, workspace_id: UUID, task_id: UUID
) -> None:
    """Take back that a task is done; the next one, if nobody has done it yet, goes again."""
    task = await _find(session, actor, workspace_id, task_id)
    if task.done_at is None:
        return
    task.done_at, task.done_by = None, ""
    zone = await _zone(session, workspace_id)
    task.remind_at = reminder_of(task.due_on, task.due_time, zone, datetime.now(UTC))
    if task.next_id is not None:
        await session.execute(
            delete(Task).where(
                Task.workspace_id == workspace_id,
                Task.id == task.next_id,
                Task.done_at.is_(None),
            )
        )
        task.next_id = None
    await _record(session, actor, task, "task:reopen")


async def delete_task(
    session: AsyncSession, actor: Actor, workspace_id: UUID, task_id: UUID
) -> None:
    """Delete a task; it can be brought back for a day, then it is truly gone."""
    task = await _find(session, actor, workspace_id, task_id)
    moment = datetime.now(UTC)
    task.deleted_at, task.remind_at = moment, None
    await session.execute(
        delete(Task).where(Task.workspace_id == workspace_id, Task.deleted_at < moment - KEPT)
    )
    await _record(session, actor, task, "task:delete")


async def restore_task(
    session: AsyncSession, actor: Actor, workspace_id: UUID, task_id: UUID
) -> None:
    """Bring a task back that was deleted.

    Raises:
        NotFound: it is truly gone.
    """
    task = await _find(session, actor, workspace_id, task_id, deleted=True)
    if task.deleted_at is None:
        return
    task.deleted_at = None
    if task.done_at is None:
        zone = await _zone(session, workspace_id)
        task.remind_at = reminder_of(task.due_on, task.due_time, zone, datetime.now(UTC))
    await _record(session, actor, task, "task:restore")


async def _find(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    task_id: UUID,
    *,
    deleted: bool = False,
) -> Task:
    actor.require(Permission.TASK_WRITE, workspace_id)
    found = await session.scalar(
        select(Task)
        .where(Task.workspace_id == workspace_id, Task.id == task_id)
        .with_for_update(key_share=True)
    )
    if found is None or (found.deleted_at is not None and not deleted):
        raise NotFound
    return found


async def _zone(session: AsyncSession, workspace_id: UUID) -> ZoneInfo:
    zone = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    if zone is None:
        raise NotFound
    return ZoneInfo(zone)


async def _assignee(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    user_id: UUID | None,
    before: UUID | None = None,
) -> Assignee:
    """Whoever gets a task; who had it ``before`` may keep it though they have left."""
    if user_id is None:
        return Assignee(None, "")
    for one in await list_colleagues(session, actor, workspace_id):
        if one.id == user_id and one.may(Permission.TASK_READ):
            return Assignee(one.id, one.name)
    if user_id == before:
        return Assignee(user_id, "")
    raise Invalid("assignee")


async def _fill(session: AsyncSession, task: Task, draft: TaskDraft) -> None:
    good = check_draft(draft)
    zone = await _zone(session, task.workspace_id)
    task.text, task.note, task.repeats = good.text, good.note, good.repeats
    if good.due_on != task.due_on or task.repeat_day is None:
        task.repeat_day = good.due_on.day if good.due_on else None
    task.due_on, task.due_time = good.due_on, good.due_time
    task.remind_at = None
    if task.done_at is None:
        task.remind_at = reminder_of(good.due_on, good.due_time, zone, datetime.now(UTC))


async def _following(session: AsyncSession, task: Task) -> Task:
    assert task.due_on is not None
    zone, now = await _zone(session, task.workspace_id), datetime.now(UTC)
    day = next_date(task.repeats, task.due_on, task.repeat_day, now.astimezone(zone).date())
    return Task(
        agency_id=task.agency_id,
        workspace_id=task.workspace_id,
        id=new_id(),
        text=task.text,
        note=task.note,
        assignee_id=task.assignee_id,
        assignee_name=task.assignee_name,
        due_on=day,
        due_time=task.due_time,
        repeats=task.repeats,
        repeat_day=task.repeat_day,
        reference_kind=task.reference_kind,
        reference_id=task.reference_id,
        remind_at=reminder_of(day, task.due_time, zone, now),
        author_id=task.author_id,
        author_name=task.author_name,
        created_at=now,
    )


async def _tell_assignee(session: AsyncSession, actor: Actor, task: Task) -> None:
    if task.assignee_id is not None:
        await notify(
            session,
            actor,
            [task.assignee_id],
            "task_assigned",
            Reference("task", task.id),
            workspace_id=task.workspace_id,
        )


async def _record(
    session: AsyncSession, actor: Actor, task: Task, tag: str, **data: object
) -> None:
    audit.record(
        session, actor, tag, "task", task.id,
        workspace_id=task.workspace_id, text=task.text, **data,
    )  # fmt: skip
    await announce(session, actor, task.workspace_id, "tasks")
