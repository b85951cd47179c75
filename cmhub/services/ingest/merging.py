"""What hangs on a thread moves with it when it turns out to belong to another one."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.services.ingest.scope import Scope

_REPLIES = text("""
    update reply r set thread_id = p.new
    from unnest(cast(:old as uuid[]), cast(:new as uuid[])) p(old, new)
    where r.agency_id = :agency and r.workspace_id = :workspace and r.thread_id = p.old
""")
_NOTES = text("""
    update note n set thread_id = p.new
    from unnest(cast(:old as uuid[]), cast(:new as uuid[])) p(old, new)
    where n.agency_id = :agency and n.workspace_id = :workspace and n.thread_id = p.old
""")
_LABELS = text("""
    insert into thread_label (agency_id, workspace_id, thread_id, label_id)
    select k.agency_id, k.workspace_id, p.new, k.label_id
    from unnest(cast(:old as uuid[]), cast(:new as uuid[])) p(old, new)
    join thread_label k on k.agency_id = :agency and k.workspace_id = :workspace
        and k.thread_id = p.old
    on conflict do nothing
""")
_DRAFTS = text("""
    insert into draft (agency_id, workspace_id, thread_id, user_id, body, begun_at, updated_at)
    select distinct on (p.new, d.user_id)
        d.agency_id, d.workspace_id, p.new, d.user_id, d.body, d.begun_at, d.updated_at
    from unnest(cast(:old as uuid[]), cast(:new as uuid[])) p(old, new)
    join draft d on d.agency_id = :agency and d.workspace_id = :workspace and d.thread_id = p.old
    order by p.new, d.user_id, d.updated_at desc
    on conflict do nothing
""")
_FACTS = text("""
    update thread t set
        assignee_id = coalesce(t.assignee_id, o.assignee_id),
        assignee_name = case when t.assignee_id is null then o.assignee_name
            else t.assignee_name end,
        note_count = (select count(*) from note n where n.agency_id = :agency
            and n.workspace_id = :workspace and n.thread_id = t.id and n.deleted_at is null)
    from (
        select distinct on (p.new) p.new, o.assignee_id, o.assignee_name
        from unnest(cast(:old as uuid[]), cast(:new as uuid[])) p(old, new)
        join thread o on o.agency_id = :agency and o.workspace_id = :workspace and o.id = p.old
        order by p.new, o.assignee_id nulls last) o
    where t.agency_id = :agency and t.workspace_id = :workspace and t.id = o.new
""")


async def move_what_hangs_on_it(
    session: AsyncSession, scope: Scope, merged: Mapping[str, Sequence[UUID]]
) -> None:
    """Move replies, notes, labels, drafts and the assignee of old threads to the new ones."""
    for statement in (_REPLIES, _NOTES, _LABELS, _DRAFTS, _FACTS):
        await session.execute(statement, scope.keys | dict(merged))
