"""The record of who did what, when, to what; append-only by grants."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.models import AuditEvent

TAGS = frozenset(
    {
        "agency:create",
        "workspace:create",
        "workspace:settings",
        "workspace:archive",
        "workspace:restore",
        "workspace:delete_ask",
        "workspace:delete_cancel",
        "workspace:delete",
        "agency:settings",
        "logo:set",
        "logo:remove",
        "user:sign_up",
        "connection:connect",
        "connection:reconnect",
        "connection:disconnect",
        "channel:choose",
        "history:import",
        "thread:state",
        "thread:snooze",
        "thread:wake",
        "thread:assign",
        "thread:label",
        "thread:undo",
        "note:write",
        "note:edit",
        "note:delete",
        "note:restore",
        "label:create",
        "label:change",
        "label:merge",
        "label:delete",
        "saved_reply:save",
        "saved_reply:delete",
        "view:save",
        "view:rename",
        "view:delete",
        "view:restore",
        "reply:send",
        "reply:retry",
        "reply:discard",
        "member:merge",
        "member:unmerge",
        "measure:plan",
        "measure:undo",
        "measure:retry",
        "measure:confirm",
        "measure:fail",
        "task:create",
        "task:change",
        "task:assign",
        "task:done",
        "task:reopen",
        "task:delete",
        "task:restore",
    }
)


def record(
    session: AsyncSession,
    actor: Actor,
    tag: str,
    kind: str,
    object_id: UUID,
    *,
    workspace_id: UUID | None = None,
    **data: object,
) -> None:
    """Add an event to the transaction of the change that it tells of."""
    assert tag in TAGS, tag
    session.add(
        AuditEvent(
            agency_id=actor.agency_id,
            workspace_id=workspace_id,
            at=datetime.now(UTC),
            user_id=actor.user_id,
            actor="CMHub" if actor.system else actor.name,
            address=actor.address,
            tag=tag,
            object_kind=kind,
            object_id=object_id,
            data=data,
        )
    )
