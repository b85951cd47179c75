"""A change committed anywhere reaches the open tabs of its workspace, and no others."""

import time
from collections.abc import Iterator

import pytest

from tests.support.app import RunningApp, running_app
from tests.support.house import Houses, two_houses
from tests.support.tab import Tab

OPEN = "reflex___state____state.hydrate_and_load"
NOTIFY = "select pg_notify('cmhub_live', :payload)"
MANY = "select pg_notify('cmhub_live', :p || repeat(' ', n)) from generate_series(1, 60) n"
CUT = (
    "reset role; select pg_terminate_backend(pid) from pg_stat_activity"
    " where usename = 'cmhub_app' and (query = 'select 1' or query ilike 'listen%')"
)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    return two_houses(tmp_path_factory.mktemp("houses"))


@pytest.fixture(scope="module")
def app(houses: Houses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running_app(tmp_path_factory.mktemp("server"), houses.environment) as running:
        yield running


def _tab(app: RunningApp, name: str, agency: str, workspace: str) -> Tab:
    params = {"agency_slug": agency, "workspace_slug": workspace}
    tab = Tab(app.url, Houses.cookie(name), params=params)
    tab.ask(OPEN)
    return tab


def _payload(houses: Houses, agency: str, workspace: str) -> str:
    ids = houses.agencies[agency], houses.workspaces[workspace]
    return f'{{"agency": "{ids[0]}", "workspace": "{ids[1]}", "topics": ["messages"]}}'


def test_it_tells_only_the_tabs_of_the_workspace(app: RunningApp, houses: Houses) -> None:
    ana = _tab(app, "ana", "lumen", "riviere")
    others = [
        _tab(app, "ana", "lumen", "nord"),
        _tab(app, "bob", "harbor", "pier"),
        _tab(app, "bob", "lumen", "riviere"),
    ]
    houses.sql(NOTIFY, payload=_payload(houses, "lumen", "riviere"))
    assert "'messages': 1" in str(ana.updates())
    assert [str(other.updates(quiet=0.3)) for other in others] == ["[]", "[]", "[]"]
    for tab in (ana, *others):
        tab.close()


def test_it_gathers_many_changes_into_few_pushes(app: RunningApp, houses: Houses) -> None:
    ana = _tab(app, "ana", "lumen", "riviere")
    payload = _payload(houses, "lumen", "riviere")
    houses.sql(MANY, p=payload)
    started = time.monotonic()
    pushes = ana.updates()
    assert 1 <= len(pushes) <= 5 * (time.monotonic() - started) + 1
    ana.close()


def test_it_hears_again_after_the_database_went_away(app: RunningApp, houses: Houses) -> None:
    ana = _tab(app, "ana", "lumen", "riviere")
    houses.sql(CUT)
    deadline = time.monotonic() + 15
    heard = ""
    while "inbox" not in heard and time.monotonic() < deadline:
        heard = str(ana.updates(quiet=2))
    assert "inbox" in heard, "nobody told the tab to look again"
    houses.sql(NOTIFY, payload=_payload(houses, "lumen", "riviere"))
    assert "messages" in str(ana.updates())
    ana.close()


def test_it_survives_what_it_cannot_read(app: RunningApp, houses: Houses) -> None:
    ana = _tab(app, "ana", "lumen", "riviere")
    for wrong in ("", "{", "[]", '{"agency": 1}', "null"):
        houses.sql(NOTIFY, payload=wrong)
    houses.sql(NOTIFY, payload=_payload(houses, "lumen", "riviere"))
    assert "messages" in str(ana.updates())
    ana.close()
