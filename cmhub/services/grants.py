"""What a user is given: a role in the agency, or a role in each of several workspaces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import enter_scope
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import Agency, Membership

AGENCY_ROLES = (Role.OWNER, Role.ADMIN)
WORKSPACE_ROLES = tuple(role for role in Role if role not in AGENCY_ROLES)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in a workspace, or in the whole agency when there is none."""

    role: Role
    workspace_id: UUID | None = None

    def told(self) -> dict[str, str | None]:
        """As invitations and the audit keep it."""
        return {"workspace": str(self.workspace_id) if self.workspace_id else None,
                "role": self.role.value}  # fmt: skip


def grants_told(kept: Iterable[dict[str, str | None]]) -> tuple[Grant, ...]:
    """The inverse of ``Grant.told`` for a list."""
    return tuple(
        Grant(Role(one["role"]), UUID(one["workspace"]) if one["workspace"] else None)
        for one in kept
        if one["role"]
    )


def check_grants(actor: Actor, wanted: Sequence[Grant]) -> tuple[Grant, ...]:
    """Return what may be given, each place once; a role in the agency stands for all others.

    Raises:
        Invalid: nothing is given (``role_missing``), a role does not fit its place, or an owner
            is made by somebody who is none (``owner_only``).
        NotFound: a workspace is not in the actor's reach.
    """
    if not wanted:
        raise Invalid("role_missing")
    for one in wanted:
        if (one.workspace_id is None) != (one.role in AGENCY_ROLES):
            raise Invalid("role_place")
        if one.workspace_id is not None and one.workspace_id not in actor.workspaces:
            raise NotFound
    if any(one.role is Role.OWNER for one in wanted):
        require_owner(actor)
    whole = [one for one in wanted if one.workspace_id is None]
    if whole:
        return (min(whole, key=lambda one: AGENCY_ROLES.index(one.role)),)
    return tuple({one.workspace_id: one for one in wanted}.values())


def require_owner(actor: Actor) -> None:
    """Let only an owner make and change owners.

    Raises:
        Invalid: the actor is none (``owner_only``).
    """
    if not actor.system and Role.OWNER not in actor.agency_roles:
        raise Invalid("owner_only")


async def held_by(session: AsyncSession, agency_id: UUID, user_id: UUID) -> tuple[Grant, ...]:
    """Everything a user holds in an agency, in archived workspaces too."""
    rows = await session.execute(text("select * from held_places(:user)"), {"user": user_id})
    return tuple(
        Grant(Role(row.role), row.workspace_id) for row in rows if row.agency_id == agency_id
    )


async def replace_grants(
    session: AsyncSession, actor: Actor, user_id: UUID, before: Sequence[Grant],
    after: Sequence[Grant],
) -> None:  # fmt: skip
    """Give a user exactly ``after``; the scope then holds every workspace that either names.

    Raises:
        Conflict: the agency would be without an owner (``last_owner``).
    """
    places = {one.workspace_id for one in (*before, *after) if one.workspace_id is not None}
    reach = {**actor.workspaces, **dict.fromkeys(places, frozenset[Role]())}
    await enter_scope(
        session, Actor(actor.agency_id, reach, user_id=actor.user_id, system=actor.system)
    )
    if not any(one.role is Role.OWNER for one in after):
        await keep_an_owner(session, actor.agency_id, user_id)
    await session.execute(
        delete(Membership).where(
            Membership.agency_id == actor.agency_id, Membership.user_id == user_id
        )
    )
    now = datetime.now(UTC)
    session.add_all(
        Membership(
            agency_id=actor.agency_id,
            user_id=user_id,
            workspace_id=one.workspace_id,
            role=one.role.value,
            created_at=now,
        )
        for one in after
    )
    await session.flush()  # in this scope, whatever comes next


async def keep_an_owner(session: AsyncSession, agency_id: UUID, leaving: UUID) -> None:
    """Have the agency keep an owner; two who leave at once wait for each other.

    Raises:
        Conflict: nobody but ``leaving`` is one (``last_owner``).
    """
    await session.execute(
        select(Agency.agency_id).where(Agency.agency_id == agency_id).with_for_update()
    )
    owners = set(
        await session.scalars(
            select(Membership.user_id).where(
                Membership.agency_id == agency_id, Membership.role == Role.OWNER.value
            )
        )
    )
    if owners == {leaving}:
        raise Conflict("last_owner")
