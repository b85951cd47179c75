"""People and threads for tests of the inbox: colleagues with a role, threads by their root."""

from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.models import AuditEvent, Membership, Thread, new_id
from tests.support.community import Community


async def hire(community: Community, name: str, role: Role) -> Actor:
    """A new user with a role in the community's workspace."""
    user, owner = new_id(), community.actor
    async with unit_of_work(owner) as session:
        await session.execute(
            text("select create_user(:id, :email, :name, 'en', 'Europe/Paris', 'x')"),
            {"id": user, "email": f"{token_hex(6)}@agence.example", "name": name},
        )
        session.add(
            Membership(
                agency_id=owner.agency_id,
                user_id=user,
                workspace_id=community.workspace_id,
                role=role.value,
                created_at=datetime.now(UTC),
            )
        )
    return replace(
        owner,
        agency_roles=frozenset(),
        workspaces={community.workspace_id: frozenset({role})},
        user_id=user,
        name=name,
    )


async def thread_of(session: AsyncSession, community: Community, root: str) -> Thread:
    """The thread that begins with a message."""
    found = await session.scalars(
        select(Thread).where(Thread.workspace_id == community.workspace_id, Thread.root == root)
    )
    return found.one()


async def thread_id(community: Community, root: str = "m1") -> UUID:
    """The id of the thread that begins with a message."""
    async with unit_of_work(community.actor) as session:
        return (await thread_of(session, community, root)).id


async def look(community: Community, root: str = "m1") -> Thread:
    """The thread's row as it is now."""
    async with unit_of_work(community.actor) as session:
        return await thread_of(session, community, root)


async def told(community: Community, tag: str) -> list[dict[str, object]]:
    """What the audit says of a kind of act."""
    async with unit_of_work(community.actor) as session:
        rows = await session.scalars(
            select(AuditEvent)
            .where(AuditEvent.workspace_id == community.workspace_id, AuditEvent.tag == tag)
            .order_by(AuditEvent.at, AuditEvent.id)
        )
        return [row.data for row in rows]
