"""The frame around every page: found, gone to, switched and restored, mostly without a pointer."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
SOON = 20_000
KEY = """(given) => document.body.dispatchEvent(
    new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...given}))"""


@dataclass(frozen=True, slots=True)
class Demo:
    """The served demo, its people by role, and where the owner of Lumen begins."""

    app: Served
    emails: dict[str, str]
    password: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with served("", demo=True) as app:
        people = [
            one
            for one in json.loads(app.cmhub("demo", "--json"))
            if one["email"].endswith("@lumen.example")
        ]
        emails = {one["role"]: one["email"] for one in people}
        yield Demo(app, emails, people[0]["password"])


def _context(browser: Browser, demo: Demo, width: int = 1440, **given: Any) -> BrowserContext:
    context = browser.new_context(
        base_url=demo.app.url, viewport={"width": width, "height": 900}, **{"locale": "en", **given}
    )
    context.set_default_timeout(SOON)
    return context


def _sign_in(page: Page, demo: Demo, role: str) -> str:
    """Sign in and return the address of the workspace where one begins."""
    page.goto("/auth/sign-in/")
    page.fill("#email", demo.emails[role])
    page.fill("#password", demo.password)
    page.click("button.primary")
    page.locator("#content h1").wait_for()
    way = page.locator("[data-way='workspaces'][href^='/w/']").first
    path = way.get_attribute("href") or ""
    assert path.startswith("/w/"), page.url
    return demo.app.url + path.rstrip("/").rsplit("/", 1)[0]


@pytest.fixture(scope="module")
def kept(browser: Browser, demo: Demo) -> dict[str, Any]:
    """The cookies of the owner, in English, signed in once."""
    context = _context(browser, demo)
    page = context.new_page()
    address = _sign_in(page, demo, "owner")
    page.locator("summary", has=page.locator(".tile-round")).click()
    page.get_by_role("button", name="English").click()
    page.locator("html[lang=en] #content h1").wait_for()
    state = context.storage_state()
    context.close()
    return {"address": address, "state": state}


@pytest.fixture
def page(browser: Browser, demo: Demo, kept: dict[str, Any]) -> Iterator[Page]:
    """The owner on the activity of their first workspace."""
    context = _context(browser, demo, storage_state=kept["state"])
    one = context.new_page()
    one.goto(f"{kept['address']}/activity/")
    one.locator(".bars").first.wait_for()
    yield one
    context.close()


# finding and going


def test_the_palette_goes_to_places_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search and go")
    expect(field).to_be_focused()
    page.keyboard.type("conn")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Connections")
    expect(field).to_have_attribute("aria-activedescendant", "palette-0")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Connections", level=1).wait_for()
    expect(field).to_be_hidden()


def test_the_palette_moves_with_the_arrows_and_says_how_much_it_found(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search and go")
    palette = page.locator("#palette")
    for key, place in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1)):
        page.keyboard.press(key)
        expect(field).to_have_attribute("aria-activedescendant", f"palette-{place}")
        expect(page.locator(f"#palette-{place}")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("xqzw")
    expect(palette.get_by_role("status")).to_have_text("0 results")
    expect(palette).to_contain_text("Nothing found")


def test_the_palette_remembers_nothing(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search and go")
    page.keyboard.type("something private")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(field).to_have_value("")
    kept = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "private" not in kept
    assert "private" not in page.url


def test_the_palette_opens_other_workspaces(page: Page) -> None:
    before = page.url.split("/activity/")[0]
    page.keyboard.press("Control+k")
    page.keyboard.type("lumen")
    workspaces = page.get_by_role("group", name="Workspaces").get_by_role("option")
    expect(workspaces.nth(1)).to_be_visible()
    workspaces.last.click()
    page.wait_for_url(lambda url: not url.startswith(before))
    page.locator("#content h1").wait_for()


def test_the_palette_offers_what_the_page_can_do(page: Page, kept: dict[str, Any]) -> None:
    page.goto(f"{kept['address']}/inbox/")
    page.locator("[data-row]").first.wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("filter")
    page.get_by_role("group", name="On this page").get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] > .filter-button")).to_be_visible()


def test_g_and_a_letter_go(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.get_by_role("heading", name="Connections", level=1).wait_for()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.get_by_role("heading", name="Activity", level=1).wait_for()


@pytest.mark.parametrize(
    "given",
    [
        {"key": "?", "code": "Slash", "shiftKey": True},  # QWERTY
        {"key": "?", "code": "KeyM", "shiftKey": True},  # AZERTY
        {"key": "?", "code": "Minus", "shiftKey": True},  # QWERTZ
    ],
)
def test_the_shortcuts_are_shown_on_every_keyboard(page: Page, given: dict[str, Any]) -> None:
    page.evaluate(KEY, given)
    shown = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shown).to_contain_text("Activity")
    expect(shown).to_contain_text("Search and go")
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_characters_of_alt_gr_and_other_layouts_do_nothing_else(page: Page) -> None:
    here = page.url
    for given in (
        {"key": "g", "code": "KeyG", "ctrlKey": True, "altKey": True},
        {"key": "@", "code": "Digit0", "ctrlKey": True, "altKey": True},
        {"key": "G", "code": "KeyG", "shiftKey": True},
    ):
        page.evaluate(KEY, given)
        page.keyboard.press("i")
    page.wait_for_timeout(300)
    assert page.url == here


def test_no_shortcut_fires_while_somebody_types(page: Page) -> None:
    here = page.url
    page.keyboard.press("Control+k")
    page.keyboard.type("gi?")
    expect(page.get_by_role("combobox")).to_have_value("gi?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    page.keyboard.press("Escape")
    assert page.url == here


# the menu


def test_the_menu_counts_what_waits(page: Page, kept: dict[str, Any]) -> None:
    page.goto(f"{kept['address']}/inbox/")
    way = page.get_by_role("complementary").get_by_role("link", name="Inbox")
    counted = way.locator(".count [aria-hidden]")
    counted.wait_for()
    expect(page.locator(".tab-link[aria-current='page']")).to_contain_text(counted.inner_text())


def test_the_switcher_is_worked_by_keyboard(page: Page) -> None:
    before = page.url.split("/activity/")[0]
    page.locator("summary.switch").focus()
    page.keyboard.press("Enter")
    ways = page.locator(".switch + .floating")
    expect(ways).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(ways.get_by_role("link").last).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.startswith(before))
    page.locator("summary.switch").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(ways).to_be_hidden()
    expect(page.locator("summary.switch")).to_be_focused()


def test_the_collapsed_menu_stays_collapsed(page: Page) -> None:
    page.get_by_role("button", name="Collapse menu").click()
    page.reload()
    way = page.get_by_role("complementary").get_by_role("link", name="Inbox")
    way.wait_for()
    assert page.locator(".sidebar").evaluate("one => one.offsetWidth") == 56
    way.click()
    page.get_by_role("heading", name="Inbox", level=1).wait_for()


def test_the_drawer_of_a_phone(browser: Browser, demo: Demo, kept: dict[str, Any]) -> None:
    context = _context(browser, demo, 390, storage_state=kept["state"], has_touch=True)
    page = context.new_page()
    page.goto(f"{kept['address']}/activity/")
    page.locator(".bars").first.wait_for()
    bar = page.locator(".bottom-bar")
    for place in range(bar.locator("> *").count()):
        box = bar.locator("> *").nth(place).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    bar.get_by_role("button", name="More").tap()
    menu = page.locator(".sidebar")
    expect(menu).to_be_visible()
    for way in menu.locator("nav .way").all():
        box = way.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    bar.get_by_role("button", name="More").tap()
    menu.get_by_role("link", name="Connections").tap()
    page.get_by_role("heading", name="Connections", level=1).wait_for()
    expect(menu).to_be_hidden()
    context.close()


# language and look


def test_language_and_look_follow_the_user_to_another_browser(browser: Browser, demo: Demo) -> None:
    first = _context(browser, demo)
    page = first.new_page()
    _sign_in(page, demo, "analyst")
    account = page.locator("summary", has=page.locator(".tile-round"))
    for name in (re.compile("^Français$"), re.compile("^(Dark|Sombre)$")):
        account.click()
        page.get_by_role("button", name=name).click()
        page.locator("#content h1").wait_for()
    expect(page.locator("html")).to_have_attribute("data-theme", "cmhub-dark")
    first.close()
    second = _context(browser, demo)
    page = second.new_page()
    _sign_in(page, demo, "analyst")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("html")).to_have_attribute("data-theme", "cmhub-dark")
    second.close()


# what is not there


def test_what_is_not_there_says_so_in_place_of_the_page(page: Page, kept: dict[str, Any]) -> None:
    agency = kept["address"].rsplit("/", 1)[0]
    page.goto(f"{agency}/no-such-place/inbox/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    expect(page.locator(".skeleton")).to_have_count(0)
    page.get_by_role("link", name="Go to your workspace").click()
    page.wait_for_url(lambda url: "no-such-place" not in url)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("There is nothing here")


def test_what_is_not_open_says_why_and_whom_to_ask(browser: Browser, demo: Demo) -> None:
    context = _context(browser, demo)
    page = context.new_page()
    address = _sign_in(page, demo, "client")
    page.goto(f"{address}/inbox/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cette page ne vous est pas ouverte")
    expect(page.locator("#content")).to_contain_text("Lumen")
    expect(page.locator(".skeleton, [data-row]")).to_have_count(0)
    page.get_by_role("complementary").get_by_role("link", name="Activité").click()
    page.get_by_role("heading", name="Activité", level=1).wait_for()
    context.close()


@pytest.mark.parametrize(
    ("locale", "title"), [("en", "There is nothing here"), ("fr", "Il n’y a rien ici")]
)
def test_addresses_that_lead_nowhere(browser: Browser, demo: Demo, locale: str, title: str) -> None:
    context = _context(browser, demo, locale=locale)
    page = context.new_page()
    for path in ("/nowhere/", f"/{locale}/help/nothing/", "/auth/nowhere"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 404, path
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
    context.close()


# the line


def test_a_lost_connection_is_told_and_comes_back(page: Page, demo: Demo) -> None:
    told = page.locator(".offline")
    expect(told).to_have_count(0)
    demo.app.kill_web()
    expect(told).to_be_visible(timeout=SOON)
    expect(told).to_contain_text("connection is lost")
    expect(told).to_have_count(0, timeout=60_000)
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.get_by_role("heading", name="Connections", level=1).wait_for()


# on a phone's screen


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_can_be_installed(browser: Browser, demo: Demo, language: str) -> None:
    context = _context(browser, demo, locale=language)
    page = context.new_page()
    page.goto("/nowhere/")
    page.locator("h1").wait_for()
    link = page.locator("link[rel=manifest]").get_attribute("href")
    assert link is not None
    manifest = page.evaluate("path => fetch(path).then((answer) => answer.json())", link)
    assert manifest["lang"] == language
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        picture = Image.open(io.BytesIO(context.request.get(icon["src"]).body()))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
    context.close()


def test_without_a_line_one_page_is_shown_and_nothing_else_was_kept(
    browser: Browser, demo: Demo, kept: dict[str, Any]
) -> None:
    context = _context(browser, demo, storage_state=kept["state"])
    page = context.new_page()
    page.goto(f"{kept['address']}/activity/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept_paths = page.evaluate(
        """async () => {
            const names = await caches.keys();
            const opened = await Promise.all(names.map((one) => caches.open(one)));
            const all = await Promise.all(opened.map((one) => one.keys()));
            return all.flat().map((one) => new URL(one.url).pathname);
        }"""
    )
    assert kept_paths == ["/offline/"]
    context.set_offline(True)
    page.goto(f"{kept['address']}/inbox/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")
    context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("heading", name="Inbox", level=1).wait_for()
    context.close()
