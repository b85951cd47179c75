"""Connected accounts on Home: which are dead, failing or no longer read."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Permission
from cmhub.services.connections import IMPORT
from cmhub.services.home.parts import Area, Line, Look, Severity

STALE = timedelta(minutes=30)
"""A working account is read every minute; after this long something is wrong with the reading."""

_ACCOUNTS = text("""
    select w.id as workspace_id, c.* from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (
        select c.id, c.account_name as account, c.label, c.state, c.faulted_at, c.synced_at
        from connection c
        where c.agency_id = :agency and c.workspace_id = w.id and c.network <> :import
            and c.state in ('active', 'trouble', 'reconnect')
        order by c.created_at, c.id limit 200) c
""")
_WORDS: dict[str, Severity] = {"reconnect": "bad", "stale": "bad", "trouble": "warn"}


async def _accounts(session: AsyncSession, look: Look) -> Sequence[Any]:
    return (await session.execute(_ACCOUNTS, look.keys | {"import": IMPORT})).all()


def _trouble(row: Any, look: Look) -> str:
    """What is wrong with an account: the rest of its text's key, or nothing."""
    if row.state != "active":
        return row.state
    stale = row.synced_at is not None and row.synced_at < look.now - STALE
    return "stale" if stale else ""


async def _burning(session: AsyncSession, look: Look) -> Sequence[Line]:
    return [
        Line(
            workspace_id=row.workspace_id,
            id=f"connection:{row.id}",
            severity=_WORDS[trouble],
            key=f"home.connection.{trouble}",
            params={"account": row.account, "place": row.label},
            address="connections/",
            since=row.synced_at if trouble == "stale" else row.faulted_at,
        )
        for row in await _accounts(session, look)
        if (trouble := _trouble(row, look))
    ]


async def _open(session: AsyncSession, look: Look) -> Sequence[Line]:
    return [
        Line(
            workspace_id=workspace_id,
            id="connections:trouble",
            severity="warn",
            key="home.open.connections",
            params={"n": count},
            address="connections/",
            count=count,
        )
        for workspace_id, (_, count) in _counts(await _accounts(session, look), look).items()
        if count
    ]


async def _signals(session: AsyncSession, look: Look) -> Sequence[Line]:
    counts = _counts(await _accounts(session, look), look)
    return [_signal(each, *counts.get(each, (0, 0))) for each in look.workspace_ids]


def _signal(workspace_id: Any, accounts: int, broken: int) -> Line:
    state = "none" if not accounts else "broken" if broken else "good"
    severity: Severity = "info" if not accounts else "bad" if broken else "good"
    return Line(
        workspace_id=workspace_id,
        id="connections",
        severity=severity,
        key=f"home.signal.connections.{state}",
        params={"n": broken or accounts},
        address="connections/",
        count=broken,
    )


def _counts(rows: Sequence[Any], look: Look) -> dict[Any, tuple[int, int]]:
    """Accounts of each workspace, and how many of them have trouble."""
    found: dict[Any, tuple[int, int]] = {}
    for row in rows:
        accounts, broken = found.get(row.workspace_id, (0, 0))
        found[row.workspace_id] = accounts + 1, broken + bool(_trouble(row, look))
    return found


AREA = Area(
    "connections", Permission.CONNECTION_READ, burning=_burning, open=_open, signals=_signals
)
