"""Nobody sees or changes rows of another agency, or of another client."""

import asyncio
import random
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from cmhub.actor import Actor
from cmhub.db import app_url, async_url, doors, enter_scope, unit_of_work
from cmhub.models import GLOBAL_TABLES, Base, Message, new_id
from tests.support.tenants import Space, Tenant, make_tenant

TENANT_TABLES = sorted(set(Base.metadata.tables) - GLOBAL_TABLES)
CHANGEABLE = [table for table in TENANT_TABLES if table != "audit_event"]
OF_THE_AGENCY = {"agency", "membership", "audit_event", "invitation"}
"""Tables with rows that belong to the agency and to no workspace."""


@pytest.fixture(scope="module")
async def tenants(pool: None) -> tuple[Tenant, Tenant]:
    """Two agencies with two workspaces each, nothing empty."""
    return await make_tenant(), await make_tenant()


@pytest.fixture(scope="module")
def ours(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[0]


@pytest.fixture(scope="module")
def theirs(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[1]


def _tenancy(name: str) -> tuple[Any, Any, Any]:
    """The table, its column of the agency and that of the workspace, if it has one."""
    table = Base.metadata.tables[name]
    workspace = table.c.id if name == "workspace" else table.c.get("workspace_id")
    return table, table.c.agency_id, workspace


async def _places(actor: Actor, name: str) -> set[tuple[UUID, UUID | None]]:
    """Whose rows of the table the actor sees."""
    table, agency, workspace = _tenancy(name)
    columns = [agency] if workspace is None else [agency, workspace]
    async with unit_of_work(actor) as session:
        rows = (await session.execute(select(*columns).select_from(table).distinct())).all()
    return {(row[0], row[1] if len(row) > 1 else None) for row in rows}


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_an_agency_sees_its_own_rows_and_no_others(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    for one in (ours, theirs):
        seen = await _places(one.actor, table)
        assert {agency for agency, _ in seen} == {one.actor.agency_id}, "or nothing was filled in"
        if _tenancy(table)[2] is not None:
            assert {place for _, place in seen} - {None} == {one.first.id, one.second.id}


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_a_workspace_sees_no_rows_of_another_client(ours: Tenant, table: str) -> None:
    for space in (ours.first, ours.second):
        places = {place for _, place in await _places(space.alone, table)}
        assert places <= {space.id, None}
        assert None not in places or table in OF_THE_AGENCY


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_an_agency_without_workspaces_sees_only_what_is_the_agencys(
    ours: Tenant, table: str
) -> None:
    seen = await _places(replace(ours.actor, workspaces={}), table)
    assert seen == ({(ours.actor.agency_id, None)} if table in OF_THE_AGENCY else set())


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_workspaces_of_another_agency_open_nothing(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    forged = replace(ours.actor, workspaces=theirs.actor.workspaces)
    seen = await _places(forged, table)
    assert {place for _, place in seen} <= {None}
    assert {agency for agency, _ in seen} <= {ours.actor.agency_id}


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_nobody_sees_nothing(ours: Tenant, table: str) -> None:
    async with doors() as session:
        assert (
            await session.scalar(select(func.count()).select_from(Base.metadata.tables[table])) == 0
        )


@pytest.mark.parametrize("table", sorted(GLOBAL_TABLES))
async def test_nobody_reads_a_global_table(ours: Tenant, table: str) -> None:
    async with unit_of_work(ours.actor) as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(select(Base.metadata.tables[table]).limit(1))
        await session.rollback()


async def _one_row(space: Space, name: str) -> dict[str, Any]:
    table, _, _ = _tenancy(name)
    async with unit_of_work(space.actor) as session:
        query = select(table).limit(1)
        workspace = _tenancy(name)[2]
        if workspace is not None:
            query = query.where(workspace == space.id)
        return dict((await session.execute(query)).mappings().one())


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_it_refuses_a_row_for_another_tenant(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    forgers = [theirs.actor, replace(ours.actor, workspaces={})]
    if _tenancy(table)[2] is not None:
        forgers.append(ours.second.alone)
    elif table in OF_THE_AGENCY:
        forgers.pop()
    row = await _one_row(ours.first, table)
    fresh = {**row, **({"id": new_id()} if "id" in row and table != "workspace" else {})}
    for forger in forgers:
        with pytest.raises(DBAPIError, match="row-level security"):
            async with unit_of_work(forger) as session:
                await session.execute(insert(Base.metadata.tables[table]).values(**fresh))


@pytest.mark.parametrize("table", CHANGEABLE)
async def test_it_changes_and_deletes_no_row_of_another_tenant(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    columns = Base.metadata.tables[table]
    belongs = columns.c.agency_id == ours.actor.agency_id
    async with unit_of_work(theirs.actor) as session:
        for statement in (
            columns.update().where(belongs).values(agency_id=theirs.actor.agency_id),
            columns.delete().where(belongs),
        ):
            done: Any = await session.execute(statement)
            assert done.rowcount == 0


@pytest.mark.parametrize("table", CHANGEABLE)
async def test_it_hands_no_row_over_to_another_tenant(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with unit_of_work(ours.actor) as session:
            await session.execute(
                Base.metadata.tables[table].update().values(agency_id=theirs.actor.agency_id)
            )


@pytest.mark.parametrize("words", ["update audit_event set tag = 'x'", "delete from audit_event"])
async def test_nobody_rewrites_the_audit(ours: Tenant, words: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with unit_of_work(ours.actor) as session:
            await session.execute(text(words))


@pytest.mark.parametrize(
    "words",
    [
        "set row_security = off",
        "alter table message disable row level security",
        "drop policy tenant on message",
        "set role cmhub_owner",
        "set role cmhub_resolver",
        "create policy mine on message using (true)",
    ],
)
async def test_the_policies_cannot_be_switched_off(ours: Tenant, words: str) -> None:
    async def look() -> None:
        async with unit_of_work(ours.actor) as session:
            await session.execute(text(words))
            await session.execute(select(Message))

    with pytest.raises(DBAPIError):
        await look()


async def test_interleaved_units_of_work_leak_nothing(ours: Tenant, theirs: Tenant) -> None:
    small = create_async_engine(async_url(app_url()), pool_size=3, max_overflow=0)
    spaces = [ours.first, ours.second, theirs.first, theirs.second]
    chance = random.Random(7)

    async def scoped(space: Space) -> None:
        async with AsyncSession(small) as session, session.begin():
            await enter_scope(session, space.alone)
            for _ in range(2):
                seen = await session.execute(select(Message.agency_id, Message.workspace_id))
                assert {tuple(row) for row in seen} == {(space.actor.agency_id, space.id)}
                await asyncio.sleep(chance.random() / 100)
            if chance.random() < 0.3:
                await session.rollback()

    async def unscoped() -> None:
        async with AsyncSession(small) as session, session.begin():
            assert await session.scalar(select(func.count()).select_from(Message)) == 0

    try:
        await asyncio.gather(*(scoped(spaces[n % 4]) if n % 5 else unscoped() for n in range(200)))
    finally:
        await small.dispose()
