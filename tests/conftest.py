"""A migrated database for all tests, and a fresh agency for each.

The database is the embedded one in a temporary folder. With ``CMHUB_TEST_OWNER_URL``, the address
of a role that may create databases and roles, it is a new one on that server instead.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.config import settings
from cmhub.db import dispose, unit_of_work
from cmhub.embedded import start
from cmhub.migrate import migrate
from tests.support.agency import NewAgency, make_agency
from tests.support.settings import SetVariable

_SERVER = os.environ.get("CMHUB_TEST_OWNER_URL")
_NAME = f"cmhub_test_{token_hex(4)}"
_FOLDER = Path(tempfile.mkdtemp(prefix="cmhub-test-"))


def _on_server(url: str, name: str, user: str | None = None) -> str:
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    if user is not None:
        login = f"{user}:{token_hex(8)}" if ":" in login else user
    return parts._replace(netloc=f"{login}@{place}" if login else place, path=f"/{name}").geturl()


def _set_environment() -> None:
    """Set what the settings read, which they do once, after all imports."""
    for name in [name for name in os.environ if name.startswith("CMHUB_")]:
        if not name.startswith("CMHUB_TEST_"):
            del os.environ[name]
    os.environ["CMHUB_DATA_DIR"] = str(_FOLDER)
    if _SERVER:
        os.environ["CMHUB_OWNER_DATABASE_URL"] = _on_server(_SERVER, _NAME)
        os.environ["CMHUB_DATABASE_URL"] = _on_server(_SERVER, _NAME, "cmhub_app")
        os.environ["CMHUB_SECRET_KEYS"] = Fernet.generate_key().decode()


_set_environment()


def pytest_unconfigure() -> None:
    """Leave nothing behind, whether or not a test wanted the database."""
    shutil.rmtree(_FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def database() -> Iterator[None]:
    """The migrated database of the settings."""
    # A server of another user must be able to pass through.
    _FOLDER.chmod(0o755)
    if _SERVER:
        with psycopg.connect(_SERVER, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(_NAME)))
    migrate()
    yield
    if _SERVER:
        with psycopg.connect(_SERVER, autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(_NAME))
            )
    else:
        start(settings().data_dir).stop()


@pytest.fixture(scope="session")
async def pool(database: None) -> AsyncIterator[None]:
    """Connections of the application's role, closed before the database goes."""
    yield
    await dispose()


@pytest.fixture
async def agency(pool: None) -> NewAgency:
    """An agency that no other test has."""
    return await make_agency()


@pytest.fixture
def actor(agency: NewAgency) -> Actor:
    """The owner of the agency, with its workspace in reach."""
    return agency.owner


@pytest.fixture
async def uow(actor: Actor) -> AsyncIterator[AsyncSession]:
    """One transaction of the owner's, committed when the test ends well."""
    async with unit_of_work(actor) as session:
        yield session


@pytest.fixture
def set_variable(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetVariable]:
    """Set a variable of the environment for this test; the settings are read anew."""

    def change(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield change
    monkeypatch.undo()
    settings.cache_clear()
