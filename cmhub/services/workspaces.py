"""Workspaces: one client's space inside an agency."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import doors, enter_scope
from cmhub.models import Agency, Workspace, new_id
from cmhub.services import audit
from cmhub.services.checks import check_all, check_zone, clean_name, slugs_for


@dataclass(frozen=True, slots=True)
class WorkspaceView:
    """A workspace as screens show it; ``time_zone`` is an IANA name."""

    id: UUID
    slug: str
    name: str
    client: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Found:
    """What an address names: an agency, and a workspace of it when there is one."""

    agency_id: UUID
    workspace_id: UUID | None


async def create_workspace(
    session: AsyncSession, actor: Actor, *, name: str, client: str, time_zone: str
) -> WorkspaceView:
    """Make a space for a client; from now on the session's scope holds it too.

    Raises:
        Forbidden: the actor's role does not allow it.
        InvalidForm: a value cannot be used.
    """
    actor.require(Permission.WORKSPACE_CREATE)
    good = check_all(
        name=lambda: clean_name(name, "workspace_missing"),
        client=lambda: clean_name(client, "client_missing"),
        time_zone=lambda: check_zone(time_zone),
    )
    made = new_id()
    # Row-level security lets only workspaces of the scope be inserted.
    await enter_scope(session, replace(actor, workspaces={**actor.workspaces, made: frozenset()}))
    slug = await _insert(session, actor.agency_id, made, good)
    audit.record(
        session, actor, "workspace:create", "workspace", made, workspace_id=made, slug=slug, **good
    )
    return WorkspaceView(id=made, slug=slug, **good)


async def _insert(session: AsyncSession, agency_id: UUID, made: UUID, good: dict[str, str]) -> str:
    for slug in slugs_for(good["name"], "workspace"):
        inserted = await session.scalar(
            insert(Workspace)
            .values(
                agency_id=agency_id,
                id=made,
                slug=slug,
                languages=select(array([Agency.language])).scalar_subquery(),
                created_at=datetime.now(UTC),
                **good,
            )
            # An archived workspace keeps its slug, and nobody's scope shows it.
            .on_conflict_do_nothing(index_elements=["agency_id", "slug"])
            .returning(Workspace.id)
        )
        if inserted is not None:
            return slug
    raise AssertionError("there is always another slug")


async def find_workspace(agency_slug: str, workspace_slug: str) -> Found | None:
    """Return the ids behind an address, for programs that run without a user."""
    async with doors() as session:
        found = (
            await session.execute(
                text("select agency_id, workspace_id from find_workspace(:agency, :workspace)"),
                {"agency": agency_slug, "workspace": workspace_slug},
            )
        ).one_or_none()
    return None if found is None else Found(found.agency_id, found.workspace_id)


async def agency_is_there(agency_slug: str) -> bool:
    """Whether an agency has this slug."""
    return await find_workspace(agency_slug, "") is not None
