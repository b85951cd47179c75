"""Imports by the page: a file waits, a worker reads it, its page follows."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid
from cmhub.models import ImportRun, Message
from cmhub.queue import Work
from cmhub.services import files
from cmhub.services.importing import runs
from cmhub.services.importing.runs import ImportView, Upload
from cmhub.services.notices.reading import list_notices
from tests.support.agency import NewAgency
from tests.support.rights import held


def _lines(count: int, *, bad: int = 0) -> bytes:
    good = [
        json.dumps({"id": str(n), "channel": "general", "author": {"id": f"u{n % 7}"},
                    "text": f"Bonjour {n}", "posted_at": f"2026-03-01T08:{n % 60:02}:00Z"})
        for n in range(count)
    ]  # fmt: skip
    return "\n".join([*good, *["=cmd()"] * bad]).encode()


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _receive(agency: NewAgency, data: bytes, **options: Any) -> UUID:
    upload = Upload(options.pop("name", "histoire é.jsonl"), len(data), **options)
    return await runs.receive_import(agency.owner, agency.workspace_id, upload, _pieces(data))


async def _work(agency: NewAgency, run: UUID) -> None:
    await runs.run_import(Work(run, agency.id, agency.workspace_id))


async def _view(agency: NewAgency, run: UUID) -> ImportView:
    async with unit_of_work(agency.owner) as session:
        found = await runs.list_imports(session, agency.owner, agency.workspace_id)
    return next(one for one in found if one.id == run)


async def _messages(agency: NewAgency) -> int:
    async with unit_of_work(agency.owner) as session:
        return await session.scalar(select(func.count()).select_from(Message)) or 0


async def _set(agency: NewAgency, run: UUID, **values: object) -> None:
    async with unit_of_work(agency.owner) as session:
        await session.execute(update(ImportRun).where(ImportRun.id == run).values(**values))


async def test_a_file_comes_in_and_what_is_bad_is_told(agency: NewAgency, tmp_path: Path) -> None:
    run = await _receive(agency, _lines(2500, bad=2))
    waiting = await _view(agency, run)
    assert (waiting.state, waiting.share, waiting.lines) == ("waiting", 0.0, 0)
    await _work(agency, run)
    done = await _view(agency, run)
    assert (done.state, done.share) == ("done", 1.0)
    assert (done.lines, done.added, done.known, done.rejected) == (2502, 2500, 0, 2)
    assert done.kind == "jsonl"
    assert await _messages(agency) == 2500
    told = tmp_path / "told"
    await files.fetch_file(agency.owner, agency.workspace_id, done.rejected_file, told)
    entries = [json.loads(line) for line in told.read_text().splitlines()]
    assert [(one["line"], one["text"]) for one in entries] == [(2501, "=cmd()"), (2502, "=cmd()")]


async def test_who_began_it_is_told_when_it_has_ended(agency: NewAgency) -> None:
    run = await _receive(agency, _lines(3))
    await _work(agency, run)
    async with unit_of_work(agency.owner) as session:
        told = await list_notices(session, agency.owner)
    assert [(one.kind, one.params["file"]) for one in told] == [
        ("import_finished", "histoire é.jsonl")
    ]


async def test_the_same_file_again_adds_nothing(agency: NewAgency) -> None:
    await _work(agency, await _receive(agency, _lines(30)))
    run = await _receive(agency, _lines(30))
    await _work(agency, run)
    again = await _view(agency, run)
    assert (again.added, again.known) == (0, 30)
    assert await _messages(agency) == 30


async def test_the_file_is_not_kept_after_the_import(agency: NewAgency) -> None:
    run = await _receive(agency, _lines(3))
    await _work(agency, run)
    kept = [one.key async for one in files.list_files(agency.owner, agency.workspace_id)]
    assert kept == []


async def test_a_worker_that_died_is_followed_by_another(agency: NewAgency) -> None:
    run = await _receive(agency, _lines(1500))
    await _set(agency, run, state="running", attempts=1, added=400, lines=900,
               due_at=datetime.now(UTC) + timedelta(minutes=1))  # fmt: skip
    await _work(agency, run)
    assert (await _view(agency, run)).state == "running", "another worker has it still"
    await _set(agency, run, due_at=datetime.now(UTC))
    await _work(agency, run)
    done = await _view(agency, run)
    assert (done.state, done.lines) == ("done", 1500)


async def test_one_that_fails_again_and_again_is_given_up(agency: NewAgency) -> None:
    run = await _receive(agency, _lines(3))
    await _set(agency, run, attempts=runs.ATTEMPTS)
    await _work(agency, run)
    assert (await _view(agency, run)).state == "failed"


async def test_a_stopped_import_keeps_what_is_in(agency: NewAgency) -> None:
    run = await _receive(agency, _lines(10))
    async with unit_of_work(agency.owner) as session:
        await runs.stop_import(session, agency.owner, agency.workspace_id, run)
    await _work(agency, run)
    assert (await _view(agency, run)).state == "stopped"
    assert await _messages(agency) == 0
    async with unit_of_work(agency.owner) as session:
        with pytest.raises(Conflict):
            await runs.stop_import(session, agency.owner, agency.workspace_id, run)


async def test_one_that_is_stopped_while_it_runs_ends_after_its_batch(
    agency: NewAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await _receive(agency, _lines(3000))
    write = runs.Writer.write

    async def stopped_meanwhile(self: Any, session: Any, batch: Any) -> int:
        if self.lines == 1000:
            async with unit_of_work(agency.owner) as other:
                await runs.stop_import(other, agency.owner, agency.workspace_id, run)
        return await write(self, session, batch)

    monkeypatch.setattr(runs.Writer, "write", stopped_meanwhile)
    await _work(agency, run)
    view = await _view(agency, run)
    assert view.state == "stopped"
    assert await _messages(agency) <= 2000


async def test_a_file_that_is_no_export_fails_with_a_sentence(agency: NewAgency) -> None:
    run = await _receive(agency, b"\x00\x01\x02 nothing of use", name="photo.bin")
    await _work(agency, run)
    failed = await _view(agency, run)
    assert (failed.state, failed.fault) == ("failed", "error.invalid.unknown_format")


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"kind": "exe"}, "unknown_format"), ({"encoding": "klingon"}, "unknown_encoding")],
)
async def test_what_cannot_be_is_refused_at_once(
    agency: NewAgency, options: dict[str, str], reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await _receive(agency, _lines(1), **options)
    assert refused.value.params["reason"] == reason


async def test_an_empty_file_is_refused(agency: NewAgency) -> None:
    with pytest.raises(Invalid):
        await _receive(agency, b"")


async def test_only_who_may_import_imports(agency: NewAgency) -> None:
    from dataclasses import replace

    from cmhub.actor import Role

    for role in Role:
        actor = replace(
            agency.owner, agency_roles=frozenset(),
            workspaces={agency.workspace_id: frozenset({role})},
        )  # fmt: skip
        call = runs.receive_import(
            actor, agency.workspace_id, Upload("a.jsonl", 3), _pieces(_lines(1))
        )
        if role in held()["history:import"]:
            await call
        else:
            with pytest.raises(Forbidden):
                await call
