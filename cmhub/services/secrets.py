"""Secrets of a workspace: sealed under its data key, opened only where they are used."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub import crypto
from cmhub.errors import NotReady
from cmhub.models import DataKey, new_id


async def _wrapped_key(session: AsyncSession, agency: UUID, workspace: UUID) -> bytes | None:
    return await session.scalar(
        select(DataKey.wrapped).where(
            DataKey.agency_id == agency, DataKey.workspace_id == workspace
        )
    )


async def _make_key(session: AsyncSession, agency: UUID, workspace: UUID) -> None:
    await session.execute(
        insert(DataKey)
        .values(
            agency_id=agency,
            id=new_id(),
            workspace_id=workspace,
            wrapped=crypto.new_data_key(),
            created_at=datetime.now(UTC),
        )
        .on_conflict_do_nothing()
    )


async def seal(
    session: AsyncSession,
    agency: UUID,
    workspace: UUID,
    row: UUID,
    value: Mapping[str, str],
) -> bytes:
    """Encrypt the secret of a connection under the key of its workspace."""
    wrapped = await _wrapped_key(session, agency, workspace)
    if wrapped is None:
        await _make_key(session, agency, workspace)
        wrapped = await _wrapped_key(session, agency, workspace)
    assert wrapped is not None
    where = crypto.place(agency, workspace, "connection", row, "secret")
    return crypto.seal(wrapped, where, json.dumps(dict(value)).encode())


async def unseal(
    session: AsyncSession, agency: UUID, workspace: UUID, row: UUID, sealed: bytes
) -> dict[str, str]:
    """Decrypt what ``seal`` made for the same connection.

    Raises:
        NotReady: the workspace's key is gone, or the secret belongs elsewhere.
    """
    wrapped = await _wrapped_key(session, agency, workspace)
    if wrapped is None:
        raise NotReady("sealed")
    where = crypto.place(agency, workspace, "connection", row, "secret")
    return json.loads(crypto.unseal(wrapped, where, sealed))
