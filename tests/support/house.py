"""Two agencies with their people, straight in the tables: for tests of what stands before them.

python -m tests.support.house     migrates the database of the settings, fills it, prints JSON
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cmhub.crypto import fingerprint
from cmhub.migrate import migrate, owner_connection, privileged_url

_ROOT = Path(__file__).resolve().parents[2]
_USER = """insert into user_account
 (id, email, name, language, time_zone, password_hash, confirmed_at, created_at)
 values (:id, :email, :name, 'en', 'Europe/Paris', 'x', now(), now())"""
_SESSION = """insert into user_session
 (id, user_id, token_hash, device, address, created_at, last_seen_at, idle_until, expires_at)
 values (:id, :user, :hash, '', '', now(), now(), now() + interval '1 day',
 now() + interval '1 day')"""
_MEMBERSHIP = """insert into membership (agency_id, id, user_id, workspace_id, role, created_at)
 values (:agency, :id, :user, :workspace, :role, now())"""
_WORKSPACE = """insert into workspace (agency_id, id, slug, name, client, time_zone, created_at)
 values (:agency, :id, :slug, :name, :name, 'Europe/Paris', now())"""


@dataclass(frozen=True, slots=True)
class Houses:
    """The environment to serve them, ids of agencies and workspaces, and cookies by name."""

    environment: Mapping[str, str]
    agencies: Mapping[str, str]
    workspaces: Mapping[str, str]

    @staticmethod
    def cookie(name: str) -> str:
        """The header of somebody's browser: ana (owner), iris (analyst), bob (next door)."""
        return f"cmhub_session=token-of-{name}"

    def sql(self, statement: str, **values: object) -> None:
        """Run a statement as the owner of the tables, behind everybody's back."""
        given = json.dumps({"statement": statement, "values": values})
        _run(self.environment, given)


def two_houses(data_dir: Path, **settings: str) -> Houses:
    """Make lumen (riviere, nord) and harbor (pier) in a fresh database, by default embedded."""
    environment = {"CMHUB_DATA_DIR": str(data_dir), **settings}
    made = json.loads(_run(environment, ""))
    return Houses(environment, made["agencies"], made["workspaces"])


def _run(environment: Mapping[str, str], given: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.house"],
        cwd=_ROOT,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _fill(connection: sa.Connection) -> dict[str, Any]:
    made: dict[str, dict[str, str]] = {"agencies": {}, "workspaces": {}}

    def run(statement: str, **values: object) -> None:
        connection.execute(sa.text(statement), values)

    def user(name: str) -> uuid.UUID:
        one = uuid.uuid4()
        run(_USER, id=one, email=f"{name}@example.org", name=name.title())
        run(_SESSION, id=uuid.uuid4(), user=one, hash=fingerprint(f"token-of-{name}"))
        return one

    for slug, owner, places in (
        ("lumen", "ana", ("riviere", "nord")),
        ("harbor", "bob", ("pier",)),
    ):
        agency = uuid.uuid4()
        made["agencies"][slug] = str(agency)
        run(
            "insert into agency (agency_id, name, slug, created_at) values (:a, :n, :s, now())",
            a=agency, n=slug.title(), s=slug,
        )  # fmt: skip
        run("insert into agency_slug (slug, agency_id) values (:s, :a)", s=slug, a=agency)
        run(
            _MEMBERSHIP,
            agency=agency,
            id=uuid.uuid4(),
            user=user(owner),
            workspace=None,
            role="owner",
        )
        for place in places:
            made["workspaces"][place] = str(uuid.uuid4())
            run(
                _WORKSPACE,
                agency=agency,
                id=made["workspaces"][place],
                slug=place,
                name=place.title(),
            )
    run(
        _MEMBERSHIP, agency=made["agencies"]["lumen"], id=uuid.uuid4(), user=user("iris"),
        workspace=made["workspaces"]["riviere"], role="analyst",
    )  # fmt: skip
    return made


def main() -> None:
    """Do what standard input says, or make the houses when it is empty."""
    given = sys.stdin.read()
    if not given:
        migrate()
    with owner_connection(privileged_url()) as connection:
        if given:
            asked = json.loads(given)
            connection.execute(sa.text(asked["statement"]), asked["values"])
        else:
            print(json.dumps(_fill(connection)))


if __name__ == "__main__":
    main()
