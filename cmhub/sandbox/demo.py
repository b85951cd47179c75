"""The demo: two agencies with users of every role, and communities that live.

Half of what was said comes from files, as from a network that was left; the rest is at the
sandbox's homeserver, where the connections read it as soon as somebody serves.
"""

import asyncio
import json
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from argon2 import PasswordHasher
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub import migrate
from cmhub.actor import Actor, Role, system_actor
from cmhub.config import settings
from cmhub.crypto import fingerprint
from cmhub.db import dispose, doors, unit_of_work, wake_stream
from cmhub.errors import NotReady
from cmhub.integrations.networks.base import Credentials, RemoteAccount, RemoteChannel
from cmhub.models import Base, Connection, Membership, new_id
from cmhub.sandbox.community.past import Post, past
from cmhub.sandbox.community.places import (
    COMMUNITIES,
    HISTORY_DAYS,
    LIVE_DAYS,
    Community,
    Section,
)
from cmhub.sandbox.community.settling import settle
from cmhub.sandbox.homeserver import BASE, Homeserver, Journal, journal_path
from cmhub.services import accounts, connections
from cmhub.services.importing import import_file
from cmhub.services.workspaces import WorkspaceView, create_workspace

PASSWORD = "cmhub-demo"  # noqa: S105  # printed for everybody to use


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to sign in to the demo as one of its users."""

    agency: str
    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class _Agency:
    slug: str
    name: str
    language: str
    zone: str
    users: dict[Role, str]

    def email(self, role: Role) -> str:
        return f"{role.value}@{self.slug}.example"


_AGENCIES = (
    _Agency(
        "lumen", "Lumen", "fr", "Europe/Paris",
        {
            Role.OWNER: "Hélène Vasseur",
            Role.ADMIN: "Mathieu Quéré",
            Role.MANAGER: "Inès Delaunay",
            Role.MODERATOR: "Karim Fournier",
            Role.MEDIATOR: "Solène Abgrall",
            Role.ANALYST: "Rémi Thévenin",
            Role.CLIENT: "Béatrice Lacroix",
        },
    ),
    _Agency(
        "harbor", "Harbor", "en", "Europe/London",
        {
            Role.OWNER: "Eleanor Pemberton",
            Role.ADMIN: "Tariq Rahman",
            Role.MANAGER: "Niamh Gallagher",
            Role.MODERATOR: "Callum Fairbairn",
            Role.MEDIATOR: "Priya Iyer",
            Role.ANALYST: "Gareth Bevan",
            Role.CLIENT: "Josie Whitlock",
        },
    ),
)  # fmt: skip


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
            SignIn(agency.slug, role.value, agency.email(role), PASSWORD)
            for agency in _AGENCIES
            for role in agency.users
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


async def _is_complete() -> bool:
    if not (_marker().is_file() and journal_path().is_file()):
        return False
    async with doors() as session:
        found = [await _find_user(session, one.email(Role.OWNER)) for one in _AGENCIES]
    return None not in found


async def _find_user(session: AsyncSession, email: str) -> UUID | None:
    return await session.scalar(text("select id from find_user(:email)"), {"email": email})


def _remove() -> None:
    """Remove rows, files and users of the demo; only the tables' owner may."""
    for path in (_marker(), journal_path()):
        path.unlink(missing_ok=True)
    emails = [agency.email(role) for agency in _AGENCIES for role in agency.users]
    with migrate.owner_connection(migrate.privileged_url()) as connection:
        agencies = connection.scalars(
            text(
                "select distinct m.agency_id from membership m"
                " join user_account u on u.id = m.user_id where u.email = any(:emails)"
            ),
            {"emails": emails},
        ).all()
        for table in reversed(Base.metadata.sorted_tables):
            if "agency_id" in table.c:
                connection.execute(table.delete().where(table.c.agency_id.in_(agencies)))
        connection.execute(
            text("delete from user_account where email = any(:emails)"), {"emails": emails}
        )


async def _make(now: datetime) -> None:
    server = Homeserver(None)
    settle(server, PASSWORD, now)
    tokens = {one.key: server.issue(one.account, "CMHUBDEMO" + one.key) for one in COMMUNITIES}
    for agency in _AGENCIES:
        owner, slug = await _sign_up(agency)
        for community in [one for one in COMMUNITIES if one.agency == agency.slug]:
            owner, made = await _workspace(owner, community)
            await _import(community, slug, made.slug, now)
            await _connect(owner, made.id, community, server, tokens[community.key].access)
        await _employ(agency, owner)
    # The connections find the homeserver only when everything that they will read is there.
    Journal(journal_path()).replace(server.records())
    _marker().write_text(json.dumps({"made_at": now.isoformat()}))


async def _sign_up(agency: _Agency) -> tuple[Actor, str]:
    email, name = agency.email(Role.OWNER), agency.users[Role.OWNER]
    profile = (agency.language, agency.zone)
    user = await accounts.sign_up(name, email, PASSWORD, agency.name, *profile)
    assert user is not None
    async with doors() as session:
        await _confirm(session, user)
        query = text("select agency_id, agency_slug from memberships_of(:user)")
        place = (await session.execute(query, {"user": user})).one()
    roles = frozenset({Role.OWNER})
    owner = Actor(agency_id=place.agency_id, agency_roles=roles, user_id=user, name=name)
    return owner, place.agency_slug


async def _confirm(session: AsyncSession, user: UUID) -> None:
    token = await accounts.issue_token(session, user, "confirm")
    await session.execute(text("select confirm_user(:hash)"), {"hash": fingerprint(token)})


async def _workspace(owner: Actor, community: Community) -> tuple[Actor, WorkspaceView]:
    async with unit_of_work(owner) as session:
        made = await create_workspace(
            session, owner, name=community.name, client=community.client, time_zone=community.zone
        )
    reach = {**owner.workspaces, made.id: frozenset({Role.OWNER})}
    return replace(owner, workspaces=reach), made


async def _employ(agency: _Agency, owner: Actor) -> None:
    """Make the other users: the client in the first workspace, all others in each."""
    hashed = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
    everywhere = list(owner.workspaces)
    async with unit_of_work(owner) as session:
        for role, name in agency.users.items():
            if role is Role.OWNER:
                continue
            user = new_id()
            await session.execute(
                text("select create_user(:id, :email, :name, :language, :zone, :hash)"),
                {
                    "id": user,
                    "email": agency.email(role),
                    "name": name,
                    "language": agency.language,
                    "zone": agency.zone,
                    "hash": hashed,
                },
            )
            await _confirm(session, user)
            reach: list[UUID | None] = [None] if role is Role.ADMIN else [*everywhere]
            for workspace in reach[:1] if role is Role.CLIENT else reach:
                session.add(_membership(owner, user, workspace, role))


def _membership(owner: Actor, user: UUID, workspace: UUID | None, role: Role) -> Membership:
    return Membership(
        agency_id=owner.agency_id,
        user_id=user,
        workspace_id=workspace,
        role=role.value,
        created_at=datetime.now(UTC),
    )


async def _import(community: Community, agency: str, workspace: str, now: datetime) -> None:
    """Bring in what was said before the move, as from an export."""
    start = now - timedelta(days=HISTORY_DAYS)
    end = now - timedelta(days=LIVE_DAYS - 4)
    posts = [
        (post, section)
        for section in community.sections
        for post in past(community, section, start, end)
    ]
    posts.sort(key=lambda one: one[0].at)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{community.key}.jsonl"
        lines = [json.dumps(_line(community, *one), ensure_ascii=False) for one in posts]
        file.write_text("\n".join(lines), encoding="utf-8")
        await import_file(file, agency, workspace)


def _line(community: Community, post: Post, section: Section) -> dict[str, object]:
    author = post.author
    who = (community.key, community.team) if author is None else (author.local, author.name)
    line: dict[str, object] = {
        "id": post.id,
        "channel": section.former,
        "author": {"id": who[0], "name": who[1]},
        "text": post.text,
        "posted_at": post.at.isoformat(),
        "language": community.language,
        "reactions": [{"author": one.local, "name": name} for one, name in post.reactions],
    }
    return (
        line
        | ({"thread": post.root} if post.number else {})
        | ({"deleted": True} if post.spam else {})
    )


def _address() -> str:
    return settings().base_url + BASE


async def _connect(
    owner: Actor, workspace: UUID, community: Community, server: Homeserver, token: str
) -> None:
    """Keep a connection, with the channels as the homeserver would tell them."""
    secret = {"obtained": "token", "access_token": token, "device_id": f"CMHUBDEMO{community.key}"}
    credentials = Credentials(_address(), community.account, secret)
    account = RemoteAccount(community.account, community.team)
    channels = [
        RemoteChannel(
            external_id=community.room(section),
            name=section.name,
            topic=section.topic,
            kind="community",
            members=len(server.rooms[community.room(section)].joined()),
            joined=True,
            may_moderate=True,
        )
        for section in community.sections
    ]
    async with unit_of_work(owner) as session:
        made = await connections.save_connection(
            session, owner, workspace, "matrix", credentials, account
        )
        await connections.choose_channels(session, owner, workspace, made, channels)


async def follow_address() -> None:
    """Lead the demo's connections to where this process is reached, which may be another port."""
    if not settings().local or not _marker().is_file():
        return
    for agency, workspace in await _workspaces():
        actor = system_actor(agency, workspace)
        async with unit_of_work(actor) as session:
            query = select(Connection.id).where(
                Connection.workspace_id == workspace,
                Connection.address.endswith(BASE),
                Connection.address != _address(),
            )
            for found in (await session.scalars(query)).all():
                moved = update(Connection).where(
                    Connection.workspace_id == workspace, Connection.id == found
                )
                where = {"address": _address(), "label": _address().split("://", 1)[-1]}
                await session.execute(moved.values(**where, due_at=datetime.now(UTC)))
                await wake_stream(session, found)


async def _workspaces() -> list[tuple[UUID, UUID]]:
    found: list[tuple[UUID, UUID]] = []
    async with doors() as session:
        for agency in _AGENCIES:
            user = await _find_user(session, agency.email(Role.OWNER))
            query = text("select agency_id, workspace_id from memberships_of(:user)")
            rows = await session.execute(query, {"user": user})
            found += [(row.agency_id, row.workspace_id) for row in rows if row.workspace_id]
    return found
