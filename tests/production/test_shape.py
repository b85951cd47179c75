"""Two web processes over Redis and an external PostgreSQL keep every promise of one."""

import os
from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from tests.support.folders import open_folder
from tests.support.house import Houses, two_houses
from tests.support.served import Served, served
from tests.support.tab import Tab

pytestmark = pytest.mark.production
OPEN = "reflex___state____state.hydrate_and_load"
INBOX = "reflex___state____state.cmhub___state___inbox____inbox_state"
NOTIFY = "select pg_notify('cmhub_live', :payload)"


def _address(name: str, user: str | None = None) -> str:
    parts = urlsplit(os.environ["CMHUB_TEST_OWNER_URL"])
    login, _, place = parts.netloc.rpartition("@")
    netloc = f"{user or login}@{place}"
    return parts._replace(netloc=netloc, path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def houses() -> Iterator[Houses]:
    name = f"cmhub_shape_{token_hex(4)}"
    with psycopg.connect(os.environ["CMHUB_TEST_OWNER_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        with open_folder() as folder:
            yield two_houses(
                folder,
                CMHUB_DATABASE_URL=_address(name, "cmhub_app"),
                CMHUB_OWNER_DATABASE_URL=_address(name),
                CMHUB_REDIS_URL=os.environ["CMHUB_TEST_REDIS_URL"],
                CMHUB_SECRET_KEYS=Fernet.generate_key().decode(),
            )
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def app(houses: Houses) -> Iterator[Served]:
    settings = houses.environment
    with served(
        "",
        workers=2,
        CMHUB_DATABASE_URL=settings["CMHUB_DATABASE_URL"],
        CMHUB_OWNER_DATABASE_URL=settings["CMHUB_OWNER_DATABASE_URL"],
        CMHUB_REDIS_URL=settings["CMHUB_REDIS_URL"],
        CMHUB_SECRET_KEYS=settings["CMHUB_SECRET_KEYS"],
    ) as one:
        yield one


def _tabs(app: Served, name: str, count: int) -> list[Tab]:
    params = {"agency_slug": "lumen", "workspace_slug": "riviere"}
    found = [Tab(app.url, Houses.cookie(name), params=params) for _ in range(count)]
    for tab in found:
        tab.ask(OPEN)
    return found


def test_both_processes_answer_and_hear(app: Served, houses: Houses) -> None:
    tabs = _tabs(app, "ana", 8)
    ids = houses.agencies["lumen"], houses.workspaces["riviere"]
    payload = f'{{"agency": "{ids[0]}", "workspace": "{ids[1]}", "topics": ["inbox"]}}'
    houses.sql(NOTIFY, payload=payload)
    assert ["'inbox': 1" in str(tab.updates(quiet=2, then=0.3)) for tab in tabs] == [True] * 8
    assert len(app.pids("spawn_main")) >= 2
    for tab in tabs:
        tab.close()


def test_a_tab_reopened_without_its_cookie_gets_nothing(app: Served) -> None:
    tabs = _tabs(app, "ana", 4)
    for tab in tabs:
        tab.close()
        thief = Tab(app.url, "", token=tab.token, params=tab.params)
        heard = thief.ask(OPEN) + thief.ask(f"{INBOX}.load")
        assert "Riviere" not in heard
        assert "ana@" not in heard
        thief.close()


def test_a_session_that_ends_ends_in_both(app: Served, houses: Houses) -> None:
    tabs = _tabs(app, "iris", 4)
    houses.sql("delete from user_session where device = '' and user_id in"
               " (select id from user_account where email = 'iris@example.org')")  # fmt: skip
    for tab in tabs:
        assert "error.signed_out" in tab.ask(f"{INBOX}.load")
        tab.close()
