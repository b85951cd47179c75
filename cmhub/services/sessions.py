"""Signed-in browsers: a random token in the cookie, its digest in the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.crypto import fingerprint, new_token
from cmhub.db import announce_end, doors
from cmhub.errors import NotFound
from cmhub.models import new_id
from cmhub.services.devices import device_of

IDLE = timedelta(days=14)
LONGEST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that the user may enter, with the role held there.

    ``brand`` is its colour, ``logo`` and ``agency_logo`` name files; empty where there is none.
    """

    agency_id: UUID
    agency_slug: str
    agency_name: str
    role: Role
    workspace_id: UUID | None
    workspace_slug: str
    workspace_name: str
    time_zone: str
    brand: str = ""
    logo: str = ""
    agency_logo: str = ""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Who a cookie stands for, and every place they may enter."""

    session_id: UUID
    user_id: UUID
    email: str
    name: str
    language: str
    time_zone: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class SessionView:
    """A signed-in browser; ``browser`` and ``system`` are empty when it does not tell.

    ``here``: it is the one that asks.
    """

    id: UUID
    browser: str
    system: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    here: bool


async def open_session(session: AsyncSession, user_id: UUID, device: str, address: str) -> str:
    """Start a session for a user who has proven who they are.

    Returns:
        The token for the cookie; it is stored nowhere.
    """
    token = new_token()
    await session.execute(
        text("select open_session(:id, :user, :hash, :device, :address, :idle, :longest)"),
        {
            "id": new_id(),
            "user": user_id,
            "hash": fingerprint(token),
            "device": device[:200],
            "address": address,
            "idle": IDLE,
            "longest": LONGEST,
        },
    )
    return token


async def resolve_session(token: str) -> SessionInfo | None:
    """Who the token stands for now; nothing when it was ended or has expired."""
    async with doors() as session:
        found = (
            await session.execute(
                text("select * from resolve_session(:hash, :idle)"),
                {"hash": fingerprint(token), "idle": IDLE},
            )
        ).one_or_none()
        if found is None:
            return None
        places = await places_of(session, found.user_id)
    return SessionInfo(
        found.session_id, found.user_id, found.email, found.name, found.language,
        found.time_zone, places,
    )  # fmt: skip


async def places_of(session: AsyncSession, user_id: UUID) -> tuple[Place, ...]:
    """Every place that a user may enter now."""
    rows = await session.execute(text("select * from memberships_of(:user)"), {"user": user_id})
    return tuple(
        Place(
            agency_id=row.agency_id,
            agency_slug=row.agency_slug,
            agency_name=row.agency_name,
            role=Role(row.role),
            workspace_id=row.workspace_id,
            workspace_slug=row.workspace_slug or "",
            workspace_name=row.workspace_name or "",
            time_zone=row.time_zone or "",
            brand=row.brand or "",
            logo=row.logo or "",
            agency_logo=row.agency_logo or "",
        )
        for row in rows
    )


async def list_sessions(info: SessionInfo) -> tuple[SessionView, ...]:
    """The browsers that the user is signed in on, the one that asks first, then the newest."""
    async with doors() as session:
        rows = await session.execute(
            text("select * from sessions_of(:user)"), {"user": info.user_id}
        )
        found = [
            SessionView(
                row.id, *device_of(row.device), row.address, row.created_at, row.last_seen_at,
                row.id == info.session_id,
            )
            for row in rows
        ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: not one.here))


async def end_session(info: SessionInfo, session_id: UUID) -> None:
    """End one session of the user; its browser is out at its next step.

    Raises:
        NotFound: it ended already, or is somebody else's.
    """
    async with doors() as session:
        ended = await session.scalar(
            text("select end_session(:user, :wanted)"),
            {"user": info.user_id, "wanted": session_id},
        )
        if ended is None:
            raise NotFound
        await announce_end(session, [session_id])


async def end_others(session: AsyncSession, info: SessionInfo) -> int:
    """End every session of the user but the one that asks; return how many."""
    rows = await session.scalars(
        text("select end_sessions(:user, :kept)"), {"user": info.user_id, "kept": info.session_id}
    )
    ended = list(rows)
    await announce_end(session, ended)
    return len(ended)


async def end_all(session: AsyncSession, user_id: UUID) -> None:
    """End every session of a user."""
    rows = await session.scalars(text("select end_sessions(:user, null)"), {"user": user_id})
    await announce_end(session, list(rows))


async def end_other_sessions(info: SessionInfo) -> int:
    """End every session of the user but the one that asks; return how many."""
    async with doors() as session:
        return await end_others(session, info)


async def close_session(session: AsyncSession, token: str) -> None:
    """End a session; its cookie opens nothing any more."""
    await session.execute(text("select close_session(:hash)"), {"hash": fingerprint(token)})


def actor_in(info: SessionInfo, agency_slug: str, address: str = "") -> Actor:
    """The user as an actor of one agency, with every workspace in their reach there.

    Raises:
        NotFound: the user has no place in such an agency.
    """
    places = [place for place in info.places if place.agency_slug == agency_slug]
    if not places:
        raise NotFound
    workspaces: dict[UUID, frozenset[Role]] = {}
    for place in places:
        if place.workspace_id is not None:
            held = workspaces.get(place.workspace_id, frozenset())
            workspaces[place.workspace_id] = held | {place.role}
    return Actor(
        agency_id=places[0].agency_id,
        workspaces=workspaces,
        agency_roles=frozenset(p.role for p in places if p.role in (Role.OWNER, Role.ADMIN)),
        user_id=info.user_id,
        name=info.name,
        address=address,
    )


def find_place(info: SessionInfo, agency_slug: str, workspace_slug: str) -> Place:
    """The workspace at this address, if the user may enter it.

    Raises:
        NotFound: there is none in the user's reach; it makes no difference why.
    """
    for place in info.places:
        if (place.agency_slug, place.workspace_slug) == (agency_slug, workspace_slug):
            return place
    raise NotFound
