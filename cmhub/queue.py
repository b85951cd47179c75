"""The one door to background work: a job is a row in the transaction of the change.

A job carries ids only and is a hint: what must happen is a row with a due time, and the
worker's sweeper takes whatever is due, so that a lost job loses nothing.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pgqueuer.adapters.persistence.qb import (
    DBSettings,
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.db import AsyncpgDriver, Driver
from pgqueuer.queries import Queries
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SCHEMA = "jobs"
WORKER_NAME = "cmhub worker"
"""What a worker's connection for jobs calls itself, so that others see whether it asks for any."""
MARGIN = timedelta(milliseconds=250)
"""The queue counts a delay from the start of the transaction, so a job could come too early."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a job is about: a row of a workspace, or of a user when there is no tenant yet."""

    id: UUID
    agency_id: UUID | None = None
    workspace_id: UUID | None = None

    def encode(self) -> bytes:
        """As the queue stores it."""
        return json.dumps([str(self.id), _text(self.agency_id), _text(self.workspace_id)]).encode()

    @staticmethod
    def decode(payload: bytes | None) -> "Work":
        """The inverse of ``encode``."""
        row, agency, workspace = json.loads(payload or b"[]")
        return Work(UUID(row), _id(agency), _id(workspace))


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _id(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


async def enqueue(
    session: AsyncSession,
    kind: str,
    work: Work,
    *,
    at: datetime | None = None,
    key: str | None = None,
) -> None:
    """Have the worker do ``kind`` at ``at`` (now when absent), after this transaction commits.

    A job with the same ``key`` that is still waiting or running stands for this one too.
    """
    delay = max(timedelta(0), at - datetime.now(UTC) + MARGIN) if at else timedelta(0)
    # The driver begins the transaction with the first statement that goes by the session.
    await session.execute(text("select 1"))
    connection = await session.connection()
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    await queries(AsyncpgDriver(raw)).enqueue(
        [kind], [work.encode()], [0], [delay], [key], on_conflict="skip"
    )


def queries(driver: Driver) -> Queries:
    """The queue's own statements, on the schema where our migration put its tables."""
    where = DBSettings(db_schema=SCHEMA)
    return Queries(
        driver,
        QueryBuilderEnvironment(where),
        QueryQueueBuilder(where),
        QuerySchedulerBuilder(where),
    )
