"""Roles and schema, brought to the newest version; safe to start twice at once."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import command, op
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

_SECURE = "security definer set search_path = pg_catalog, pg_temp"
IN_AGENCY = "agency_id = (select nullif(current_setting('cmhub.agency_id', true), '')::uuid)"
_REACH = "((select nullif(current_setting('cmhub.workspace_ids', true), '')::uuid[])::uuid[])"
IN_WORKSPACE = f"{IN_AGENCY} and workspace_id = any {_REACH}"
IN_EITHER = f"{IN_AGENCY} and (workspace_id is null or workspace_id = any {_REACH})"


def secure(table: str, condition: str, *, resolved: bool = False) -> None:
    """Put a new tenant table behind row-level security; a step of a migration.

    ``condition`` is IN_AGENCY, IN_WORKSPACE, IN_EITHER or one that has them; with ``resolved``
    the doors may read the table.
    """
    op.execute(f"alter table {table} enable row level security")
    op.execute(
        f"create policy tenant on {table} to cmhub_app using ({condition}) with check ({condition})"
    )
    op.execute(f"grant select, insert, update, delete on {table} to cmhub_app")
    if resolved:
        let_doors_read(table)


def let_doors_read(table: str) -> None:
    """Let the functions of the resolver read a tenant table; a step of a migration."""
    op.execute(f"grant select on {table} to cmhub_resolver")
    op.execute(f"create policy resolve on {table} for select to cmhub_resolver using (true)")


def make_doors(doors: Mapping[str, str]) -> None:
    """Make functions of the resolver, or make them anew; a step of a migration.

    A key is ``name(argument type, …)``, its value the rest of the definition with ``{secure}``
    where the way it runs stands. No argument may have the name of a column that is read. When
    the columns of the answer change, drop the old function first.
    """
    op.execute("grant create on schema public to cmhub_resolver")
    op.execute("set local role cmhub_resolver")  # only its owner may make a function anew
    for door, body in doors.items():
        name = door_signature(door)
        op.execute(f"create or replace function {door} {body.format(secure=_SECURE)}")
        op.execute(f"revoke all on function {name} from public")
        op.execute(f"grant execute on function {name} to cmhub_app")
    op.execute("set local role cmhub_owner")
    op.execute("revoke create on schema public from cmhub_resolver")


def drop_doors(doors: Mapping[str, str]) -> None:
    """Take functions of the resolver away; a step of a migration."""
    op.execute("set local role cmhub_resolver")
    for door in doors:
        op.execute(f"drop function {door_signature(door)}")
    op.execute("set local role cmhub_owner")


def door_signature(door: str) -> str:
    """The door's name with the types of its arguments, as ``alter function`` wants it."""
    name, arguments = door.rstrip(")").split("(", 1)
    types = [argument.split(" ", 1)[1] for argument in arguments.split(", ") if argument]
    return f"{name}({', '.join(types)})"


# Parents before children; fewer rows than make the server analyse the emptied tables again.
_COMMUNITY = (
    *("connection", "channel", "member", "identity", "thread", "message", "message_version"),
    *("reaction", "attachment", "early_event", "member_day", "reply", "measure"),
)
_FEW = 24


def learn_tables() -> None:
    """Teach the planner anew about the community's tables; the last step of a migration.

    What 0005 taught it is forgotten when an index is made on an empty table: then it takes
    any index for as good as the right one, and the first import reads a workspace for each message.
    """
    op.execute(_LEARN)


_LEARN = f"""
    do $$
    declare
        this_agency uuid := gen_random_uuid();
        this_workspace uuid := gen_random_uuid();
        known boolean := exists (select from agency);
        wanted text;
        names text;
        made text;
    begin
        if not known then
            insert into agency (agency_id, name, slug, created_at)
                values (this_agency, '', '', now());
            insert into workspace (agency_id, id, slug, name, client, time_zone, created_at)
                values (this_agency, this_workspace, '', '', '', '', now());
        end if;
        foreach wanted in array array{list(_COMMUNITY)} loop
            select string_agg(quote_ident(attname), ', '), string_agg(case
                when attname = 'agency_id' then quote_literal(this_agency)
                when attname = 'workspace_id' then quote_literal(this_workspace)
                when attname = 'connection_id' then 'md5(''0'')::uuid'
                when attname = 'channel_id' then 'md5((n % 2)::text)::uuid'
                when attname = 'thread_id' then 'md5((n % 8)::text)::uuid'
                when attname = 'kind' then
                    case wanted when 'channel' then '''community''' else '''delete''' end
                when attname = 'state' then case wanted
                    when 'connection' then '''active''' when 'thread' then
                    '(array[''open'', ''done''])[1 + n % 2]' else '''sending''' end
                when atttypid = 'uuid'::regtype then 'md5(n::text)::uuid'
                when atttypid = 'text'::regtype then 'n::text'
                when atttypid = 'timestamptz'::regtype then 'now() + n * interval ''1 hour'''
                when atttypid = 'date'::regtype then 'current_date + n'
                when atttypid = 'boolean'::regtype then 'false'
                when atttypid = 'jsonb'::regtype then '''{{}}'''
                else 'n' end, ', ')
            into names, made from pg_attribute
            where attrelid = wanted::regclass and attnum > 0 and not attisdropped
                and (attnotnull or attname = 'external_id');
            if not known then
                execute format('insert into %I (%s) select %s from generate_series(0, %s) n',
                    wanted, names, made, {_FEW - 1});
            end if;
            execute format('analyze %I', wanted);
        end loop;
        if not known then
            delete from workspace where agency_id = this_agency and id = this_workspace;
            delete from agency where agency_id = this_agency;
        end if;
    end $$
"""  # noqa: S608


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
