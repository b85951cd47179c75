"""Every way in that Reflex leaves open, tried against a real server: none leads in."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.support.app import RunningApp, running_app
from tests.support.house import Houses, two_houses
from tests.support.tab import Tab

ROOT_STATE = "reflex___state____state"
PREY = f"{ROOT_STATE}.tests___support___attacked____prey_state"
SHELL = f"{ROOT_STATE}.cmhub___state___base____session_state"
OPEN = f"{ROOT_STATE}.hydrate_and_load"
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
RIVIERE = {"agency_slug": "lumen", "workspace_slug": "riviere"}


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    return two_houses(tmp_path_factory.mktemp("houses"))


@pytest.fixture(scope="module")
def app(houses: Houses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    folder = tmp_path_factory.mktemp("server")
    with running_app(folder, houses.environment, target="tests.support.attacked:app") as running:
        yield running


@pytest.fixture
def ana(app: RunningApp) -> Iterator[Tab]:
    tab = Tab(app.url, Houses.cookie("ana"), params=RIVIERE)
    tab.ask(OPEN)
    yield tab
    tab.close()


def test_the_owner_may(ana: Tab) -> None:
    assert "DELETED in riviere" in ana.ask(f"{PREY}.delete")
    assert "DELETED later" in ana.ask(f"{PREY}.delete_later")


@pytest.mark.parametrize("handler", ["undecorated", "unmarked", "set_secret"])
def test_it_refuses_a_handler_without_a_mark(ana: Tab, handler: str) -> None:
    answer = ana.ask(f"{PREY}.{handler}", {"value": "BREACH"} if handler == "set_secret" else {})
    assert "error.refused" in answer
    assert "BREACH" not in answer


@pytest.mark.parametrize("state", [PREY, SHELL, ROOT_STATE])
def test_it_refuses_setvar(ana: Tab, state: str) -> None:
    answer = ana.ask(f"{state}.setvar", {"var_name": "secret", "value": "BREACH"})
    assert "error.refused" in answer
    assert "BREACH" not in answer


def test_it_refuses_variables_that_the_browser_claims_to_keep(ana: Tab) -> None:
    update = f"{ROOT_STATE}.reflex___state____update_vars_internal_state.update_vars_internal"
    answer = ana.ask(update, {"vars": {f"{PREY}.secret": "BREACH", f"{SHELL}.permissions": ["x"]}})
    assert "error.refused" in answer
    answer = ana.ask(OPEN, {"vars": {f"{PREY}.secret": "BREACH"}})
    assert "BREACH" not in answer


@pytest.mark.parametrize("handler", ["remember", "delete", "delete_later"])
@pytest.mark.parametrize("cookie", ["", "cmhub_session=forged", "cmhub_session=", "cmhub_session"])
def test_it_refuses_whoever_is_not_signed_in(app: RunningApp, handler: str, cookie: str) -> None:
    stranger = Tab(app.url, cookie, params=RIVIERE)
    answer = stranger.ask(f"{PREY}.{handler}")
    assert "error.signed_out" in answer
    assert "/auth/sign-in/?next=" in answer
    assert "SECRET" not in answer
    assert "DELETED" not in answer
    stranger.close()


def test_it_refuses_what_the_role_does_not_allow(app: RunningApp) -> None:
    iris = Tab(app.url, Houses.cookie("iris"), params=RIVIERE)
    for handler in ("delete", "delete_later"):
        answer = iris.ask(f"{PREY}.{handler}")
        assert "DELETED" not in answer
    assert "denied.message.delete" in iris.ask(f"{SHELL}.dismiss") + iris.ask(f"{PREY}.delete")
    iris.close()


@pytest.mark.parametrize(
    "params",
    [
        RIVIERE,
        {"agency_slug": "harbor", "workspace_slug": "riviere"},
        {"agency_slug": "lumen", "workspace_slug": ""},
        {"agency_slug": "lumen", "workspace_slug": "../pier"},
        {},
    ],
)
def test_it_refuses_the_address_of_another_agency(app: RunningApp, params: dict[str, str]) -> None:
    bob = Tab(app.url, Houses.cookie("bob"), params=params)
    answer = bob.ask(OPEN) + bob.ask(f"{PREY}.delete")
    assert "DELETED in riviere" not in answer
    assert "Riviere" not in answer
    bob.close()


def test_it_gives_nothing_for_a_tab_token_without_its_cookie(app: RunningApp) -> None:
    victim = Tab(app.url, Houses.cookie("ana"), params=RIVIERE)
    assert "SECRET of ana" in victim.ask(f"{PREY}.remember")
    victim.close()
    for cookie in ("", "cmhub_session=forged", Houses.cookie("bob")):
        thief = Tab(app.url, cookie, token=victim.token, params=RIVIERE)
        stolen = thief.ask(OPEN) + thief.ask(f"{PREY}.count") + thief.ask(f"{SHELL}.dismiss")
        assert not re.search(r"\bana\b|SECRET", stolen)
        thief.close()
    owner = Tab(app.url, Houses.cookie("ana"), token=victim.token, params=RIVIERE)
    assert "SECRET" not in owner.ask(OPEN), "a state that was dropped came back"
    owner.close()


def test_it_gives_nothing_for_a_tab_token_that_is_in_use(app: RunningApp, ana: Tab) -> None:
    ana.ask(f"{PREY}.remember")
    thief = Tab(app.url, token=ana.token, params=RIVIERE)
    assert "SECRET" not in thief.ask(OPEN)
    thief.close()


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "null"])
def test_it_refuses_a_websocket_from_another_origin(app: RunningApp, origin: str) -> None:
    headers = {**_UPGRADE, "Origin": origin, "Cookie": Houses.cookie("ana")}
    query = {"EIO": "4", "transport": "websocket", "token": "stranger"}
    answer = httpx.get(f"{app.url}/_event/", params=query, headers=headers)
    assert answer.status_code == 403


def test_it_refuses_a_session_that_was_ended(app: RunningApp, houses: Houses) -> None:
    houses.sql(
        "insert into user_session select gen_random_uuid(), user_id, sha256('token-of-lost'), '',"
        " '', now(), now(), now() + interval '1 day', now() + interval '1 day'"
        " from user_session limit 1"
    )
    tab = Tab(app.url, "cmhub_session=token-of-lost")
    before = tab.ask(f"{PREY}.remember")
    houses.sql("delete from user_session where token_hash = sha256('token-of-lost')")
    after = tab.ask(f"{PREY}.remember")
    assert "SECRET" in before
    assert "error.signed_out" in after
    tab.close()


def test_it_stops_a_burst(app: RunningApp) -> None:
    flood = Tab(app.url)
    for _ in range(500):
        flood.send(f"{PREY}.count")
    answer = str(flood.updates(quiet=2))
    runs = [int(found) for found in re.findall(r"'runs_rx_state_': (\d+)", answer)]
    assert max(runs) < 100
    assert "error.too_fast" in answer
    flood.close()


def test_it_keeps_the_cookie_out_of_the_log_and_the_answer(app: RunningApp, ana: Tab) -> None:
    answer = ana.ask(f"{PREY}.fail")
    assert "error.unforeseen_reference" in answer
    assert "token-of" not in answer
    assert "token-of" not in ana.ask(OPEN)
    assert "RuntimeError" in app.logged()
    assert "token-of" not in app.logged()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/_upload", "/_upload/", "/_upload/x.txt", "//_upload"])
def test_it_takes_and_gives_no_uploads(app: RunningApp, method: str, path: str) -> None:
    answer = httpx.request(method, app.url + path, content=b"x" * 10 if method != "GET" else None)
    assert answer.status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_it_refuses_a_form_from_another_site(app: RunningApp, origin: str) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = httpx.post(f"{app.url}/preferences", data={"theme": "dark"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_it_lets_no_other_origin_read_an_answer(app: RunningApp) -> None:
    answer = httpx.get(f"{app.url}/boot.js", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
