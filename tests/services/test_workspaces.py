"""Workspaces, on the real database."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden
from cmhub.models import AuditEvent, Workspace
from cmhub.services.checks import InvalidForm
from cmhub.services.workspaces import agency_is_there, create_workspace, find_workspace
from tests.support.agency import NewAgency, make_agency


async def _create(session: AsyncSession, actor: Actor, name: str) -> str:
    made = await create_workspace(
        session, actor, name=name, client="L’Œil d’Été", time_zone="Europe/Paris"
    )
    return made.slug


async def test_it_makes_a_workspace_that_the_owner_then_reaches(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        made = await create_workspace(
            session, agency.owner, name=" L’Œil  d’été ", client="Œil", time_zone="Asia/Tokyo"
        )
    assert (made.slug, made.name, made.time_zone) == ("l-oeil-d-ete", "L’Œil d’été", "Asia/Tokyo")
    found = await find_workspace(agency.slug, "l-oeil-d-ete")
    assert found is not None
    assert found.workspace_id == made.id


async def test_it_records_who_made_it(uow: AsyncSession, agency: NewAgency) -> None:
    made = await create_workspace(
        uow, agency.owner, name="Nord", client="Nord", time_zone="Europe/Paris"
    )
    event = (await uow.scalars(select(AuditEvent).where(AuditEvent.object_id == made.id))).one()
    assert (event.tag, event.user_id) == ("workspace:create", agency.owner.user_id)
    assert event.workspace_id == made.id
    assert event.data["name"] == "Nord"


async def test_it_gives_each_a_readable_address_of_its_own(
    uow: AsyncSession, agency: NewAgency
) -> None:
    slugs = [await _create(uow, agency.owner, "Rivière") for _ in range(2)]
    assert slugs == ["riviere-2", "riviere-3"]
    assert await _create(uow, agency.owner, "日本") == "workspace"


async def test_it_leaves_the_address_of_an_archived_workspace_alone(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        await session.execute(update(Workspace).values(archived_at=Workspace.created_at))
    blind = replace(agency.owner, workspaces={})
    async with unit_of_work(blind) as session:
        assert await _create(session, blind, "Rivière") == "riviere-2"


async def test_two_agencies_may_use_the_same_address(agency: NewAgency) -> None:
    other = await make_agency("Harbor")
    assert other.workspace_slug == agency.workspace_slug
    assert other.workspace_id != agency.workspace_id
    async with unit_of_work(other.owner) as session:
        seen = (await session.scalars(select(Workspace.id))).all()
    assert list(seen) == [other.workspace_id]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MODERATOR, Role.CLIENT])
async def test_it_requires_an_administrator(
    role: Role, uow: AsyncSession, agency: NewAgency
) -> None:
    reach = {agency.workspace_id: frozenset({role})}
    lesser = replace(agency.owner, agency_roles=frozenset[Role](), workspaces=reach)
    with pytest.raises(Forbidden):
        await _create(uow, lesser, "Sud")


async def test_it_names_every_field_that_is_wrong(uow: AsyncSession, actor: Actor) -> None:
    with pytest.raises(InvalidForm) as caught:
        await create_workspace(uow, actor, name=" ", client="x" * 121, time_zone="Paris")
    assert {name: fault.params["reason"] for name, fault in caught.value.faults.items()} == {
        "name": "workspace_missing",
        "client": "too_long",
        "time_zone": "zone_unknown",
    }


async def test_it_finds_nothing_at_an_unknown_address(agency: NewAgency) -> None:
    assert await agency_is_there(agency.slug)
    assert not await agency_is_there(uuid4().hex)
    found = await find_workspace(agency.slug, "nothing")
    assert found is not None
    assert found.workspace_id is None
