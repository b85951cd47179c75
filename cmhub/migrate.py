"""Roles and schema, brought to the newest version; safe to start twice at once."""

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection

from cmhub import embedded
from cmhub.config import PROJECT, settings
from cmhub.errors import NotReady
from cmhub.models import Base

ROLES = ("cmhub_owner", "cmhub_app", "cmhub_resolver")
LOCK = 0x434D487562
_OWNS_PUBLIC = (
    "select has_schema_privilege('cmhub_owner', 'public', 'create with grant option')"
    " and has_schema_privilege('cmhub_owner', 'public', 'usage with grant option')"
)


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings, with the connection to use."""
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "alembic").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def privileged_url() -> str:
    """Where roles can be created and the schema changed.

    Raises:
        NotReady: an external database is set without an address for its owner.
    """
    configured = settings()
    if configured.owner_database_url:
        return configured.owner_database_url
    if configured.embedded:
        return embedded.start(configured.data_dir).superuser_url
    raise NotReady("owner_url")


def sync_url(url: str) -> str:
    """The address as SQLAlchemy wants it for psycopg."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


@contextmanager
def owner_connection(url: str) -> Generator[Connection]:
    """A connection that acts as ``cmhub_owner``, alone under an advisory lock."""
    engine = sa.create_engine(sync_url(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("select pg_advisory_lock(:key)"), {"key": LOCK})
        _create_roles(connection)
        connection.execute(sa.text("set role cmhub_owner"))
        connection.commit()
        yield connection
        connection.commit()
    engine.dispose()


def migrate() -> str:
    """Create what is missing of roles and schema.

    Returns:
        The revision that the schema now has.
    """
    with owner_connection(privileged_url()) as connection:
        command.upgrade(alembic_config(connection), "head")
        connection.execute(sa.text("grant select on alembic_version to cmhub_app"))
        return str(MigrationContext.configure(connection).get_current_revision())


def check() -> list[str]:
    """Differences between the schema of the database and the models; none is right."""
    with owner_connection(privileged_url()) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": _is_ours}
        )
        differences = [str(line) for line in compare_metadata(context, Base.metadata)]
        head = ScriptDirectory.from_config(alembic_config()).get_current_head()
        current = context.get_current_revision()
    if current != head:
        differences.append(f"the schema is at {current}, the newest is {head}")
    return differences


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    return not (kind == "table" and name == "alembic_version")


def _create_roles(connection: Connection) -> None:
    for role in ROLES:
        login = "login" if role == "cmhub_app" else "nologin"
        if settings().embedded and role == "cmhub_owner":
            login = "login"
        exists = connection.scalar(
            sa.text("select true from pg_roles where rolname = :role"), {"role": role}
        )
        if not exists:
            connection.execute(sa.text(f"create role {role} {login} noinherit"))
    _grant_roles(connection)
    _set_app_password(connection)


def _grant_roles(connection: Connection) -> None:
    database = connection.scalar(sa.text("select quote_ident(current_database())"))
    statements = [
        "grant cmhub_owner to current_user",
        "grant cmhub_resolver to cmhub_owner",
        f"grant create, connect on database {database} to cmhub_owner",
        f"grant connect on database {database} to cmhub_app",
        "grant usage on schema public to cmhub_app, cmhub_resolver",
    ]
    # Who holds it from us cannot give it back to us, as a second grant by a role that is
    # no superuser would.
    if not connection.scalar(sa.text(_OWNS_PUBLIC)):
        statements.append("grant usage, create on schema public to cmhub_owner with grant option")
    for statement in statements:
        connection.execute(sa.text(statement))


def _set_app_password(connection: Connection) -> None:
    parts = urlsplit(settings().database_url or "")
    if parts.username != "cmhub_app" or not parts.password:
        return
    statement = sql.SQL("alter role cmhub_app password {}").format(sql.Literal(parts.password))
    connection.exec_driver_sql(statement.as_string(None).replace("%", "%%"))
