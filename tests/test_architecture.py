"""What the house promises about its tables, roles and services, held against the real thing."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from cmhub.actor import ROLE_TABLE, Permission, Role
from cmhub.config import PROJECT, Settings
from cmhub.locales import catalogue
from cmhub.migrate import privileged_url
from cmhub.models import GLOBAL_TABLES, Base
from cmhub.services.audit import TAGS
from tests.support.services import Function, services

LANGUAGES = ("en", "fr")
TENANT_TABLES = [
    table for name, table in sorted(Base.metadata.tables.items()) if name not in GLOBAL_TABLES
]
WORKSPACE_TABLES = [
    table
    for table in TENANT_TABLES
    if "workspace_id" in table.c and not table.c["workspace_id"].nullable
]
NARROWED = {"notification": ("cmhub.user_id",)}
"""Tables with a second policy, which only takes away: the settings that it looks at."""
PRIVILEGES = ("select", "insert", "update", "delete", "truncate", "references", "trigger")


@pytest.fixture(scope="module")
def catalog(database: None) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(privileged_url(), autocommit=True) as connection:
        yield connection


def _names(tables: list[Table]) -> list[str]:
    return [table.name for table in tables]


def _migration(name: str) -> ModuleType:
    path = PROJECT / "alembic" / "versions" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _doors() -> dict[str, str]:
    """Every door by its signature, as the newest migration that makes it says."""
    found: dict[str, str] = {}
    for path in sorted((PROJECT / "alembic" / "versions").glob("*.py")):
        found |= getattr(_migration(path.stem), "DOORS", {})
    return found


# tables and policies


def test_the_database_has_no_table_that_the_models_do_not_know(
    catalog: psycopg.Connection[Any],
) -> None:
    rows = catalog.execute("select relname from pg_class c join pg_namespace n"
                           " on n.oid = c.relnamespace where n.nspname = 'public'"
                           " and c.relkind in ('r', 'p', 'v', 'm', 'f')")  # fmt: skip
    assert {row[0] for row in rows} - {"alembic_version"} == set(Base.metadata.tables)


def test_the_planner_knows_the_community_before_its_first_message(database: None) -> None:
    # An index made on an empty table makes it forget: end such a migration with learn_tables().
    with psycopg.connect(privileged_url()) as connection:
        rows = connection.execute(
            "select stxname from pg_statistic_ext where stxname like '%\\_tenant'"
        ).fetchall()
    assert len(rows) == 6
    path = PROJECT / "alembic" / "versions"
    made = re.compile(r'create_index\(\s*"\w+",\s*"(member|identity|thread|message|reaction)"')
    for migration in sorted(path.glob("*.py")):
        text = migration.read_text()
        if made.search(text) and int(migration.name[:4]) >= 11:
            assert "learn_tables()" in text, migration.name


@pytest.mark.parametrize("table", _names(TENANT_TABLES))
def test_a_tenant_table_has_one_permissive_policy_for_the_application(
    catalog: psycopg.Connection[Any], table: str
) -> None:
    (secured,) = catalog.execute(
        "select relrowsecurity from pg_class where oid = %s::regclass", [table]
    ).fetchone() or (False,)
    assert secured
    policies = catalog.execute(
        "select permissive, roles, cmd, qual, with_check from pg_policies"
        " where schemaname = 'public' and tablename = %s",
        [table],
    ).fetchall()
    assert all("public" not in policy[1] for policy in policies)
    ours = [policy for policy in policies if policy[1] == ["cmhub_app"]]
    wanted = ["PERMISSIVE", *["RESTRICTIVE" for _ in NARROWED.get(table, ())]]
    assert sorted((policy[0], policy[2]) for policy in ours) == [(kind, "ALL") for kind in wanted]
    assert all(policy[3] == policy[4] for policy in ours)
    narrowing = [policy[3] for policy in ours if policy[0] == "RESTRICTIVE"]
    assert all(setting in str(narrowing) for setting in NARROWED.get(table, ()))
    using = next(policy[3] for policy in ours if policy[0] == "PERMISSIVE")
    assert "cmhub.agency_id" in using
    if table in _names(WORKSPACE_TABLES) or table == "workspace":
        assert "cmhub.workspace_ids" in using
    others = [policy for policy in policies if policy not in ours]
    assert all((p[1], p[2]) == (["cmhub_resolver"], "SELECT") for p in others)


def _keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.unique:
            yield str(index.name), [column.name for column in index.columns]


@pytest.mark.parametrize("table", TENANT_TABLES, ids=_names(TENANT_TABLES))
def test_every_key_of_a_tenant_table_carries_its_agency(table: Table) -> None:
    assert not table.c["agency_id"].nullable
    assert next(iter(table.primary_key.columns)).name == "agency_id"
    lacking = [name for name, columns in _keys(table) if "agency_id" not in columns]
    assert lacking == []


@pytest.mark.parametrize("table", WORKSPACE_TABLES, ids=_names(WORKSPACE_TABLES))
def test_every_key_of_a_workspace_table_carries_its_workspace(table: Table) -> None:
    lacking = [name for name, columns in _keys(table) if "workspace_id" not in columns]
    assert lacking == []


@pytest.mark.parametrize("table", TENANT_TABLES, ids=_names(TENANT_TABLES))
def test_a_foreign_key_leads_to_the_same_tenant(table: Table) -> None:
    for constraint in table.foreign_key_constraints:
        pairs = {
            element.parent.name: element.column.name  # pyright: ignore[reportAttributeAccessIssue]
            for element in constraint.elements
        }
        assert pairs["agency_id"] == "agency_id"
        if "workspace_id" in table.c and not table.c["workspace_id"].nullable:
            own = "id" if constraint.referred_table.name == "workspace" else "workspace_id"
            assert pairs["workspace_id"] == own


# roles


@pytest.mark.parametrize("table", sorted(GLOBAL_TABLES))
def test_the_application_has_no_grant_on_a_global_table(
    catalog: psycopg.Connection[Any], table: str
) -> None:
    held = [
        privilege
        for privilege in PRIVILEGES
        if _may(catalog, "has_table_privilege", table, privilege)
    ]
    columns = [
        privilege
        for privilege in ("select", "insert", "update", "references")
        if _may(catalog, "has_any_column_privilege", table, privilege)
    ]
    assert held + columns == []


def _may(catalog: psycopg.Connection[Any], ask: str, table: str, privilege: str) -> bool:
    question = f"select {ask}('cmhub_app', %s, %s)"
    row = catalog.execute(question, [table, privilege]).fetchone()  # pyright: ignore[reportArgumentType, reportCallIssue]
    return bool(row and row[0])


def test_the_audit_can_be_read_and_added_to_only(catalog: psycopg.Connection[Any]) -> None:
    held = {p for p in PRIVILEGES if _may(catalog, "has_table_privilege", "audit_event", p)}
    assert held == {"select", "insert"}
    assert not _may(catalog, "has_any_column_privilege", "audit_event", "update")


@pytest.mark.parametrize("table", _names(TENANT_TABLES))
def test_the_application_may_not_empty_a_table_or_hang_anything_on_it(
    catalog: psycopg.Connection[Any], table: str
) -> None:
    for privilege in ("truncate", "references", "trigger"):
        assert not _may(catalog, "has_table_privilege", table, privilege)


def test_the_application_owns_nothing_and_is_bound_by_the_policies(
    catalog: psycopg.Connection[Any],
) -> None:
    role = catalog.execute(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " from pg_roles where rolname = 'cmhub_app'"
    ).fetchone()
    assert role == (False, False, False, False, False)
    owned = catalog.execute(
        "select (select count(*) from pg_class where relowner = 'cmhub_app'::regrole),"
        " (select count(*) from pg_proc where proowner = 'cmhub_app'::regrole),"
        " (select count(*) from pg_namespace where nspowner = 'cmhub_app'::regrole),"
        " (select count(*) from pg_auth_members where member = 'cmhub_app'::regrole)"
    ).fetchone()
    assert owned == (0, 0, 0, 0)


def test_the_application_cannot_make_tables(catalog: psycopg.Connection[Any]) -> None:
    row = catalog.execute(
        "select has_schema_privilege('cmhub_app', 'public', 'create'),"
        " has_schema_privilege('cmhub_app', 'jobs', 'create')"
    ).fetchone()
    assert row == (False, False)


def test_the_role_of_the_doors_cannot_sign_in(catalog: psycopg.Connection[Any]) -> None:
    row = catalog.execute(
        "select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = 'cmhub_resolver'"
    ).fetchone()
    assert row == (False, False, False)


# doors


def _definers(catalog: psycopg.Connection[Any]) -> dict[str, tuple[str, list[str]]]:
    rows = catalog.execute(
        "select p.proname, p.proowner::regrole::text, coalesce(p.proconfig, '{}')"
        " from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def test_the_doors_are_exactly_the_listed_ones(catalog: psycopg.Connection[Any]) -> None:
    listed = {door.split("(", 1)[0] for door in _doors()}
    assert set(_definers(catalog)) == listed


def test_every_door_belongs_to_the_resolver_and_pins_where_it_looks(
    catalog: psycopg.Connection[Any],
) -> None:
    for name, (owner, configured) in _definers(catalog).items():
        assert owner == "cmhub_resolver", name
        assert configured == ["search_path=pg_catalog, pg_temp"], name


def test_no_argument_of_a_door_has_the_name_of_a_column_it_reads() -> None:
    # In a function of PostgreSQL the column would win, without a word.
    for door, body in _doors().items():
        name, arguments = door.rstrip(")").split("(", 1)
        taken = {one.split()[0] for one in arguments.split(", ") if one}
        tables = set(re.findall(r"public\.(\w+)", body))
        columns = {column.name for one in tables for column in Base.metadata.tables[one].columns}
        assert not taken & columns, name


def test_nobody_else_may_use_a_door(catalog: psycopg.Connection[Any]) -> None:
    rows = catalog.execute(
        "select p.proname, a.grantee::regrole::text from pg_proc p"
        " cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        " where p.prosecdef and p.pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert {grantee for _, grantee in rows} == {"cmhub_app", "cmhub_resolver"}


# settings of the session


def _modules(folder: str = "cmhub") -> list[Path]:
    return sorted((PROJECT / folder).rglob("*.py"))


def _docstrings(tree: ast.AST) -> set[int]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, kinds) and node.body and isinstance(node.body[0], ast.Expr)
    }


@cache
def _strings(path: Path) -> tuple[str, ...]:
    tree = ast.parse(path.read_text())
    skipped = _docstrings(tree)
    return tuple(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in skipped
    )


SESSION_SETTING = re.compile(
    r"^\s*(?:set\s+(?!local\b)(?:session\b|role\b|[\w.]+\s*(?:=|\bto\b))|discard\b)", re.I
)
SET_CONFIG = re.compile(r"set_config\(\s*'[^']*'\s*,\s*[^,()]+,\s*(\w+)\s*\)", re.I)


def test_nothing_is_set_for_longer_than_a_transaction() -> None:
    # Migrations run alone on a connection of their own, which ends with them.
    places = [path for path in _modules() if path.name != "migrate.py"]
    for path in places:
        for words in _strings(path):
            assert not SESSION_SETTING.search(words), (path, words)
            calls = words.lower().count("set_config(")
            assert SET_CONFIG.findall(words) == ["true"] * calls, (path, words)
            assert "server_settings" not in words, path


@pytest.mark.parametrize(
    "words", ["SET ROLE x", "set cmhub.agency_id = 'a'", " set session x to 1", "discard all"]
)
def test_it_would_find_a_setting_of_the_session(words: str) -> None:
    assert SESSION_SETTING.search(words)
    assert SET_CONFIG.findall("select set_config('a', :b, false)") == ["false"]


# words


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_permission_says_why_it_is_denied(permission: Permission, language: str) -> None:
    assert catalogue(language)[f"denied.{permission.replace(':', '.')}"]


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_permission_is_told_in_the_table_of_roles(
    permission: Permission, language: str
) -> None:
    assert catalogue(language)[f"role.may.{permission.replace(':', '.')}"]


def test_every_permission_and_role_stands_in_the_table() -> None:
    assert set(ROLE_TABLE) == set(Role)
    held = frozenset[Permission]().union(*ROLE_TABLE.values())
    assert held == set(Permission)
    assert ROLE_TABLE[Role.OWNER] == set(Permission)


@pytest.mark.parametrize("tag", sorted(TAGS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_audit_tag_has_a_sentence(tag: str, language: str) -> None:
    assert catalogue(language)[f"audit.{tag.replace(':', '.')}"]


def test_every_audit_tag_is_used() -> None:
    services = [path for path in _modules("cmhub/services") if path.name != "audit.py"]
    said = {words for path in services for words in _strings(path)}
    assert said >= TAGS


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_a_row_in_the_readme(name: str) -> None:
    readme = PROJECT / "README.md"
    assert readme.exists()
    assert f"CMHUB_{name.upper()}" in readme.read_text()


# services that change something record it


UNRECORDED = {
    "drafts.keep_draft": "what somebody is still writing is no act yet",
    "drafts.drop_draft": "what somebody is still writing is no act yet",
    "audit.record": "it is the record",
    "grants.replace_grants": "whoever decides it records why: roles, removal, leaving, joining",
    "connecting.refresh_if_due": "newer credentials of the same connection, as the network wants",
    "syncing.take_lease": "which worker reads is nobody's decision",
    "syncing.give_lease_back": "which worker reads is nobody's decision",
    "syncing.read_live": "what members write is no act of a user",
    "notifying.notify": "it tells of a change that is recorded where it is made",
    "notifying.tell_managers": "it tells of a change that is recorded where it is made",
    "notices.reading.mark_read": "what somebody has read is their own",
    "home.visits.open_visit": "that somebody looked is no change of anything",
    "home.visits.put_steps_away": "what somebody wants to see is their own affair",
    "syncing.note_fault": "what the network answers is no act of a user",
}


def _reach(name: str, seen: set[str]) -> set[str]:
    """The function and all that it calls, not through those that need no record."""
    if name in seen or (name in UNRECORDED and name != "audit.record"):
        return seen
    seen.add(name)
    for called in services().get(name, Function(set())).calls:
        _reach(called, seen)
    return seen


def test_what_changes_something_for_somebody_is_recorded() -> None:
    silent: list[str] = []
    for name, function in services().items():
        public = not name.rsplit(".", 1)[1].startswith("_")
        if not (public and function.acts) or name in UNRECORDED:
            continue
        reach = _reach(name, set())
        changing = any(services()[one].changes for one in reach & services().keys())
        if changing and "audit.record" not in reach:
            silent.append(name)
    assert silent == []


def test_it_sees_what_changes_and_what_records() -> None:
    found = services()
    for name in ("inbox.set_thread_state", "replies.discard_reply", "secrets._make_key"):
        assert found[name].changes, name
    assert not found["threads.read_thread"].changes
    assert "audit.record" in _reach("measures.delete_message", set())
    assert set(UNRECORDED) <= set(found)
