"""Jobs: rows in the transaction of the change, on the tables that the library wants."""

import importlib.util
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pgqueuer.adapters.persistence.qb import DBSettings, QueryBuilderEnvironment
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.config import PROJECT
from cmhub.db import doors
from cmhub.models import new_id
from cmhub.queue import SCHEMA, Work, enqueue

pytestmark = pytest.mark.usefixtures("pool")

_MINE = text(
    "select payload, execute_after - created as delay from jobs.pgqueuer"
    " where entrypoint = :kind order by id"
)


@pytest.fixture
def kind() -> str:
    """A kind of job that no worker knows."""
    return f"test.{new_id()}"


async def _jobs(kind: str) -> list[Any]:
    async with doors() as session:
        return list((await session.execute(_MINE, {"kind": kind})).all())


def test_the_tables_are_those_of_the_installed_library() -> None:
    path = PROJECT / "alembic" / "versions" / "0004_job_queue.py"
    spec = importlib.util.spec_from_file_location("job_queue", path)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    where = QueryBuilderEnvironment(DBSettings(db_schema=SCHEMA))
    assert migration.INSTALL.strip() == where.build_install_query(create_schema=False).strip()


async def test_a_job_carries_ids_only(kind: str) -> None:
    work = Work(new_id(), new_id(), new_id())
    async with doors() as session:
        await enqueue(session, kind, work)
    (job,) = await _jobs(kind)
    assert Work.decode(bytes(job.payload)) == work
    assert all(UUID(value) for value in json.loads(bytes(job.payload)))
    assert Work.decode(Work(work.id).encode()) == Work(work.id)


async def test_a_job_goes_with_the_change_that_wanted_it(kind: str) -> None:
    async def change(session: AsyncSession) -> None:
        await session.execute(text("select 1"))
        await enqueue(session, kind, Work(new_id()))
        raise LookupError

    with pytest.raises(LookupError):
        async with doors() as session:
            await change(session)
    assert await _jobs(kind) == []


async def test_a_job_is_in_the_transaction_even_when_it_is_the_first_thing_in_it(kind: str) -> None:
    async def change(session: AsyncSession) -> None:
        await enqueue(session, kind, Work(new_id()))
        raise LookupError

    with pytest.raises(LookupError):
        async with doors() as session:
            await change(session)
    assert await _jobs(kind) == []


async def test_a_job_waits_for_its_time(kind: str) -> None:
    async with doors() as session:
        await enqueue(session, kind, Work(new_id()), at=datetime.now(UTC) + timedelta(hours=1))
        await enqueue(session, kind, Work(new_id()), at=datetime.now(UTC) - timedelta(hours=1))
    later, now = await _jobs(kind)
    assert abs(later.delay - timedelta(hours=1)) < timedelta(seconds=2)
    assert now.delay == timedelta(0)


async def test_one_waiting_job_stands_for_all_with_its_key(kind: str) -> None:
    first, second = Work(new_id()), Work(new_id())
    async with doors() as session:
        await enqueue(session, kind, first, key=f"{kind}:1")
        await enqueue(session, kind, second, key=f"{kind}:1")
        # The transaction goes on after the second was left out.
        await enqueue(session, kind, second, key=f"{kind}:2")
    assert [Work.decode(bytes(job.payload)) for job in await _jobs(kind)] == [first, second]
