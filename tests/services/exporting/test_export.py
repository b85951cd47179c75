"""An export holds everything, and comes in again as it was."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden, NotFound
from cmhub.models import GLOBAL_TABLES, Base, ExportRun
from cmhub.queue import Work
from cmhub.services import files
from cmhub.services.exporting import export_file, runs
from cmhub.services.exporting.tables import LEFT_OUT, tables
from cmhub.services.importing import import_file
from tests.support.agency import NewAgency, make_agency
from tests.support.tenants import Tenant, make_tenant

MESSAGES = """
    select m.external_id, c.name, t.root, m.reply_to, a.name, m.body, m.language, m.posted_at,
        m.edited_at, m.deleted_at, a.bot, a.team,
        (select array_agg((v.at, v.body)::text order by v.at) from message_version v
            where v.workspace_id = m.workspace_id and v.message_id = m.id),
        (select array_agg((r.external_id, r.name, r.at)::text order by r.at, r.id)
            from reaction r where r.workspace_id = m.workspace_id and r.message_id = m.id),
        (select array_agg((f.url, f.media_type, f.name)::text order by f.position)
            from attachment f where f.workspace_id = m.workspace_id and f.message_id = m.id)
    from message m join channel c on c.workspace_id = m.workspace_id and c.id = m.channel_id
    join thread t on t.workspace_id = m.workspace_id and t.id = m.thread_id
    join member a on a.workspace_id = m.workspace_id and a.id = m.member_id
    where m.workspace_id = :workspace order by c.name, m.external_id
"""


@pytest.fixture(scope="module")
async def tenant(pool: None) -> Tenant:
    return await make_tenant()


@pytest.fixture
async def exported(tenant: Tenant, tmp_path: Path) -> Path:
    path = tmp_path / "export.zip"
    await files.put_file(tenant.actor, tenant.first.id, "logo/1.png", b"png")
    await files.put_file(tenant.actor, None, "logo/agency.png", b"agency")
    await export_file(tenant.slug, None, path, lambda _: None)
    return path


def _names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def _lines(path: Path, name: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read(name).decode().splitlines()]


async def _messages(actor: Any, workspace_id: Any) -> list[tuple[Any, ...]]:
    async with unit_of_work(actor) as session:
        rows = await session.execute(text(MESSAGES), {"workspace": workspace_id})
        return [tuple(row) for row in rows]


async def test_it_comes_in_again_as_it_was(tenant: Tenant, exported: Path) -> None:
    other = await make_agency()
    result = await import_file(exported, other.slug, "riviere")
    assert (result.rejected, result.imported) == (
        0,
        len(_lines(exported, "riviere/messages.jsonl")),
    )
    before = await _messages(tenant.actor, tenant.first.id)
    assert before
    assert await _messages(other.owner, other.workspace_id) == before
    again = await import_file(exported, other.slug, "riviere")
    assert again.imported == 0


async def test_an_export_of_what_was_imported_is_the_same(
    tenant: Tenant, exported: Path, tmp_path: Path
) -> None:
    other = await make_agency()
    await import_file(exported, other.slug, "riviere")
    second = tmp_path / "second.zip"
    await export_file(other.slug, "riviere", second, lambda _: None)
    key = lambda line: (line["channel"], line["id"])  # noqa: E731
    first_lines = sorted(_lines(exported, "riviere/messages.jsonl"), key=key)
    assert sorted(_lines(second, "riviere/messages.jsonl"), key=key) == first_lines


async def test_every_table_is_there_but_for_those_that_say_why(
    tenant: Tenant, exported: Path
) -> None:
    there = _names(exported)
    for name, table in Base.metadata.tables.items():
        if name in GLOBAL_TABLES or name in LEFT_OUT:
            continue
        if "workspace_id" in table.c:
            for slug in ("riviere", "montagne"):
                assert f"{slug}/tables/{name}.jsonl" in there
        else:
            assert f"agency/tables/{name}.jsonl" in there
    assert {each.name for each in tables(None)} & set(LEFT_OUT) == set()


async def test_files_and_people_are_there(tenant: Tenant, exported: Path) -> None:
    assert {"riviere/files/logo/1.png", "agency/files/logo/agency.png"} <= _names(exported)
    with zipfile.ZipFile(exported) as archive:
        people = json.loads(archive.read("agency/people.json"))
    assert tenant.email in {one["email"] for one in people}


def _secrets(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".jsonl"):
                for line in archive.read(name).decode().splitlines():
                    yield from (key for key in json.loads(line) if key in ("secret", "wrapped"))


async def test_no_secret_is_in_it(exported: Path) -> None:
    assert list(_secrets(exported)) == []


async def test_nothing_of_another_workspace_or_agency_is_in_it(
    tenant: Tenant, tmp_path: Path
) -> None:
    path = tmp_path / "one.zip"
    await export_file(tenant.slug, "riviere", path, lambda _: None)
    assert {name.split("/")[0] for name in _names(path)} == {"riviere"}
    with zipfile.ZipFile(path) as archive:
        words = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert str(tenant.first.id) in words
    assert str(tenant.second.id) not in words


async def test_what_does_not_exist_is_not_found(tenant: Tenant, tmp_path: Path) -> None:
    for agency, workspace in (("no-such", None), (tenant.slug, "no-such")):
        with pytest.raises(NotFound):
            await export_file(agency, workspace, tmp_path / "x.zip", lambda _: None)


# by the page


async def _make(agency: NewAgency) -> Any:
    async with unit_of_work(agency.owner) as session:
        run = await runs.start_export(session, agency.owner, agency.workspace_id)
    await runs.make_export(Work(run, agency.id, agency.workspace_id))
    async with unit_of_work(agency.owner) as session:
        found = await runs.list_exports(session, agency.owner, agency.workspace_id)
    return found[0]


async def test_a_worker_makes_it_and_its_reader_takes_it(agency: NewAgency, tmp_path: Path) -> None:
    made = await _make(agency)
    assert (made.state, made.share) == ("done", 1.0)
    assert made.size > 0
    async with unit_of_work(agency.owner) as session:
        opened = await runs.open_export(session, agency.owner, agency.workspace_id, made.id)
    path = tmp_path / opened.name
    path.write_bytes(b"".join([piece async for piece in opened.pieces]))
    assert f"{agency.workspace_slug}/messages.jsonl" in _names(path)


async def test_after_seven_days_it_is_removed(agency: NewAgency) -> None:
    made = await _make(agency)
    async with unit_of_work(agency.owner) as session:
        await session.execute(
            text("update export_run set due_at = now() where id = :id"), {"id": made.id}
        )
    await runs.make_export(Work(made.id, agency.id, agency.workspace_id))
    kept = [one.key async for one in files.list_files(agency.owner, agency.workspace_id)]
    assert kept == []
    async with unit_of_work(agency.owner) as session:
        with pytest.raises(NotFound):
            await runs.open_export(session, agency.owner, agency.workspace_id, made.id)


async def test_two_at_a_time_are_refused_and_one_can_be_stopped(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        run = await runs.start_export(session, agency.owner, agency.workspace_id)
        with pytest.raises(Conflict):
            await runs.start_export(session, agency.owner, agency.workspace_id)
        await runs.stop_export(session, agency.owner, agency.workspace_id, run)
    await runs.make_export(Work(run, agency.id, agency.workspace_id))
    async with unit_of_work(agency.owner) as session:
        (row,) = (await session.execute(text("select state from export_run"))).all()
    assert row.state == "stopped"
    assert ExportRun.__tablename__ not in {each.name for each in tables(agency.workspace_id)}


async def test_a_manager_may_not_export(agency: NewAgency) -> None:
    from dataclasses import replace

    from cmhub.actor import Role

    manager = replace(
        agency.owner, agency_roles=frozenset(),
        workspaces={agency.workspace_id: frozenset({Role.MANAGER})},
    )  # fmt: skip
    async with unit_of_work(manager) as session:
        with pytest.raises(Forbidden):
            await runs.start_export(session, manager, agency.workspace_id)
