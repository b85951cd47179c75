"""Home in a browser: what an owner and a moderator see on Monday at nine."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.app import ROOT
from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
LATER = 15_000


@dataclass(frozen=True, slots=True)
class Place:
    """A served agency with two workspaces, and the cookies of three of its users."""

    app: Served
    given: dict[str, Any]

    def base(self, which: str = "first") -> str:
        """Where a workspace's pages begin."""
        return f"/w/{self.given['agency_slug']}/{self.given[which]['slug']}"

    def do(self, command: str, which: str = "first", **more: object) -> None:
        """Let something happen in a workspace."""
        known = {"agency": self.given["agency"], "owner": self.given["owner"]}
        crew(self.app, command, workspace=self.given[which]["id"], **known, **more)


def crew(app: Served, command: str, **given: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.home_crew", command],
        cwd=ROOT,
        env={**os.environ, **app.environment},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with served("") as app:
        yield Place(app, crew(app, "settle"))


def _page(browser: Browser, place: Place, who: str) -> Page:
    context = browser.new_context(
        base_url=place.app.url,
        locale="en-GB",
        timezone_id="Europe/Paris",
        viewport={"width": 1440, "height": 900},
    )
    cookies = {"cmhub_session": place.given["cookies"][who], "cmhub_lang": "en"}
    context.add_cookies(
        [{"name": name, "value": value, "url": place.app.url} for name, value in cookies.items()]
    )
    context.set_default_timeout(LATER)
    return context.new_page()


@pytest.fixture(scope="module")
def owner(browser: Browser, place: Place) -> Page:
    return _page(browser, place, "owner")


@pytest.fixture(scope="module")
def mia(browser: Browser, place: Place) -> Page:
    return _page(browser, place, "mia")


def _home(page: Page, place: Place, which: str = "first") -> None:
    page.goto(f"{place.base(which)}/home/")
    expect(page.locator(".home-main")).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)


def _block(page: Page, title: str) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))


def _message(key: str, words: str, hours: float, by: str = "ana", to: str | None = None) -> Any:
    return {"id": key, "text": words, "hours": hours, "by": by, "to": to}


def test_the_front_door_leads_home(owner: Page, browser: Browser, place: Place) -> None:
    owner.goto("/")
    expect(owner).to_have_url(re.compile(r"/a/[\w-]+/$"))
    expect(owner.get_by_role("heading", name="Home", level=1)).to_be_visible()
    cleo = _page(browser, place, "cleo")
    cleo.goto("/")
    expect(cleo).to_have_url(re.compile(r"/activity/$"))
    cleo.goto(f"{place.base()}/home/")
    expect(cleo.get_by_text("Your role does not see Home.").first).to_be_visible()
    cleo.context.close()


def test_the_first_steps_tick_themselves(owner: Page, place: Place) -> None:
    _home(owner, place)
    steps = _block(owner, "First steps")
    expect(steps.get_by_text("3 steps are left")).to_be_visible()
    expect(steps.get_by_text("Confirm your address")).to_be_visible()
    expect(steps.get_by_role("link", name="Confirm your address")).to_have_count(0)
    place.do("connect")
    expect(steps.get_by_text("1 step is left")).to_be_visible()
    steps.get_by_role("link", name="Answer the first thread").click()
    expect(owner).to_have_url(re.compile("/inbox/$"))
    owner.go_back()
    steps.get_by_role("button", name="Put away").click()
    expect(steps).to_have_count(0)
    owner.get_by_role("button", name="Undo").click()
    expect(steps).to_be_visible()


def test_it_says_that_all_is_clear(owner: Page, place: Place) -> None:
    _home(owner, place)
    expect(_block(owner, "All clear")).to_be_visible()
    expect(owner.locator(".page-header").get_by_text("All clear")).to_be_visible()


def test_what_comes_moves_nothing_and_leads_to_the_thread(owner: Page, place: Place) -> None:
    _home(owner, place)
    place.do("write", messages=[_message("m1", "Where is the key?", 30)])
    owner.get_by_role("button", name=re.compile(r"^\d new$")).click()
    burning = _block(owner, "What burns")
    expect(burning.get_by_text("Where is the key?")).to_be_visible()
    expect(owner.get_by_text("1 thing needs somebody now")).to_be_visible()
    burning.get_by_role("link", name=re.compile("Ana waits for an answer in General")).click()
    expect(owner.get_by_role("article").get_by_text("Where is the key?")).to_be_visible()


def test_what_is_settled_stays_where_it_is_until_the_next_load(owner: Page, place: Place) -> None:
    place.do("write", messages=[_message("m2", "Is it open today?", 40, by="ben")])
    _home(owner, place)
    line = owner.get_by_role("link", name=re.compile("Ben waits for an answer"))
    expect(line).to_be_visible()
    place.do("write", messages=[_message("r2", "It is.", 0, by="team", to="m2")])
    expect(line.get_by_text("Settled")).to_be_visible()
    _home(owner, place)
    expect(line).to_have_count(0)


def test_it_tells_what_happened_while_one_was_away(mia: Page, place: Place) -> None:
    _home(mia, place)
    expect(mia.get_by_role("heading", name="In the last 24 hours")).to_be_visible()
    place.do("be_away")
    place.do("write", messages=[_message("m3", "Good morning", 0.02, by="eve")])
    for _ in range(2):
        _home(mia, place)
        away = _block(mia, "While you were away")
        expect(away.get_by_text("since your last visit")).to_be_visible()
        expect(away.get_by_role("link", name="1 new thread")).to_be_visible()


def test_one_leaves_a_note_and_another_takes_over(owner: Page, mia: Page, place: Place) -> None:
    _home(owner, place)
    _home(mia, place)
    owner.get_by_role("link", name="Hand over").click()
    drawer = owner.get_by_role("dialog", name="Hand over to whoever comes next")
    expect(drawer.get_by_role("link", name="1 thread waits longer than a day")).to_be_visible()
    drawer.get_by_label("What they should know").fill("Ana gets a call at two.")
    drawer.get_by_role("button", name="Leave note").click()
    own = owner.get_by_role("article").filter(has_text="Ana gets a call at two.")
    expect(own.get_by_text("Your hand-over note")).to_be_visible()
    mia.get_by_role("button", name=re.compile(r"^\d new$")).click()
    note = mia.get_by_role("article").filter(has_text="Ana gets a call at two.")
    expect(note.get_by_text("1 thread waits longer than a day")).to_be_visible()
    note.get_by_role("button", name="Take over").click()
    expect(note).to_have_count(0)
    expect(own.get_by_text("Taken over")).to_be_visible()
    mia.get_by_role("link", name="Show notes").click()
    expect(_block(mia, "Hand-over notes").get_by_text("Taken over by Mia")).to_be_visible()
    mia.get_by_role("button", name="Undo").click()
    expect(note.get_by_role("button", name="Take over")).to_be_visible()


def test_the_agency_sees_first_who_needs_somebody(owner: Page, place: Place) -> None:
    place.do("write", "second", messages=[_message("p1", "Nobody answers", 100, by="joe")])
    owner.goto(f"/a/{place.given['agency_slug']}/")
    rows = owner.locator(".agency-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Pier")
    expect(rows.nth(0)).to_contain_text("Joe waits for an answer in General")
    expect(rows.nth(1)).to_contain_text("Ana waits for an answer in General")
    expect(owner.get_by_text("2 of 2 workspaces need somebody")).to_be_visible()
    owner.get_by_role("link", name="By name").click()
    expect(owner).to_have_url(re.compile("sort=name"))
    owner.get_by_role("link", name=re.compile("Account trouble")).click()
    expect(owner.get_by_text("No workspace is like that")).to_be_visible()
    expect(owner).to_have_url(re.compile("sort=name&show=connections"))
    owner.go_back()
    expect(rows).to_have_count(2)
    rows.filter(has_text="Pier").get_by_role("link", name="Pier", exact=True).click()
    expect(owner).to_have_url(re.compile("/pier/home/$"))
    expect(_block(owner, "What burns").get_by_text("Nobody answers")).to_be_visible()


def test_the_agencys_rows_follow_what_happens(owner: Page, place: Place) -> None:
    owner.goto(f"/a/{place.given['agency_slug']}/")
    pier = owner.locator(".agency-row").filter(has_text="Pier")
    expect(pier.get_by_text("Joe waits")).to_be_visible()
    answer = _message("p2", "Here we are", 0, by="team", to="p1")
    place.do("write", "second", messages=[answer])
    expect(pier.get_by_text("Nothing burns")).to_be_visible()
