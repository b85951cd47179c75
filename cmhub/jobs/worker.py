"""The worker: jobs from the queue, live streams, and the sweeper that loses nothing."""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from pgqueuer import QueueManager
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bound_contextvars

from cmhub import queue
from cmhub.db import WORK, app_url, dispose, doors, is_away, refuse_powerful_role
from cmhub.integrations.http import close_client
from cmhub.integrations.tracing import trace_process
from cmhub.jobs.handlers import DUE, DUE_DOORS, HANDLERS, Handler
from cmhub.jobs.streams import Streams
from cmhub.queue import Work, enqueue
from cmhub.services.archiving import is_archived
from cmhub.telemetry import note_job, span

SWEEP_SECONDS = 30.0
HEARTBEAT = timedelta(seconds=3)
ATTEMPTS = 8

_LOG = structlog.get_logger()


async def run_worker(concurrency: int = 10) -> None:
    """Do background work until SIGTERM or SIGINT; survive a database that comes and goes."""
    trace_process("cmhub worker")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    try:
        await _until(stop, _checked_role)
        streams = Streams()
        async with asyncio.TaskGroup() as group:
            group.create_task(_kept_running("jobs", stop, lambda: _work(concurrency, stop)))
            group.create_task(_kept_running("sweeper", stop, lambda: _sweep(stop)))
            group.create_task(_kept_running("streams", stop, lambda: streams.run(stop)))
            group.create_task(_kept_running("wake", stop, lambda: _listen(streams, stop)))
    finally:
        await close_client()
        await dispose()


async def _checked_role() -> None:
    await refuse_powerful_role()


async def _until(stop: asyncio.Event, once: Callable[[], Awaitable[None]]) -> None:
    """Do something that needs the database, waiting for it as long as it takes."""
    while not stop.is_set():
        try:
            await once()
        except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
            _LOG.warning("the database does not answer", error=str(error)[:200])
            await _sleep(stop, 2.0)
        else:
            return


async def _kept_running(name: str, stop: asyncio.Event, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part of the worker again whenever it ends; a part that dies must not stay dead."""
    while not stop.is_set():
        try:
            await run()
        except Exception as error:  # noqa: BLE001  # the supervisor: start again, whatever it was
            if is_away(error):
                _LOG.warning("a part of the worker waits for the database", part=name)
            else:
                _LOG.exception("a part of the worker ended", part=name)
        await _sleep(stop, 1.0)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _work(concurrency: int, stop: asyncio.Event) -> None:
    connection = await asyncpg.connect(
        app_url(), server_settings={"application_name": queue.WORKER_NAME}
    )
    try:
        worker = QueueManager(queue.queries(AsyncpgDriver(connection)))
        for kind, handler in HANDLERS.items():
            worker.entrypoint(kind, on_failure="hold")(_job(kind, handler))
        ending = asyncio.create_task(_end_with(stop, worker))
        try:
            await worker.run(
                dequeue_timeout=timedelta(seconds=1),
                batch_size=concurrency,
                max_concurrent_tasks=2 * concurrency,
                heartbeat_timeout=HEARTBEAT,
                shutdown_on_listener_failure=True,
            )
        finally:
            ending.cancel()
    finally:
        await connection.close(timeout=2)


async def _end_with(stop: asyncio.Event, worker: QueueManager) -> None:
    await stop.wait()
    worker.shutdown.set()


def _job(kind: str, handler: Handler) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        work = Work.decode(job.payload)
        began = time.monotonic()
        with (
            bound_contextvars(job=kind, row=str(work.id), attempt=job.attempts),
            span("job", kind=kind),
        ):
            try:
                if await _may_run(work):
                    await handler(work)
            except Exception as error:
                known = is_away(error)
                final = job.attempts >= ATTEMPTS and not known
                note_job(kind, "failed" if final else "again", time.monotonic() - began)
                _LOG.warning(
                    "job failed", reason=type(error).__name__, exc_info=None if known else error
                )
                if final:
                    raise
                raise RetryRequested(retry_delay(job.attempts), type(error).__name__) from error
            note_job(kind, "done", time.monotonic() - began)

    return run


async def _may_run(work: Work) -> bool:
    """Whether its workspace is not archived; restored, its rows are due and have jobs again."""
    if work.agency_id is None or work.workspace_id is None:
        return True
    return not await is_archived(work.agency_id, work.workspace_id)


def retry_delay(attempts: int) -> timedelta:
    """2, 4, 8 … seconds with jitter, at most five minutes."""
    return timedelta(seconds=min(300.0, 2.0 ** (attempts + 1)) * random.uniform(0.75, 1.25))  # noqa: S311


async def _sweep(stop: asyncio.Event) -> None:
    """Take what is due and has no job, because one was lost or a worker died."""
    while not stop.is_set():
        await sweep()
        await _sleep(stop, SWEEP_SECONDS)


async def sweep() -> int:
    """Enqueue a job for every row that is due.

    Returns:
        How many rows were due.
    """
    found = 0
    async with doors() as session:
        for kind, job in DUE.items():
            due = text(f"select * from {DUE_DOORS.get(kind, 'due_work')}(:kind, 500)")  # noqa: S608
            rows = await session.execute(due, {"kind": kind})
            for row in rows.all():
                work = Work(row.id, row.agency_id, row.workspace_id)
                await enqueue(session, job, work, key=f"{kind}:{row.id}")
                found += 1
        await session.execute(text("select forget_expired()"))
    return found


async def _listen(streams: Streams, stop: asyncio.Event) -> None:
    connection = await asyncpg.connect(app_url())
    lost = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(WORK, _heard(streams))
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(lost.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
    finally:
        await connection.close(timeout=2)


def _heard(streams: Streams) -> Callable[[object, int, str, object], None]:
    def heard(_connection: object, _process: int, _channel: str, payload: object) -> None:
        with contextlib.suppress(ValueError):
            streams.wake(UUID(str(payload)))

    return heard
