"""The demo: two agencies with users of every role, and communities that live.

What was said is brought into the workspaces when the demo is made; the last weeks of it are also
at the sandbox's homeserver, where the connections go on reading as soon as somebody serves.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, text, update

from cmhub import migrate
from cmhub.actor import Actor, Role, system_actor
from cmhub.config import settings
from cmhub.db import dispose, doors, unit_of_work, wake_stream
from cmhub.errors import NotReady
from cmhub.models import Base, Connection
from cmhub.sandbox.community.clients import COMMUNITIES
from cmhub.sandbox.community.places import Community
from cmhub.sandbox.community.settling import settle
from cmhub.sandbox.crew import AGENCIES, PASSWORD, Agency, emails, employ, find_user, sign_up
from cmhub.sandbox.desk import hush, lay
from cmhub.sandbox.filling import Site, address, device_of, fill
from cmhub.sandbox.homeserver import BASE, Homeserver, Journal, journal_path
from cmhub.sandbox.working import crew_of, work
from cmhub.services.workspaces import WorkspaceView, create_workspace

Users = dict[str, UUID]
_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to sign in to the demo as one of its users."""

    agency: str
    role: str
    email: str
    password: str


async def make_demo(*, reset: bool) -> list[SignIn]:
    """Make what is missing of the demo; ``reset`` removes it first.

    Raises:
        NotReady: this is not an installation on one's own machine.
    """
    if not settings().local:
        raise NotReady("demo")
    try:
        complete = await _is_complete()
        if reset or not complete:
            # What a broken-off attempt left would be made twice.
            await asyncio.to_thread(_remove)
            await _make(datetime.now(UTC))
        return [
            SignIn(agency.slug, one.role.value, one.email, PASSWORD)
            for agency in AGENCIES
            for one in agency.colleagues
        ]
    finally:
        await dispose()


def _marker() -> Path:
    return journal_path().with_name("demo.json")


def made_at() -> float:
    """Return when the demo was made, in seconds since 1970; 0 when there is none."""
    try:
        return _marker().stat().st_mtime
    except FileNotFoundError:
        return 0.0


def made_on() -> date:
    """Return the day from which the days of the demo are counted; today when there is none."""
    with suppress(OSError, ValueError, KeyError):
        return datetime.fromisoformat(json.loads(_marker().read_text())["made_at"]).date()
    return datetime.now(UTC).date()


async def _is_complete() -> bool:
    if not (_marker().is_file() and journal_path().is_file()):
        return False
    async with doors() as session:
        found = [await find_user(session, email) for email in emails()]
    return None not in found


def _remove() -> None:
    """Remove rows, files and users of the demo; only the tables' owner may."""
    for path in (_marker(), journal_path()):
        path.unlink(missing_ok=True)
    with migrate.owner_connection(migrate.privileged_url()) as connection:
        agencies = connection.scalars(
            text(
                "select distinct m.agency_id from membership m"
                " join user_account u on u.id = m.user_id where u.email = any(:emails)"
            ),
            {"emails": emails()},
        ).all()
        for table in reversed(Base.metadata.sorted_tables):
            if "agency_id" in table.c:
                connection.execute(table.delete().where(table.c.agency_id.in_(agencies)))
        connection.execute(
            text("delete from user_account where email = any(:emails)"), {"emails": emails()}
        )


async def _make(now: datetime) -> None:
    server = Homeserver(None)
    settle(server, PASSWORD, now)
    tokens = {
        account: server.issue(account, device_of(account)).access
        for community in COMMUNITIES
        for account in sorted(community.accounts)
    }
    staffed = [await _staff(agency) for agency in AGENCIES]
    # One waits for the database while another prepares.
    few = asyncio.Semaphore(_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for agency, sites, users in staffed:
            for site in sites:
                group.create_task(_fill(few, site, agency, users, server, tokens, now))
    for _, sites, users in staffed:
        await hush(sites[-1], users)
    # The connections find the homeserver only when everything that they will read is there.
    Journal(journal_path()).replace(server.records())
    _marker().write_text(json.dumps({"made_at": now.isoformat()}))


async def _staff(agency: Agency) -> tuple[Agency, list[Site], Users]:
    """Found an agency with its workspaces and its people."""
    owner, slug = await sign_up(agency)
    sites: list[Site] = []
    for community in [one for one in COMMUNITIES if one.agency == agency.slug]:
        owner, made = await _workspace(owner, community)
        sites.append(Site(owner, made.id, slug, made.slug, community))
    users = await employ(agency, owner, {one.community.key: one.workspace_id for one in sites})
    return agency, sites, users


async def _fill(
    few: asyncio.Semaphore,
    site: Site,
    agency: Agency,
    users: Users,
    server: Homeserver,
    tokens: dict[str, str],
    now: datetime,
) -> None:
    async with few:
        await fill(site, server, tokens, now)
        await work(site, crew_of(agency, users, site.community.key), now)
        await lay(site, agency, users, now)


async def _workspace(owner: Actor, community: Community) -> tuple[Actor, WorkspaceView]:
    async with unit_of_work(owner) as session:
        made = await create_workspace(
            session, owner, name=community.name, client=community.client, time_zone=community.zone
        )
    reach = {**owner.workspaces, made.id: frozenset({Role.OWNER})}
    return replace(owner, workspaces=reach), made


async def follow_address() -> None:
    """Lead the demo's connections to where this process is reached, which may be another port."""
    if not settings().local or not _marker().is_file():
        return
    for agency, workspace in await _workspaces():
        actor = system_actor(agency, workspace)
        async with unit_of_work(actor) as session:
            query = select(Connection).where(
                Connection.workspace_id == workspace,
                Connection.address.endswith(BASE),
                Connection.address != address(),
            )
            for found in (await session.scalars(query)).all():
                values: dict[str, object] = {"address": address(), "due_at": datetime.now(UTC)}
                if found.network == "matrix":
                    values["label"] = address().split("://", 1)[-1]
                moved = update(Connection).where(
                    Connection.workspace_id == workspace, Connection.id == found.id
                )
                await session.execute(moved.values(**values))
                await wake_stream(session, found.id)


async def _workspaces() -> list[tuple[UUID, UUID]]:
    found: list[tuple[UUID, UUID]] = []
    async with doors() as session:
        for agency in AGENCIES:
            user = await find_user(session, agency.owner.email)
            query = text("select agency_id, workspace_id from memberships_of(:user)")
            rows = await session.execute(query, {"user": user})
            found += [(row.agency_id, row.workspace_id) for row in rows if row.workspace_id]
    return found
