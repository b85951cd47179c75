"""The users of a workspace, for whoever works there with them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import ROLE_TABLE, Actor, Permission, Role

_USERS = text("select id, name, roles from users_of(:workspace)")


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user who may enter the workspace, with the roles held there."""

    id: UUID
    name: str
    roles: frozenset[Role]

    def may(self, permission: Permission) -> bool:
        """Whether one of their roles allows it."""
        return any(permission in ROLE_TABLE[role] for role in self.roles)


async def list_colleagues(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[Colleague, ...]:
    """The users of a workspace by name.

    Raises:
        NotFound: the workspace is not in the actor's reach.
    """
    actor.within(workspace_id)
    rows = await session.execute(_USERS, {"workspace": workspace_id})
    return tuple(
        Colleague(row.id, row.name, frozenset(Role(role) for role in row.roles)) for row in rows
    )


async def list_managers(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[UUID, ...]:
    """Who runs the workspace: its managers, or the agency's own people when it has none."""
    everybody = await list_colleagues(session, actor, workspace_id)
    managers = [one.id for one in everybody if Role.MANAGER in one.roles]
    agency = [one.id for one in everybody if one.roles & {Role.OWNER, Role.ADMIN}]
    return tuple(managers or agency)
