"""The people of an agency and of a workspace: who is what, and who changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, Role
from cmhub.errors import Invalid, NotFound
from cmhub.models import Membership, Workspace
from cmhub.services import audit
from cmhub.services.grants import (
    AGENCY_ROLES,
    Grant,
    check_grants,
    held_by,
    replace_grants,
    require_owner,
)

_ORDER = tuple(Role)


@dataclass(frozen=True, slots=True)
class Held:
    """A role in one workspace."""

    workspace_id: UUID
    workspace: str
    role: str


@dataclass(frozen=True, slots=True)
class HeldIn:
    """A role and the names of the workspaces where it is held, as one line."""

    role: str
    workspaces: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody of the agency: ``role`` is the one in the agency, or empty.

    ``factor``: a second factor is on; ``me``: it is the one who asks.
    """

    id: UUID
    email: str
    name: str
    role: str
    held: tuple[Held, ...]
    by_role: tuple[HeldIn, ...]
    factor: bool
    last_seen_at: datetime | None
    me: bool


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people: words of name or address, a role held anywhere, a workspace in reach."""

    words: str = ""
    role: str = ""
    workspace_id: UUID | None = None


async def list_people(
    session: AsyncSession, actor: Actor, wanted: PeopleFilter | None = None
) -> tuple[PersonView, ...]:
    """Everybody of the agency, owners and admins first, then by name.

    Raises:
        Forbidden: the actor does not manage users.
    """
    actor.require(Permission.USER_MANAGE)
    found = await _people(session, actor)
    return tuple(one for one in found if matches(one, wanted or PeopleFilter()))


async def read_person(session: AsyncSession, actor: Actor, user_id: UUID) -> PersonView:
    """One of them; raise NotFound when they are none of this agency."""
    for one in await list_people(session, actor):
        if one.id == user_id:
            return one
    raise NotFound


async def _people(session: AsyncSession, actor: Actor) -> list[PersonView]:
    """Everybody whose roles are in scope."""
    rows = (
        await session.execute(
            select(
                Membership.user_id, Membership.role, Membership.workspace_id, Workspace.name
            ).outerjoin(
                Workspace,
                (Workspace.agency_id == Membership.agency_id)
                & (Workspace.id == Membership.workspace_id),
            )
        )
    ).all()
    held: dict[UUID, list[tuple[str, UUID | None, str]]] = {}
    for row in rows:
        held.setdefault(row.user_id, []).append((row.role, row.workspace_id, row.name or ""))
    known = await session.execute(
        text("select * from people_here(:people)"), {"people": list(held)}
    )
    views = [
        PersonView(
            one.id,
            one.email,
            one.name,
            min((r for r, place, _ in held[one.id] if place is None), key=_rank, default=""),
            tuple(places := _held(held[one.id])),
            _by_role(places),
            one.factor,
            one.last_seen_at,
            one.id == actor.user_id,
        )
        for one in known
    ]
    return sorted(views, key=lambda one: (_rank(one.role), one.name.casefold(), one.email))


def _held(places: list[tuple[str, UUID | None, str]]) -> list[Held]:
    found = [Held(place, name, role) for role, place, name in places if place is not None]
    return sorted(found, key=lambda one: (one.workspace.casefold(), _rank(one.role)))


def _by_role(places: list[Held]) -> tuple[HeldIn, ...]:
    found: dict[str, list[str]] = {}
    for one in places:
        found.setdefault(one.role, []).append(one.workspace)
    return tuple(HeldIn(role, ", ".join(found[role])) for role in sorted(found, key=_rank))


def _rank(role: str) -> int:
    return _ORDER.index(Role(role)) if role else len(_ORDER)


def matches(one: PersonView, wanted: PeopleFilter) -> bool:
    """Whether somebody is among those that are wanted; a role in the agency is held everywhere."""
    roles = {one.role, *(each.role for each in one.held)}
    places = {each.workspace_id for each in one.held}
    return (
        wanted.words.casefold().strip() in f"{one.name} {one.email}".casefold()
        and (not wanted.role or wanted.role in roles)
        and (wanted.workspace_id is None or bool(one.role) or wanted.workspace_id in places)
    )


async def set_roles(
    session: AsyncSession, actor: Actor, user_id: UUID, wanted: Sequence[Grant]
) -> tuple[Grant, ...]:
    """Give somebody of the agency exactly these roles; those in archived workspaces stay.

    Returns:
        What they held before, to take it back by the same function.

    Raises:
        NotFound: they are none of this agency, or a workspace is not in reach.
        Forbidden: the actor does not manage users.
        Invalid: see ``check_grants``.
        Conflict: the agency would be without an owner (``last_owner``).
    """
    actor.require(Permission.USER_MANAGE)
    after = check_grants(actor, wanted)
    before = await held_by(session, actor.agency_id, user_id)
    if not before:
        raise NotFound
    if any(one.role is Role.OWNER for one in before):
        require_owner(actor)
    in_reach = tuple(one for one in before if one.workspace_id in {None, *actor.workspaces})
    if set(after) == set(in_reach):
        return in_reach
    kept = [one for one in before if one not in in_reach]
    await replace_grants(session, actor, user_id, before, (*after, *kept))
    audit.record(
        session, actor, "user:roles", "user", user_id,
        before=[one.told() for one in in_reach], after=[one.told() for one in after],
    )  # fmt: skip
    return in_reach


async def remove_person(session: AsyncSession, actor: Actor, user_id: UUID) -> str:
    """Take somebody out of the agency and of all its workspaces, archived ones too.

    Returns:
        Their name, for the notice.

    Raises:
        NotFound: they are none of this agency.
        Forbidden: the actor does not manage users.
        Invalid: they are an owner and the actor is none (``owner_only``).
        Conflict: they are the last owner (``last_owner``).
    """
    actor.require(Permission.USER_MANAGE)
    before = await held_by(session, actor.agency_id, user_id)
    if not before:
        raise NotFound
    if any(one.role is Role.OWNER for one in before):
        require_owner(actor)
    known = await session.execute(
        text("select name from people_here(:people)"), {"people": [user_id]}
    )
    name = str(known.scalar_one())
    await replace_grants(session, actor, user_id, before, ())
    audit.record(
        session, actor, "user:remove", "user", user_id,
        name=name, before=[one.told() for one in before],
    )  # fmt: skip
    return name


@dataclass(frozen=True, slots=True)
class WorkspacePerson:
    """Somebody who may enter a workspace.

    ``whole``: by a role in the agency; ``only``: it is their only place in the agency.
    """

    id: UUID
    name: str
    email: str
    role: str
    whole: bool
    only: bool
    factor: bool
    last_seen_at: datetime | None
    me: bool


async def list_workspace_people(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[WorkspacePerson, ...]:
    """Everybody who may enter the workspace and what they are there.

    Raises:
        NotFound: the workspace is not in the actor's reach.
        Forbidden: the actor may not see its settings.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    found: list[WorkspacePerson] = []
    for one in await _people(session, actor):
        roles = [each.role for each in one.held if each.workspace_id == workspace_id]
        role = one.role or min(roles, key=_rank, default="")
        if role:
            found.append(
                WorkspacePerson(
                    one.id, one.name, one.email, role, bool(one.role),
                    {each.workspace_id for each in one.held} == {workspace_id},
                    one.factor, one.last_seen_at, one.me,
                )
            )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (_rank(one.role), one.name.casefold())))


async def list_addable(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[PersonView, ...]:
    """The people of the agency who hold nothing yet in the workspace."""
    everybody = await list_people(session, actor)
    inside = {one.id for one in await list_workspace_people(session, actor, workspace_id)}
    return tuple(one for one in everybody if one.id not in inside)


async def set_workspace_role(
    session: AsyncSession, actor: Actor, workspace_id: UUID, user_id: UUID, role: str
) -> str:
    """Give somebody of the agency a role in one workspace, or none when it is empty.

    Returns:
        The role they held there before, or nothing.

    Raises:
        NotFound: the workspace is not in reach, or they are none of this agency.
        Forbidden: the actor does not manage users.
        Invalid: the role is none of a workspace (``role_place``), or it is their only place in
            the agency, from which they are removed on its own page (``only_place``).
    """
    actor.require(Permission.USER_MANAGE, workspace_id)
    before = await held_by(session, actor.agency_id, user_id)
    if not before:
        raise NotFound
    there = [one for one in before if one.workspace_id == workspace_id]
    if role and role not in set(Role) - set(AGENCY_ROLES):
        raise Invalid("role_place")
    if any(one.workspace_id is None for one in before):
        raise Invalid("role_whole")
    after = [one for one in before if one.workspace_id != workspace_id]
    after += [Grant(Role(role), workspace_id)] if role else []
    if not after:
        raise Invalid("only_place")
    was = there[0].role.value if there else ""
    if was != role:
        await replace_grants(session, actor, user_id, before, after)
        audit.record(
            session, actor, "user:roles", "user", user_id, workspace_id=workspace_id,
            before=[one.told() for one in there],
            after=[one.told() for one in after if one.workspace_id == workspace_id],
        )  # fmt: skip
    return was
