"""Whether what CMHub needs is there."""

from dataclasses import dataclass
from functools import cache

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.db import DatabaseAway, doors
from cmhub.migrate import alembic_config
from cmhub.queue import WORKER_NAME

_LATELY = 10
"""Seconds within which a worker that lives has asked for jobs; it asks every second."""

# A worker's own connection tells it: no row is written for it, and no worker can forget to. One
# that hangs, or whose machine has gone, is still connected, but asks no more.
_POLLED = text(
    "select exists (select from pg_stat_activity where datname = current_database()"
    " and application_name = :name"
    " and state_change > clock_timestamp() - make_interval(secs => :lately))"
)

_JOBS = text("""
    select count(*) filter (where status = 'queued' and execute_after <= now()) as due,
        count(*) filter (where status = 'queued' and execute_after > now()) as later,
        count(*) filter (where status = 'picked') as running,
        count(*) filter (where status = 'failed') as failed,
        coalesce(extract(epoch from now() - min(execute_after) filter
            (where status = 'queued' and execute_after <= now())), 0) as oldest
    from jobs.pgqueuer
""")


@dataclass(frozen=True, slots=True)
class Readiness:
    """What answers; ``migrations`` is whether the schema is the newest.

    ``worker`` is whether any worker asked for jobs lately.
    """

    database: bool
    migrations: bool
    worker: bool

    @property
    def ready(self) -> bool:
        """Whether requests can be served; without a worker they can, and jobs wait."""
        return self.database and self.migrations


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


async def check_readiness() -> Readiness:
    """Ask the database which revision it is at, and when a worker last asked it for jobs."""
    try:
        async with doors() as session:
            return await _ask(session)
    except DatabaseAway:
        return Readiness(database=False, migrations=False, worker=False)
    except DBAPIError:
        # It was the database that refused: it runs, without our schema.
        return Readiness(database=True, migrations=False, worker=False)


async def _ask(session: AsyncSession) -> Readiness:
    current = await session.scalar(text("select version_num from alembic_version"))
    polled = await session.scalar(_POLLED, {"name": WORKER_NAME, "lately": _LATELY})
    return Readiness(database=True, migrations=current == _head(), worker=bool(polled))


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs there are of each kind, and for how many seconds the oldest due one waits."""

    due: int
    later: int
    running: int
    failed: int
    oldest_seconds: float


async def count_jobs() -> JobCounts | None:
    """Count what the queue holds, for whoever watches it; nothing when the database is away."""
    try:
        async with doors() as session:
            row = (await session.execute(_JOBS)).one()
    except (DatabaseAway, DBAPIError):
        return None
    return JobCounts(row.due, row.later, row.running, row.failed, float(row.oldest))
