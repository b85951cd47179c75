"""More users of an agency, with the roles they are given."""

from datetime import UTC, datetime
from secrets import token_hex
from uuid import UUID

from sqlalchemy import text

from cmhub.actor import Actor, Role
from cmhub.db import doors, unit_of_work
from cmhub.models import Membership, new_id
from cmhub.services import accounts
from cmhub.services.sessions import SessionInfo, actor_in, places_of
from tests.support.agency import NewAgency

_USER = text("select create_user(:id, :email, :name, :language, 'Europe/Paris', 'no password')")


async def employ(
    agency: NewAgency,
    role: Role,
    name: str,
    *,
    workspace_id: UUID | None = None,
    language: str = "fr",
) -> Actor:
    """Make a confirmed user with a role in the agency's workspace, or in all of it."""
    user, email = new_id(), f"{token_hex(6)}@agence.example"
    async with doors() as session:
        await session.execute(
            _USER, {"id": user, "email": email, "name": name, "language": language}
        )
        token = await accounts.issue_token(session, user, "confirm")
    await accounts.confirm(token, "tests", "192.0.2.1")
    whole = role in (Role.OWNER, Role.ADMIN)
    async with unit_of_work(agency.owner) as session:
        session.add(
            Membership(
                agency_id=agency.id,
                user_id=user,
                workspace_id=None if whole else workspace_id or agency.workspace_id,
                role=role.value,
                created_at=datetime.now(UTC),
            )
        )
    async with doors() as session:
        places = await places_of(session, user)
    return actor_in(
        SessionInfo(user, user, email, name, language, "Europe/Paris", places), agency.slug
    )


async def dismiss(agency: NewAgency, user: Actor) -> None:
    """Take a user's roles in the agency away."""
    async with unit_of_work(agency.owner) as session:
        await session.execute(
            text("delete from membership where user_id = :user"), {"user": user.user_id}
        )
