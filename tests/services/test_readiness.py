"""What is told of the database, its schema and the worker."""

import asyncpg

from cmhub.db import app_url
from cmhub.queue import WORKER_NAME
from cmhub.services.readiness import check_readiness


async def test_it_knows_whether_a_worker_asked_for_jobs_lately(pool: None) -> None:
    assert not (await check_readiness()).worker
    worker = await asyncpg.connect(app_url(), server_settings={"application_name": WORKER_NAME})
    await worker.execute("select 1")
    found = await check_readiness()
    await worker.close()
    assert (found.database, found.migrations, found.worker, found.ready) == (True, True, True, True)
