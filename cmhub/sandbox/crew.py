"""The people who work in the demo's agencies, and where."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.crypto import fingerprint
from cmhub.db import doors, unit_of_work
from cmhub.models import Membership, new_id
from cmhub.services import accounts

PASSWORD = "cmhub-demo"  # noqa: S105  # printed for everybody to use


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of an agency: ``places`` are the keys of workspaces, none for all of them."""

    role: Role
    name: str
    email: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency; the first of its colleagues owns it."""

    slug: str
    name: str
    language: str
    zone: str
    colleagues: tuple[Colleague, ...]

    @property
    def owner(self) -> Colleague:
        """Who signed up."""
        return self.colleagues[0]


_NOOR = ("Noor El Amrani", "noor@deuxrives.example")
"""Works for both agencies, a few days each."""

AGENCIES = (
    Agency(
        "lumen", "Lumen", "fr", "Europe/Paris",
        (
            Colleague(Role.OWNER, "Hélène Vasseur", "owner@lumen.example"),
            Colleague(Role.ADMIN, "Mathieu Quéré", "admin@lumen.example"),
            Colleague(Role.MANAGER, "Inès Delaunay", "manager@lumen.example",
                      ("sentiers", "aubrelle", "reparer", "seralune", "sorlin", "tamis")),
            Colleague(Role.MODERATOR, "Karim Fournier", "moderator@lumen.example",
                      ("sentiers", "seralune", "brume", "sorlin", "tamis")),
            Colleague(Role.MEDIATOR, "Solène Abgrall", "mediator@lumen.example",
                      ("seralune", "brume", "reparer")),
            Colleague(Role.ANALYST, "Rémi Thévenin", "analyst@lumen.example",
                      ("seralune", "brume", "tamis", "sorlin")),
            Colleague(Role.CLIENT, "Béatrice Lacroix", "client@lumen.example", ("sentiers",)),
            Colleague(Role.MANAGER, "Thibault Quenneville", "thibault@lumen.example",
                      ("brume", "vauclerc")),
            Colleague(Role.MODERATOR, "Awa Diarra", "awa@lumen.example",
                      ("brume", "vauclerc", "aubrelle", "reparer")),
            Colleague(Role.MODERATOR, *_NOOR, ("seralune", "tamis")),
        ),
    ),
    Agency(
        "harbor", "Harbor", "en", "Europe/London",
        (
            Colleague(Role.OWNER, "Eleanor Pemberton", "owner@harbor.example"),
            Colleague(Role.ADMIN, "Tariq Rahman", "admin@harbor.example"),
            Colleague(Role.MANAGER, "Niamh Gallagher", "manager@harbor.example",
                      ("gannet", "furrow", "ledgerlark")),
            Colleague(Role.MODERATOR, "Callum Fairbairn", "moderator@harbor.example",
                      ("gannet", "ledgerlark", "fenwatch")),
            Colleague(Role.MEDIATOR, "Priya Iyer", "mediator@harbor.example",
                      ("ledgerlark", "furrow")),
            Colleague(Role.ANALYST, "Gareth Bevan", "analyst@harbor.example",
                      ("ledgerlark", "fenwatch")),
            Colleague(Role.CLIENT, "Josie Whitlock", "client@harbor.example", ("gannet",)),
            Colleague(Role.MODERATOR, "Megan Ashworth", "megan@harbor.example",
                      ("furrow", "fenwatch")),
            Colleague(Role.MANAGER, *_NOOR, ("fenwatch",)),
        ),
    ),
)  # fmt: skip


def emails() -> list[str]:
    """Return the addresses of everybody, each once."""
    return sorted({one.email for agency in AGENCIES for one in agency.colleagues})


async def find_user(session: AsyncSession, email: str) -> UUID | None:
    """Return the user of an address, if there is one."""
    return await session.scalar(text("select id from find_user(:email)"), {"email": email})


async def sign_up(agency: Agency) -> tuple[Actor, str]:
    """Have the owner found an agency, and return the owner and the agency's address."""
    owner = agency.owner
    profile = (agency.language, agency.zone)
    user = await accounts.sign_up(owner.name, owner.email, PASSWORD, agency.name, *profile)
    assert user is not None
    async with doors() as session:
        await _confirm(session, user)
        query = text("select agency_id, agency_slug from memberships_of(:user)")
        place = (await session.execute(query, {"user": user})).one()
    roles = frozenset({Role.OWNER})
    actor = Actor(agency_id=place.agency_id, agency_roles=roles, user_id=user, name=owner.name)
    return actor, place.agency_slug


async def _confirm(session: AsyncSession, user: UUID) -> None:
    token = await accounts.issue_token(session, user, "confirm")
    await session.execute(text("select confirm_user(:hash)"), {"hash": fingerprint(token)})


async def employ(agency: Agency, owner: Actor, places: dict[str, UUID]) -> dict[str, UUID]:
    """Give everybody a user and their role where they work; return the users by address."""
    assert owner.user_id is not None
    found = {agency.owner.email: owner.user_id}
    hashed = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
    async with unit_of_work(owner) as session:
        for one in agency.colleagues[1:]:
            user = await find_user(session, one.email) or await _make_user(
                session, agency, one, hashed
            )
            found[one.email] = user
            # A role of the whole agency belongs to no workspace.
            reach: list[UUID | None] = [places[key] for key in one.places] or [None]
            session.add_all(_membership(owner, user, place, one.role) for place in reach)
    return found


async def _make_user(session: AsyncSession, agency: Agency, one: Colleague, hashed: str) -> UUID:
    user = new_id()
    await session.execute(
        text("select create_user(:id, :email, :name, :language, :zone, :hash)"),
        {
            "id": user,
            "email": one.email,
            "name": one.name,
            "language": agency.language,
            "zone": agency.zone,
            "hash": hashed,
        },
    )
    await _confirm(session, user)
    return user


def _membership(owner: Actor, user: UUID, workspace: UUID | None, role: Role) -> Membership:
    return Membership(
        agency_id=owner.agency_id,
        user_id=user,
        workspace_id=workspace,
        role=role.value,
        created_at=datetime.now(UTC),
    )
