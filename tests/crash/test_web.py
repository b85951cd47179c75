"""What a browser sees of a database that was killed and started again."""

import json
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.crash.scene import Scene, until
from tests.support.tab import Tab

_LOAD = "reflex___state____state.cmhub___state___inbox____inbox_state.load"


def _ready(scene: Scene) -> dict[str, bool]:
    try:
        with urlopen(f"{scene.app.url}/readyz", timeout=5) as answer:
            return json.load(answer)
    except HTTPError as refused:  # with 503
        return json.load(refused)


def test_the_first_event_after_it_is_answered(scene: Scene) -> None:
    until(lambda: all(_ready(scene).values()), "everything is ready, the worker too", 60)
    places = (scene.agency["agency_slug"], scene.agency["workspace_slug"])
    params: dict[str, str] = {"agency_slug": places[0], "workspace_slug": places[1]}
    cookie = f"cmhub_session={scene.agency['session']}"
    tab = Tab(scene.app.url, cookie, path=f"/w/{places[0]}/{places[1]}/inbox/", params=params)
    assert "error." not in tab.ask(_LOAD)
    scene.kill("database")
    until(lambda: scene.one("select 1") == 1, "the database is back", 60)
    heard = tab.ask(_LOAD)
    assert heard != "[]"
    assert "error." not in heard
    tab.close()
    until(lambda: all(_ready(scene).values()), "everything is ready again", 60)


def test_an_event_meanwhile_is_refused_in_a_sentence(scene: Scene) -> None:
    cookie = f"cmhub_session={scene.agency['session']}"
    tab = Tab(scene.app.url, cookie)
    scene.kill("database")
    heard = tab.ask(_LOAD)
    assert "unforeseen" not in heard
    tab.close()
    until(lambda: all(_ready(scene).values()), "everything is ready again", 60)
