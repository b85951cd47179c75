"""Reading the audit: filters, pages, reach, exports."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid
from cmhub.locales import catalogue
from cmhub.models import AuditEvent, new_id
from cmhub.queue import Work
from cmhub.services import archiving, audit, auditing, settings
from cmhub.services.auditing import AuditFilter, AuditRow
from tests.support.agency import NewAgency
from tests.support.tenants import make_tenant


async def _read(actor: Actor, **chosen: Any) -> list[AuditRow]:
    async with unit_of_work(actor) as session:
        return list((await auditing.read_audit(session, actor, AuditFilter(**chosen))).rows)


def _event(agency: NewAgency, **given: Any) -> AuditEvent:
    usual: dict[str, Any] = {
        "agency_id": agency.id, "workspace_id": agency.workspace_id, "at": datetime.now(UTC),
        "user_id": agency.owner.user_id, "actor": "Zoé d’Été", "address": "192.0.2.1",
        "tag": "thread:state", "object_kind": "thread", "object_id": new_id(), "data": {},
    }  # fmt: skip
    return AuditEvent(**{**usual, **given})


async def _add(agency: NewAgency, *events: AuditEvent) -> None:
    async with unit_of_work(agency.owner) as session:
        session.add_all(events)


async def test_it_tells_who_did_what_on_what_and_from_where(agency: NewAgency) -> None:
    await _add(agency, _event(agency, data={"before": "open", "after": "done"}))
    newest, *_, oldest = await _read(agency.owner)
    assert (newest.sentence, newest.actor, newest.address) == (
        "audit.thread.state", "Zoé d’Été", "192.0.2.1",
    )  # fmt: skip
    assert (newest.workspace, newest.object_kind) == ("Rivière", "thread")
    assert [(one.before, one.after) for one in newest.changes] == [("open", "done")]
    assert oldest.sentence in ("audit.user.sign_up", "audit.agency.create")


async def test_changed_settings_stand_there_before_and_after(
    uow: AsyncSession, agency: NewAgency
) -> None:
    await settings.save_settings(
        uow, agency.owner, agency.workspace_id, name="Le Fleuve", client="Rivière SA",
        time_zone="Europe/Paris", languages=["en", "fr"], brand="",
    )  # fmt: skip
    page = await auditing.read_audit(uow, agency.owner, AuditFilter(kind="workspace"))
    (name, languages) = page.rows[0].changes
    assert (name.label, name.before, name.after) == ("audit.field.name", "Rivière", "Le Fleuve")
    assert (languages.before, languages.after) == ("fr", "en, fr")


async def test_it_filters(agency: NewAgency) -> None:
    somebody, old = new_id(), datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    await _add(
        agency,
        _event(agency, user_id=somebody, actor="Ben", at=old),
        _event(agency, tag="reply:send", object_kind="reply", address="2001:db8::7"),
        _event(agency, workspace_id=None, tag="agency:settings", data={"name": "50 %_x"}),
    )
    owner = agency.owner
    assert [one.actor for one in await _read(owner, person=somebody)] == ["Ben"]
    assert {one.tag for one in await _read(owner, kind="reply")} == {"reply:send"}
    assert all(
        one.workspace_id == agency.workspace_id
        for one in await _read(owner, workspace=agency.workspace_id)
    )
    # In Paris it was the 29th already.
    there = date(2026, 3, 29)
    assert len(await _read(owner, first=there, last=there, zone="Europe/Paris")) == 1
    assert await _read(owner, first=there, last=there, zone="UTC") == []
    for words, tag in (
        ("2001:DB8", "reply:send"), ("50 %_", "agency:settings"), ("répondu", "reply:send"),
    ):  # fmt: skip
        assert {one.tag for one in await _read(owner, words=words, language="fr")} == {tag}
    assert await _read(owner, words="%") == await _read(owner, kind="agency", words="50 %")
    (newest,) = await _read(owner, kind="reply")
    assert await _read(owner, words=str(newest.object_id)) == [newest]
    assert await _read(owner, person=somebody, kind="reply") == []


async def test_it_turns_pages_without_losing_what_happened_at_once(agency: NewAgency) -> None:
    moment = datetime.now(UTC) - timedelta(days=1)
    made = [_event(agency, at=moment, tag="reply:send") for _ in range(auditing.PAGE * 2 + 3)]
    await _add(agency, *made)
    seen: list[UUID] = []
    after, pages = "", 0
    while pages == 0 or after:
        async with unit_of_work(agency.owner) as session:
            page = await auditing.read_audit(
                session, agency.owner, AuditFilter(kind="reply", after=after)
            )
        seen += [one.id for one in page.rows]
        after, pages = page.after, pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == len(made)


@pytest.mark.parametrize("after", ["x", "2026-01-01T00:00:00~", "2026-01-01~x", "~"])
async def test_a_place_that_is_none_is_refused(agency: NewAgency, after: str) -> None:
    with pytest.raises(Invalid):
        await _read(agency.owner, after=after)


async def test_it_names_who_and_where_there_is_to_choose(agency: NewAgency) -> None:
    somebody = new_id()
    await _add(agency, _event(agency, user_id=somebody, actor="Ben"))
    async with unit_of_work(agency.owner) as session:
        page = await auditing.read_audit(session, agency.owner, AuditFilter())
    assert {(one.id, one.name) for one in page.people} == {
        (agency.owner.user_id, "Zoé d’Été"), (somebody, "Ben"),
    }  # fmt: skip
    assert [one.name for one in page.workspaces] == ["Rivière"]


async def test_events_of_archived_and_deleted_workspaces_stay() -> None:
    tenant = await make_tenant()
    first, second = tenant.first.id, tenant.second.id
    async with unit_of_work(tenant.actor) as session:
        for space in (first, second):
            await archiving.archive_workspace(session, tenant.actor, space)
        await archiving.ask_deletion(session, tenant.actor, first)
        await session.execute(
            archiving.text("update workspace set deletes_at = now() where id = :id"), {"id": first}
        )
    await archiving.delete_for_good(Work(first, tenant.actor.agency_id))
    blind = replace(tenant.actor, workspaces={})
    for space, name in ((first, "Rivière"), (second, "Montagne")):
        rows = await _read(blind, workspace=space, kind="reply")
        assert [(one.tag, one.workspace) for one in rows] == [("reply:send", name)]


async def test_nobody_reads_the_audit_of_another_agency(agency: NewAgency) -> None:
    other = await make_tenant()
    theirs = [other.first.id, other.second.id]
    for space in theirs:
        assert await _read(agency.owner, workspace=space) == []
    assert await _read(agency.owner, person=other.actor.user_id) == []
    async with unit_of_work(agency.owner) as session:
        page = await auditing.read_audit(session, agency.owner, AuditFilter())
    assert {one.id for one in page.workspaces}.isdisjoint(theirs)
    batches = [rows async for rows in auditing.export_audit(agency.owner, AuditFilter())]
    assert {one.workspace_id for rows in batches for one in rows} <= {None, agency.workspace_id}


async def test_it_is_for_administrators(uow: AsyncSession, agency: NewAgency) -> None:
    reach = {agency.workspace_id: frozenset({Role.MANAGER})}
    manager = replace(agency.owner, agency_roles=frozenset[Role](), workspaces=reach)
    with pytest.raises(Forbidden):
        await auditing.read_audit(uow, manager, AuditFilter())
    with pytest.raises(Forbidden):
        await auditing.begin_export(uow, manager, "csv")
    with pytest.raises(Forbidden):
        await anext(auditing.export_audit(manager, AuditFilter()))


async def test_an_export_is_whole_and_recorded(
    agency: NewAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "BATCH", 7)
    moment = datetime.now(UTC)
    await _add(agency, *[_event(agency, at=moment, tag="reply:send") for _ in range(21)])
    chosen = AuditFilter(kind="reply")
    batches = [len(rows) async for rows in auditing.export_audit(agency.owner, chosen)]
    assert batches == [7, 7, 7]
    async with unit_of_work(agency.owner) as session:
        await auditing.begin_export(session, agency.owner, "csv")
    (event,) = await _read(agency.owner, kind="audit")
    assert (event.sentence, event.data["format"]) == ("audit.audit.export", "csv")


def test_every_kind_and_every_field_that_is_told_has_its_word() -> None:
    for language in ("en", "fr"):
        for kind in auditing.kinds():
            assert f"audit.kind.{kind}" in catalogue(language), kind
        for name in ("name", "client", "time_zone", "languages", "brand", "hours", "country"):
            assert f"audit.field.{name}" in catalogue(language)
    assert {tag.split(":")[0] for tag in audit.TAGS} == set(auditing.kinds())
