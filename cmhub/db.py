"""The database: engine, tenant scope and the unit of work.

Row-level security reads who is asking from settings of the transaction. They are set in its
first statement and nowhere else: set for the session, they would leak to whoever comes next
on the same pooled connection.
"""

import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import cache
from uuid import UUID

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from cmhub import embedded
from cmhub.actor import Actor
from cmhub.config import settings
from cmhub.errors import WrongRole

LIVE = "cmhub_live"
WORK = "cmhub_work"

_SCOPE = text(
    "select set_config('cmhub.agency_id', :agency, true),"
    " set_config('cmhub.workspace_ids', :workspaces, true),"
    " set_config('cmhub.user_id', :user, true)"
)
_ROLE = text(
    "select r.rolsuper or r.rolbypassrls or exists (select from pg_class c"
    " where c.relowner = r.oid and c.relname = 'agency') from pg_roles r"
    " where r.rolname = current_user"
)


def app_url() -> str:
    """The address of the database for the role that sees only its tenant."""
    configured = settings()
    if configured.database_url is not None:
        return configured.database_url
    return embedded.start(configured.data_dir).app_url


def async_url(url: str) -> str:
    """The address as SQLAlchemy wants it for asyncpg."""
    return "postgresql+asyncpg://" + url.split("://", 1)[1]


@cache
def engine() -> AsyncEngine:
    """The engine of this process and event loop."""
    return create_async_engine(
        async_url(app_url()),
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=False,
        pool_recycle=1800,
    )


async def dispose() -> None:
    """Close the pool, before the event loop that it belongs to ends."""
    if engine.cache_info().currsize:
        await engine().dispose()
        engine.cache_clear()


async def refuse_powerful_role() -> None:
    """Refuse to run as a role that row-level security does not bind.

    Raises:
        WrongRole: the address is that of a superuser or of the tables' owner.
    """
    alone = create_async_engine(async_url(app_url()), poolclass=NullPool)
    async with alone.connect() as connection:
        powerful = await connection.scalar(_ROLE)
    await alone.dispose()
    if powerful:
        raise WrongRole


def _array(ids: Iterable[UUID]) -> str:
    return "{" + ",".join(str(one) for one in ids) + "}"


async def enter_scope(session: AsyncSession, actor: Actor) -> None:
    """Let the transaction see what the actor may reach, until it ends."""
    await session.execute(
        _SCOPE,
        {
            "agency": str(actor.agency_id),
            "workspaces": _array(actor.workspaces),
            "user": str(actor.user_id or ""),
        },
    )


@asynccontextmanager
async def unit_of_work(actor: Actor) -> AsyncGenerator[AsyncSession]:
    """One transaction in the actor's scope: all of it is committed, or nothing."""
    async with (
        AsyncSession(engine(), expire_on_commit=False) as session,
        session.begin(),
    ):
        await enter_scope(session, actor)
        yield session


@asynccontextmanager
async def doors() -> AsyncGenerator[AsyncSession]:
    """One transaction without a tenant: only the listed functions give anything."""
    async with (
        AsyncSession(engine(), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


async def announce(session: AsyncSession, actor: Actor, workspace_id: UUID, *topics: str) -> None:
    """Tell every open tab of the workspace, at the commit, what changed."""
    payload = {
        "agency": str(actor.agency_id),
        "workspace": str(workspace_id),
        "topics": list(topics),
    }
    await session.execute(
        text("select pg_notify(:channel, :payload)"),
        {"channel": LIVE, "payload": json.dumps(payload)},
    )


async def wake_stream(session: AsyncSession, connection_id: UUID) -> None:
    """Tell the worker, at the commit, that a connection wants to be read anew."""
    await session.execute(
        text("select pg_notify(:channel, :payload)"),
        {"channel": WORK, "payload": str(connection_id)},
    )
