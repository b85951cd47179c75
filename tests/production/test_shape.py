"""Two web processes over Redis and an external PostgreSQL keep every promise of one."""

import pytest

from tests.support.house import Houses
from tests.support.served import Served
from tests.support.tab import Tab

pytestmark = pytest.mark.production
OPEN = "reflex___state____state.hydrate_and_load"
INBOX = "reflex___state____state.cmhub___state___inbox____inbox_state"
NOTIFY = "select pg_notify('cmhub_live', :payload)"


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
