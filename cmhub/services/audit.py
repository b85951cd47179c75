"""The record of who did what, when, to what; append-only by grants."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.db import enter_scope
from cmhub.models import AuditEvent
from cmhub.services.sessions import SessionInfo, actor_in

TAGS = frozenset(
    {
        "agency:create",
        "agency:close",
        "workspace:create",
        "workspace:settings",
        "workspace:hours",
        "workspace:special_day",
        "workspace:special_day_remove",
        "audit:export",
        "failure:retry",
        "failure:dismiss",
        "failure:restore",
        "workspace:archive",
        "workspace:restore",
        "workspace:delete_ask",
        "workspace:delete_cancel",
        "workspace:delete",
        "agency:settings",
        "logo:set",
        "logo:remove",
        "user:sign_up",
        "user:invite",
        "user:invite_again",
        "user:invite_revoke",
        "user:invite_restore",
        "user:join",
        "user:roles",
        "user:remove",
        "user:leave",
        "user:password",
        "user:email",
        "user:factor_on",
        "user:factor_off",
        "user:factor_codes",
        "user:factor_recovery",
        "connection:connect",
        "connection:reconnect",
        "connection:disconnect",
        "channel:choose",
        "history:import",
        "import:start",
        "import:stop",
        "import:fail",
        "export:start",
        "export:stop",
        "export:make",
        "export:fetch",
        "export:host",
        "handover:leave",
        "handover:withdraw",
        "handover:take",
        "handover:give_back",
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


async def record_everywhere(
    session: AsyncSession, info: SessionInfo, tag: str, address: str
) -> None:
    """Add an event about a user's own account to every agency that they belong to.

    The scope of the session is then that of the last of them.
    """
    for slug in dict.fromkeys(place.agency_slug for place in info.places):
        actor = actor_in(info, slug, address)
        await enter_scope(session, actor)
        record(session, actor, tag, "user", info.user_id)
        await session.flush()  # while this agency is in scope
