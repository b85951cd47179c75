"""Colleagues: who works in a workspace, by name."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import ROLE_TABLE, Actor, Permission, Role
from cmhub.errors import NotFound


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user who sees the inbox; ``may_answer`` says whether threads can be given to them."""

    id: UUID
    name: str
    may_answer: bool


async def list_colleagues(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[Colleague, ...]:
    """Everybody who sees the workspace's inbox, by name."""
    actor.require(Permission.INBOX_READ, workspace_id)
    rows = await session.execute(
        text("select * from colleagues_in(:workspace)"), {"workspace": workspace_id}
    )
    rights: dict[UUID, set[Permission]] = {}
    names: dict[UUID, str] = {}
    for row in rows:
        names[row.user_id] = row.name
        rights.setdefault(row.user_id, set()).update(ROLE_TABLE[Role(row.role)])
    return tuple(
        Colleague(user_id, names[user_id], Permission.INBOX_ANSWER in held)
        for user_id, held in rights.items()
        if Permission.INBOX_READ in held
    )


async def find_assignee(
    session: AsyncSession, actor: Actor, workspace_id: UUID, user_id: UUID
) -> Colleague:
    """A colleague who may answer in the workspace.

    Raises:
        NotFound: nobody like that works there.
    """
    for one in await list_colleagues(session, actor, workspace_id):
        if one.id == user_id and one.may_answer:
            return one
    raise NotFound
