"""A fresh agency, made the way its owner would make it."""

from dataclasses import dataclass
from secrets import token_hex
from uuid import UUID

from cmhub.actor import Actor
from cmhub.db import doors, unit_of_work
from cmhub.services import accounts, sessions, workspaces

PASSWORD = "vingt chevaux calmes"


@dataclass(frozen=True, slots=True)
class NewAgency:
    """An agency as signing up makes it, with its owner, who is confirmed, and a workspace."""

    id: UUID
    slug: str
    owner: Actor
    email: str
    workspace_id: UUID
    workspace_slug: str


async def make_agency(name: str = "Agence Été") -> NewAgency:
    """Sign up, confirm and make a workspace, all by the services."""
    email = f"{token_hex(6)}@agence.example"
    user = await accounts.sign_up("Zoé d’Été", email, PASSWORD, name, "fr", "Europe/Paris")
    assert user is not None
    async with doors() as session:
        token = await accounts.issue_token(session, user, "confirm")
    info = await sessions.resolve_session(await accounts.confirm(token, "tests", "192.0.2.1"))
    assert info is not None
    slug = info.places[0].agency_slug
    owner = sessions.actor_in(info, slug)
    async with unit_of_work(owner) as session:
        made = await workspaces.create_workspace(
            session, owner, name="Rivière", client="Rivière SA", time_zone="Europe/Paris"
        )
    info = await sessions.resolve_session(
        await accounts.sign_in(email, PASSWORD, "tests", token_hex(8))
    )
    assert info is not None
    owner = sessions.actor_in(info, slug)
    return NewAgency(owner.agency_id, slug, owner, email, made.id, made.slug)
