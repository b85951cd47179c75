"""Archived, restored, deleted: out of reach, as it was, and truly gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role, system_actor
from cmhub.db import doors, unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid, NotFound
from cmhub.integrations.storage import storage
from cmhub.jobs import worker
from cmhub.jobs.handlers import DUE, DUE_DOORS
from cmhub.migrate import privileged_url
from cmhub.models import AuditEvent, Base, Connection, Measure, Reply, Workspace, new_id
from cmhub.queue import Work
from cmhub.services import archiving, files, sessions, syncing
from tests.support.agency import NewAgency
from tests.support.community import make_community
from tests.support.tenants import Tenant, make_tenant

KEPT = {"audit_event"}


async def _archive(actor: Actor, workspace_id: UUID) -> None:
    async with unit_of_work(actor) as session:
        await archiving.archive_workspace(session, actor, workspace_id)


async def _places(actor: Actor) -> list[UUID | None]:
    assert actor.user_id is not None
    async with doors() as session:
        return [place.workspace_id for place in await sessions.places_of(session, actor.user_id)]


async def _listed(actor: Actor) -> dict[UUID, archiving.WorkspaceRow]:
    async with unit_of_work(actor) as session:
        return {row.id: row for row in await archiving.list_workspaces(session, actor)}


async def test_an_archived_workspace_is_in_nobodys_reach(agency: NewAgency) -> None:
    await _archive(agency.owner, agency.workspace_id)
    assert await _places(agency.owner) == [None]
    assert (await _listed(agency.owner))[agency.workspace_id].archived_at is not None


async def test_restored_it_is_as_it_was(agency: NewAgency) -> None:
    before = (await _listed(agency.owner))[agency.workspace_id]
    await _archive(agency.owner, agency.workspace_id)
    blind = replace(agency.owner, workspaces={})
    async with unit_of_work(blind) as session:
        assert await archiving.restore_workspace(session, blind, agency.workspace_id) == "Rivière"
    assert await _places(agency.owner) == [agency.workspace_id]
    assert (await _listed(agency.owner))[agency.workspace_id] == before


async def test_it_tells_who_may_enter_and_what_would_go() -> None:
    tenant = await make_tenant()
    await _archive(tenant.actor, tenant.second.id)
    rows = await _listed(replace(tenant.actor, workspaces={tenant.first.id: frozenset()}))
    assert set(rows) == {tenant.first.id, tenant.second.id}
    here, gone = rows[tenant.first.id], rows[tenant.second.id]
    assert (here.people, here.messages, here.last_at is not None) == (2, 0, True)
    assert gone.messages == 2


async def test_only_an_administrator_archives(uow: AsyncSession, agency: NewAgency) -> None:
    reach = {agency.workspace_id: frozenset({Role.MANAGER})}
    manager = replace(agency.owner, agency_roles=frozenset[Role](), workspaces=reach)
    for call in (
        lambda: archiving.archive_workspace(uow, manager, agency.workspace_id),
        lambda: archiving.restore_workspace(uow, manager, agency.workspace_id),
        lambda: archiving.ask_deletion(uow, manager, agency.workspace_id),
        lambda: archiving.list_workspaces(uow, manager),
    ):
        with pytest.raises(Forbidden):
            await call()


async def test_another_agency_finds_no_archived_workspace_of_ours(agency: NewAgency) -> None:
    theirs = await make_tenant()
    await _archive(agency.owner, agency.workspace_id)
    async with unit_of_work(theirs.actor) as session:
        wider = await archiving.with_archived(session, theirs.actor)
        assert set(wider.workspaces) == set(theirs.actor.workspaces)
        for call in (
            archiving.restore_workspace,
            archiving.ask_deletion,
            archiving.cancel_deletion,
        ):
            with pytest.raises(NotFound):
                await call(session, theirs.actor, agency.workspace_id)


async def _due(kind: str, agency_id: UUID) -> set[UUID]:
    door = DUE_DOORS.get(kind, "open_work")
    async with doors() as session:
        rows = await session.execute(text(f"select * from {door}(:kind, 500)"), {"kind": kind})
        return {row.id for row in rows if row.agency_id == agency_id}


@pytest.mark.parametrize("kind", ["connection", "history", "reply", "measure"])
async def test_nothing_is_due_in_an_archived_workspace_until_it_is_restored(
    agency: NewAgency, kind: str
) -> None:
    tenant = await make_tenant()
    past = datetime.now(UTC) - timedelta(minutes=1)
    async with unit_of_work(tenant.actor) as session:
        for table in (Connection, Reply, Measure):
            await session.execute(update(table).values(due_at=past))
        await session.execute(text("update channel set history_due_at = :past"), {"past": past})
    before = await _due(kind, tenant.actor.agency_id)
    await _archive(tenant.actor, tenant.first.id)
    await _archive(tenant.actor, tenant.second.id)
    assert before
    assert await _due(kind, tenant.actor.agency_id) == set()
    async with unit_of_work(tenant.actor) as session:
        await archiving.restore_workspace(session, tenant.actor, tenant.first.id)
        await archiving.restore_workspace(session, tenant.actor, tenant.second.id)
    assert await _due(kind, tenant.actor.agency_id) == before


async def test_a_job_that_was_planned_before_does_not_run(agency: NewAgency) -> None:
    work = Work(new_id(), agency.id, agency.workspace_id)
    assert await worker._may_run(work)
    await _archive(agency.owner, agency.workspace_id)
    assert not await worker._may_run(work)
    assert await worker._may_run(Work(new_id()))


async def test_a_stream_stops_reading(agency: NewAgency) -> None:
    community = await make_community(agency.owner, agency.workspace_id)
    await _archive(agency.owner, agency.workspace_id)
    actor = system_actor(agency.id, agency.workspace_id)
    work = Work(community.connection_id, agency.id, agency.workspace_id)
    assert not await syncing.read_live(actor, work, new_id(), 0.0)
    async with unit_of_work(actor) as session:
        with pytest.raises(Invalid):
            await syncing.open_source(session, agency.workspace_id, community.connection_id)


# deletion


async def test_deletion_has_a_date_and_can_be_cancelled(agency: NewAgency) -> None:
    owner, space = agency.owner, agency.workspace_id
    async with unit_of_work(owner) as session:
        with pytest.raises(NotFound):
            await archiving.ask_deletion(session, owner, space)
    await _archive(owner, space)
    async with unit_of_work(owner) as session:
        ends = await archiving.ask_deletion(session, owner, space)
        assert await archiving.ask_deletion(session, owner, space) == ends
    left = ends - datetime.now(UTC)
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14)
    assert (await _listed(owner))[space].deletes_at == ends
    await archiving.delete_for_good(Work(space, agency.id))
    async with unit_of_work(owner) as session:
        await archiving.cancel_deletion(session, owner, space)
    row = (await _listed(owner))[space]
    assert (row.deletes_at, row.archived_at is None) == (None, False)


async def _let_days_pass(actor: Actor, workspace_id: UUID) -> None:
    async with unit_of_work(actor) as session:
        await session.execute(
            update(Workspace)
            .where(Workspace.id == workspace_id)
            .values(deletes_at=datetime.now(UTC) - timedelta(seconds=1))
        )


async def _doomed() -> Tenant:
    """An agency whose first workspace is due to go, with rows, files and a key."""
    tenant = await make_tenant()
    await files.put_file(tenant.actor, tenant.first.id, "logo/a.png", b"png")
    await files.put_file(tenant.actor, tenant.first.id, "export/b.zip", b"zip")
    await files.put_file(tenant.actor, tenant.second.id, "logo/a.png", b"png")
    await _archive(tenant.actor, tenant.first.id)
    async with unit_of_work(tenant.actor) as session:
        await archiving.ask_deletion(session, tenant.actor, tenant.first.id)
    await _let_days_pass(tenant.actor, tenant.first.id)
    return tenant


def _counts(workspace_id: UUID) -> dict[str, int]:
    """Rows of the workspace in every table that has any, as the database's owner counts them."""
    found: dict[str, int] = {}
    with psycopg.connect(privileged_url(), autocommit=True) as connection:
        for name, table in Base.metadata.tables.items():
            column = "id" if name == "workspace" else "workspace_id"
            if column not in table.c or (column == "id" and name != "workspace"):
                continue
            query: Any = f"select count(*) from {name} where {column} = %s"
            row = connection.execute(query, [workspace_id]).fetchone()
            found[name] = row[0] if row else 0
    return found


async def _stored(tenant: Tenant, workspace_id: UUID) -> list[str]:
    prefix = f"{tenant.actor.agency_id}/{workspace_id}"
    return [one.key async for one in storage().list_prefix(prefix)]


async def test_when_its_days_are_over_nothing_of_it_is_left() -> None:
    tenant = await _doomed()
    before, other = _counts(tenant.first.id), _counts(tenant.second.id)
    empty = {name for name, count in before.items() if count == 0}
    assert empty == set(), "every table had something to delete"
    kept = await _stored(tenant, tenant.second.id)
    assert len(await _stored(tenant, tenant.first.id)) >= 2
    work = Work(tenant.first.id, tenant.actor.agency_id)
    await archiving.delete_for_good(work)
    left = {name: count for name, count in _counts(tenant.first.id).items() if count}
    assert set(left) == KEPT
    assert await _stored(tenant, tenant.first.id) == []
    assert _counts(tenant.second.id) == other
    assert await _stored(tenant, tenant.second.id) == kept
    await archiving.delete_for_good(work)


async def test_the_agency_keeps_the_record_of_its_going() -> None:
    tenant = await _doomed()
    await archiving.delete_for_good(Work(tenant.first.id, tenant.actor.agency_id))
    async with unit_of_work(replace(tenant.actor, workspaces={})) as session:
        event = (
            await session.scalars(select(AuditEvent).where(AuditEvent.tag == "workspace:delete"))
        ).one()
    assert (event.object_id, event.workspace_id) == (tenant.first.id, None)
    assert (event.actor, event.data["name"]) == ("CMHub", "Rivière")


async def test_it_goes_on_where_it_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = await _doomed()
    deleted, real = 0, archiving._delete_some

    async def fails(actor: Actor, workspace_id: UUID, table: str) -> int:
        nonlocal deleted
        deleted += 1
        if deleted == 6:
            raise LookupError
        return await real(actor, workspace_id, table)

    work = Work(tenant.first.id, tenant.actor.agency_id)
    monkeypatch.setattr(archiving, "_delete_some", fails)
    with pytest.raises(LookupError):
        await archiving.delete_for_good(work)
    assert tenant.first.id in await _due("deletion", tenant.actor.agency_id)
    await archiving.delete_for_good(work)
    assert {name for name, count in _counts(tenant.first.id).items() if count} == KEPT


async def test_once_it_has_begun_it_can_be_neither_cancelled_nor_undone() -> None:
    tenant = await _doomed()
    async with unit_of_work(tenant.actor) as session:
        for call in (archiving.cancel_deletion, archiving.restore_workspace):
            with pytest.raises(Conflict):
                await call(session, tenant.actor, tenant.first.id)


async def test_the_sweeper_finds_what_is_to_be_deleted() -> None:
    tenant = await _doomed()
    assert DUE["deletion"] == "workspace.delete"
    assert await _due("deletion", tenant.actor.agency_id) == {tenant.first.id}
    await worker.sweep()
    async with doors() as session:
        payload = await session.scalar(
            text("select payload from jobs.pgqueuer where dedupe_key = :key"),
            {"key": f"deletion:{tenant.first.id}"},
        )
    assert Work.decode(bytes(payload)) == Work(tenant.first.id, tenant.actor.agency_id)
