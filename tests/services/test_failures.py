"""Failed operations: those of the agency, tried again, put aside, taken back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Role, system_actor
from cmhub.db import doors, unit_of_work
from cmhub.errors import Forbidden, Invalid
from cmhub.integrations.networks.base import NetworkFault
from cmhub.locales import catalogue
from cmhub.models import AuditEvent, Connection, Measure, Reply
from cmhub.queue import Work, enqueue
from cmhub.services import delivering, failures
from cmhub.services.failures import KINDS, Failure
from tests.support.agency import NewAgency
from tests.support.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant(pool: None) -> Tenant:
    """An agency in both of whose workspaces everything has failed."""
    made = await make_tenant()
    fault = {"fault": "power_delete", "fault_params": {"have": 0, "needed": 50}}
    async with unit_of_work(made.actor) as session:
        now = datetime.now(UTC)
        await session.execute(
            update(Measure).values(state="failed", failed_at=now, due_at=None, **fault)
        )
        await session.execute(
            update(Connection).values(state="trouble", fault="timeout", faulted_at=now,
                                      fault_params={"host": "x.example"}, failures=4)
        )  # fmt: skip
        # The mail that confirms an address is a job of signing up.
        await enqueue(session, "history.read", Work(
            made.first.community.channels["general"], made.actor.agency_id, made.first.id
        ))  # fmt: skip
    await _fail_jobs(made)
    return made


def _user(tenant: Tenant) -> UUID:
    assert tenant.actor.user_id is not None
    return tenant.actor.user_id


async def _fail_jobs(tenant: Tenant) -> None:
    """Let the queue hold what it would hold after the last attempt."""
    async with doors() as session:
        await session.execute(
            text("update jobs.pgqueuer set status = 'failed', attempts = 8 where entrypoint in"
                 " ('mail.confirm', 'history.read') and convert_from(payload, 'UTF8') like any"
                 " (array[:user, :agency])"),
            {"user": f"%{_user(tenant)}%", "agency": f"%{tenant.actor.agency_id}%"},
        )  # fmt: skip


async def _list(tenant: Tenant) -> dict[str, list[Failure]]:
    async with unit_of_work(tenant.actor) as session:
        found = await failures.list_failures(session, tenant.actor)
    rows = {kind: [one for one in found.rows if one.kind == kind] for kind in KINDS}
    assert {kind: len(ones) for kind, ones in rows.items()} == found.counts
    return rows


async def _retry(tenant: Tenant, kind: str, *ids: str) -> int:
    async with unit_of_work(tenant.actor) as session:
        return await failures.retry_failures(session, tenant.actor, kind, ids)


async def _dismiss(tenant: Tenant, kind: str, *ids: str) -> tuple[str, ...]:
    async with unit_of_work(tenant.actor) as session:
        return await failures.dismiss_failures(session, tenant.actor, kind, ids)


async def test_it_shows_what_failed_in_plain_words(tenant: Tenant) -> None:
    rows = await _list(tenant)
    assert {kind: len(ones) for kind, ones in rows.items()} == {
        "reply": 2, "measure": 2, "connection": 2, "mail": 1, "job": 1,
    }  # fmt: skip
    assert (rows["reply"][0].detail, rows["reply"][0].title) == ("“Ici.”", "failures.title.reply")
    assert rows["measure"][0].fault == "fault.power_delete"
    assert rows["measure"][0].fault_params == {"have": 0, "needed": 50}
    assert {one.workspace for one in rows["connection"]} == {"Rivière", "Montagne"}
    (mail,), (job,) = rows["mail"], rows["job"]
    assert (mail.title, mail.detail, mail.attempts) == (
        "failures.job.mail.confirm", tenant.email, 8,
    )  # fmt: skip
    assert (job.title, job.workspace) == ("failures.job.history.read", "Rivière")
    for ones in rows.values():
        for one in ones:
            assert one.title in catalogue("fr")
            assert one.fault in catalogue("fr")


async def test_nobody_sees_what_failed_elsewhere(tenant: Tenant) -> None:
    other = await make_tenant()
    rows = await _list(other)
    assert {kind: len(ones) for kind, ones in rows.items()} == {
        "reply": 2, "measure": 0, "connection": 0, "mail": 0, "job": 0,
    }  # fmt: skip
    ours = await _list(tenant)
    for kind in KINDS:
        ids = [one.id for one in ours[kind]]
        assert await _retry(other, kind, *ids) == 0
        assert await _dismiss(other, kind, *ids) == ()
        async with unit_of_work(other.actor) as session:
            await failures.restore_failures(session, other.actor, kind, ids)
    assert await _list(tenant) == ours


async def test_who_reaches_one_workspace_only_sees_that_one(tenant: Tenant) -> None:
    narrow = replace(tenant.actor, workspaces={tenant.second.id: frozenset()})
    async with unit_of_work(narrow) as session:
        found = await failures.list_failures(session, narrow)
    assert {one.workspace for one in found.rows if one.kind != "mail"} == {"Montagne"}
    assert found.counts["job"] == 0


async def test_one_is_tried_again(tenant: Tenant) -> None:
    rows = await _list(tenant)
    for kind in ("reply", "measure", "connection", "mail"):
        assert await _retry(tenant, kind, rows[kind][0].id) == 1
    after = await _list(tenant)
    assert (len(after["reply"]), len(after["measure"]), len(after["mail"])) == (1, 1, 0)
    async with unit_of_work(tenant.actor) as session:
        planned = await session.scalars(select(Reply.state))
        assert sorted(planned) == ["failed", "planned"]
        due = await session.scalars(select(Connection.due_at))
        assert min(one for one in due if one) <= datetime.now(UTC)
    async with doors() as session:
        state = await session.scalar(
            text("select status from jobs.pgqueuer where entrypoint = 'mail.confirm'"
                 " and convert_from(payload, 'UTF8') like :user order by id desc limit 1"),
            {"user": f"%{_user(tenant)}%"},
        )  # fmt: skip
    assert state == "queued"


async def test_all_of_a_kind_are_tried_again(tenant: Tenant) -> None:
    assert await _retry(tenant, "measure") == 2
    assert (await _list(tenant))["measure"] == []
    assert await _retry(tenant, "measure") == 0


async def test_a_connection_that_must_be_connected_anew_cannot_be_tried_again(
    tenant: Tenant,
) -> None:
    async with unit_of_work(tenant.actor) as session:
        await session.execute(update(Connection).values(state="reconnect"))
    assert [one.again for one in (await _list(tenant))["connection"]] == [False, False]
    assert await _retry(tenant, "connection") == 0
    assert (await _list(tenant))["connection"][0].leads.endswith("/connections/")


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_put_aside_can_be_taken_back(tenant: Tenant, kind: str) -> None:
    before = (await _list(tenant))[kind]
    gone = await _dismiss(tenant, kind)
    assert set(gone) == {one.id for one in before}
    assert (await _list(tenant))[kind] == []
    async with unit_of_work(tenant.actor) as session:
        await failures.restore_failures(session, tenant.actor, kind, gone)
    back = (await _list(tenant))[kind]
    assert {one.id for one in back} == set(gone)


async def test_putting_aside_changes_nothing_else(tenant: Tenant) -> None:
    await _dismiss(tenant, "reply")
    async with unit_of_work(tenant.actor) as session:
        assert set(await session.scalars(select(Reply.state))) == {"failed"}


async def test_what_fails_once_more_shows_itself_again(tenant: Tenant) -> None:
    (first, *_) = (await _list(tenant))["reply"]
    await _dismiss(tenant, "reply")
    workspace, _, reply = first.id.partition(".")
    actor = system_actor(tenant.actor.agency_id, UUID(workspace))
    async with unit_of_work(actor) as session:
        await session.execute(
            update(Reply).where(Reply.id == UUID(reply)).values(state="sending", attempts=8)
        )
    await delivering._settle_fault(
        actor, UUID(workspace), Reply, UUID(reply), NetworkFault("not_allowed")
    )
    (again,) = (await _list(tenant))["reply"]
    assert (again.id, again.fault) == (first.id, "fault.not_allowed")


async def test_jobs_about_the_same_thing_are_one(tenant: Tenant) -> None:
    async with unit_of_work(tenant.actor) as session:
        await enqueue(session, "mail.confirm", Work(_user(tenant)))
    await _fail_jobs(tenant)
    (mail,) = (await _list(tenant))["mail"]
    assert mail.attempts == 16
    assert await _retry(tenant, "mail", mail.id) == 1
    assert (await _list(tenant))["mail"] == []


async def test_it_is_recorded(tenant: Tenant) -> None:
    await _retry(tenant, "connection")
    await _dismiss(tenant, "mail")
    async with unit_of_work(tenant.actor) as session:
        rows = await session.execute(
            select(AuditEvent.tag, AuditEvent.object_kind).where(AuditEvent.tag.like("failure:%"))
        )
        told: list[Any] = [tuple(row) for row in rows]
    assert sorted(told) == [
        ("failure:dismiss", "job"), ("failure:retry", "connection"),
        ("failure:retry", "connection"),
    ]  # fmt: skip


async def test_it_is_for_administrators(uow: AsyncSession, agency: NewAgency) -> None:
    reach = {agency.workspace_id: frozenset({Role.MANAGER})}
    manager = replace(agency.owner, agency_roles=frozenset[Role](), workspaces=reach)
    for call in (
        lambda: failures.list_failures(uow, manager),
        lambda: failures.retry_failures(uow, manager, "reply"),
        lambda: failures.dismiss_failures(uow, manager, "mail"),
        lambda: failures.restore_failures(uow, manager, "mail", ["1"]),
    ):
        with pytest.raises(Forbidden):
            await call()


@pytest.mark.parametrize("kind", ["reply", "mail"])
async def test_an_id_that_is_none_is_refused(
    uow: AsyncSession, agency: NewAgency, kind: str
) -> None:
    with pytest.raises(Invalid):
        await failures.restore_failures(uow, agency.owner, kind, ["x"])
    with pytest.raises(Invalid):
        await failures.retry_failures(uow, agency.owner, "everything")
