"""Every row of a workspace or of the agency itself, table by table, as it is stored.

What is stored as bytes is a ciphertext or a digest, opens nothing elsewhere, and stays.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, time
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, func, select, true
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.models import GLOBAL_TABLES, Base

BATCH = 1000
LEFT_OUT: Mapping[str, str] = {
    "data_key": "it opens secrets",
    "early_event": "what came before its message is no part of the community yet",
    "import_run": "it is work that was done here",
    "export_run": "it is work that was done here",
    "workspace": "it stands in workspace.json",
}
"""Tables that an export has not, and why."""

Line = dict[str, Any]


def tables(workspace_id: UUID | None) -> list[Table]:
    """The tables that have rows of a workspace, or of the agency itself."""
    return [
        table
        for name, table in sorted(Base.metadata.tables.items())
        if name not in GLOBAL_TABLES and name not in LEFT_OUT and _may_have(table, workspace_id)
    ]


def _may_have(table: Table, workspace_id: UUID | None) -> bool:
    if workspace_id is not None:
        return "workspace_id" in table.c
    return "workspace_id" not in table.c or bool(table.c.workspace_id.nullable)


def _of(table: Table, agency_id: UUID, workspace_id: UUID | None) -> ColumnElement[bool]:
    if "workspace_id" not in table.c:
        place: ColumnElement[bool] = true()
    elif workspace_id is None:
        place = table.c.workspace_id.is_(None)
    else:
        place = table.c.workspace_id == workspace_id
    return and_(table.c.agency_id == agency_id, place)


async def count_rows(session: AsyncSession, agency_id: UUID, workspace_id: UUID) -> int:
    """How many rows of a workspace there are to export."""
    total = 0
    for table in tables(workspace_id):
        counted = select(func.count()).select_from(table).where(_of(table, agency_id, workspace_id))
        total += await session.scalar(counted) or 0
    return total


async def rows_of(
    session: AsyncSession, table: Table, agency_id: UUID, workspace_id: UUID | None
) -> AsyncIterator[list[Line]]:
    """The rows of a table in batches, by its primary key."""
    columns = [one for one in table.c if not isinstance(one.type, BYTEA)]
    rows = await session.stream(
        select(*columns)
        .where(_of(table, agency_id, workspace_id))
        .order_by(*table.primary_key.columns)
        .execution_options(yield_per=BATCH)
    )
    async for part in rows.mappings().partitions(BATCH):
        yield [{name: plain(value) for name, value in row.items()} for row in part]


def plain(value: object) -> object:
    """A value as JSON has it, also within an array; moments, days and times in ISO 8601."""
    if isinstance(value, list):
        return [plain(each) for each in cast("list[object]", value)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
