"""The channels of a workspace, to choose from."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.errors import NotFound
from cmhub.models import Channel


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from a list."""

    id: str
    name: str


async def channel_choices(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[Choice, ...]:
    """The workspace's channels by name; whoever is in the workspace may know them."""
    if workspace_id not in actor.workspaces:
        raise NotFound
    rows = await session.execute(
        select(Channel.id, Channel.name)
        .where(Channel.workspace_id == workspace_id)
        .order_by(Channel.name, Channel.id)
    )
    return tuple(Choice(str(row.id), row.name) for row in rows)
