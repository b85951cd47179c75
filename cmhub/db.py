"""The database: engine, tenant scope and the unit of work.

Row-level security reads who is asking from settings of the transaction. They are set in its
first statement and nowhere else: set for the session, they would leak to whoever comes next
on the same pooled connection.

A database that has gone is one expected failure, ``DatabaseAway``, wherever it shows. Once it is
back the pool goes on by itself: a connection whose other end has closed knows it without asking,
so that it is replaced when it is taken, at no cost to those that live.
"""

import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import NullPool, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from cmhub import embedded
from cmhub.actor import Actor
from cmhub.config import settings
from cmhub.errors import NotReady, WrongRole
from cmhub.logs import know_actor
from cmhub.telemetry import span

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
# 08: connection trouble; shut down, crashed, starting; too many clients.
_AWAY_STATES = ("08", "57P01", "57P02", "57P03", "53300")


class DatabaseAway(NotReady):
    """The database does not answer, or went away in the middle of something."""

    def __init__(self) -> None:
        super().__init__("database")


def is_away(error: BaseException) -> bool:
    """Whether a failure means that the database has gone, not that it refused something."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_away(error.orig))
    if isinstance(error, OSError | DatabaseAway):
        return True
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state.startswith(_AWAY_STATES)


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
    made = create_async_engine(
        async_url(app_url()),
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,  # what people wrote must not reach the log by way of an error
    )
    event.listen(made.sync_engine, "checkout", _replace_closed)
    return made


def _replace_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool connect anew in place of a connection that the server has closed."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def dispose() -> None:
    """Close the pool, before the event loop that it belongs to ends."""
    if engine.cache_info().currsize:
        await engine().dispose()
        engine.cache_clear()


async def refuse_powerful_role() -> None:
    """Refuse to run as a role that row-level security does not bind.

    Raises:
        WrongRole: the address is that of a superuser or of the tables' owner.
        DatabaseAway: it does not answer.
        NotReady: it does not let us in, as with a wrong password.
    """
    alone = create_async_engine(async_url(app_url()), poolclass=NullPool)
    try:
        async with alone.connect() as connection:
            powerful = await connection.scalar(_ROLE)
    except (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if is_away(error):
            raise DatabaseAway from error
        raise NotReady("database_refused", fault=_words(error)) from error
    finally:
        await alone.dispose()
    if powerful:
        raise WrongRole


def _words(error: BaseException) -> str:
    """What the database itself said, without the statement."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(said).splitlines()[0]


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
async def _transaction() -> AsyncGenerator[AsyncSession]:
    async with AsyncSession(engine(), expire_on_commit=False) as session:
        await _connect(session)
        try:
            yield session
            await session.commit()
        except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if is_away(error):
                raise DatabaseAway from error
            raise


async def _connect(session: AsyncSession) -> None:
    """Connect apart from the work, where an OSError can only be the database's."""
    try:
        await session.connection()
    except (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if is_away(error):
            raise DatabaseAway from error
        raise


@asynccontextmanager
async def snapshot(actor: Actor) -> AsyncGenerator[AsyncSession]:
    """One reading transaction in the actor's scope that sees a single moment, however long.

    Raises:
        DatabaseAway: it is not there, or went away.
    """
    know_actor(actor)
    async with _transaction() as session:
        await session.execute(text("set transaction isolation level repeatable read, read only"))
        await enter_scope(session, actor)
        yield session


@asynccontextmanager
async def unit_of_work(actor: Actor) -> AsyncGenerator[AsyncSession]:
    """One transaction in the actor's scope: all of it is committed, or nothing.

    Raises:
        DatabaseAway: it is not there, or went away; then nothing is committed, unless it
            went in the very moment of the commit.
    """
    know_actor(actor)
    with span("unit of work"):
        async with _transaction() as session:
            await enter_scope(session, actor)
            yield session


@asynccontextmanager
async def doors() -> AsyncGenerator[AsyncSession]:
    """One transaction without a tenant: only the listed functions give anything.

    Raises:
        DatabaseAway: it is not there, or went away.
    """
    async with _transaction() as session:
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


async def announce_end(session: AsyncSession, ended: Iterable[UUID]) -> None:
    """Tell the open tabs of sessions, at the commit, that these have ended."""
    for one in ended:
        await session.execute(
            text("select pg_notify(:channel, :payload)"),
            {"channel": LIVE, "payload": json.dumps({"session": str(one)})},
        )


async def announce_user(session: AsyncSession, user_id: UUID, *topics: str) -> None:
    """Tell every open tab of one user, at the commit, what changed."""
    payload = {"user": str(user_id), "topics": list(topics)}
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
