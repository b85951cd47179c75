"""Every screen in both languages, both themes, on a desk and on a phone."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
JAVASCRIPT = 200 * 1024
STYLES = 15 * 1024
READERS = [
    ("en", "light", 1440),
    ("fr", "dark", 1440),
    ("fr", "light", 390),
    ("en", "dark", 390),
]
OUTSIDE = (
    "/",
    "/pricing/",
    "/help/",
    "/help/matrix/",
    "/privacy/",
    "/auth/sign-in/",
    "/auth/sign-up/",
    "/auth/forgot/",
    "/auth/sent/?for=reset",
)
INSIDE = (
    "home/",
    "home/?notes=1",
    "home/?write=1",
    "inbox/",
    "inbox/?state=done",
    "inbox/?state=waiting",
    "inbox/?state=snoozed&assignee=me",
    "settings/labels/",
    "settings/labels/?label=new",
    "settings/replies/",
    "settings/replies/?reply=new",
    "members/",
    "search/?q=merci",
    "activity/",
    "activity/?days=7",
    "connections/",
    "connections/?connect=matrix",
    "tasks/",
    "tasks/?whose=done",
    "settings/import/",
    "settings/export/",
    "settings/people/",
    "settings/",
    "settings/hours/",
)
AGENCY = (
    "",
    "?show=waiting&sort=name",
    "people/",
    "people/?invite=yes",
    "workspaces/",
    "audit/",
    "audit/?kind=workspace",
    "audit/?q=nothing+like+that",
    "jobs/",
    "settings/",
)
ME = ("/me/", "/me/security/", "/me/second-factor/")


@dataclass(frozen=True, slots=True)
class Demo:
    """The served demo and somebody who may see all of it."""

    app: Served
    email: str
    password: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with served("", demo=True) as app:
        sign_ins = json.loads(app.cmhub("demo", "--json"))
        owner = next(one for one in sign_ins if one["role"] == "owner")
        yield Demo(app, owner["email"], owner["password"])


def _page(browser: Browser, demo: Demo, language: str, theme: str, width: int) -> Page:
    context = browser.new_context(
        base_url=demo.app.url,
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    for name, value in (("cmhub_lang", language), ("cmhub_theme", theme)):
        context.add_cookies([{"name": name, "value": value, "url": demo.app.url}])
    context.set_default_timeout(20_000)
    return context.new_page()


def _sign_in(page: Page, demo: Demo) -> str:
    page.goto("/auth/sign-in/")
    page.fill("#email", demo.email)
    page.fill("#password", demo.password)
    chosen = [
        one for one in page.context.cookies() if one.get("name") in ("cmhub_lang", "cmhub_theme")
    ]
    page.click("button.primary")
    page.locator("h1").wait_for()
    # Signing in brings what the account prefers; here somebody wants it otherwise.
    page.context.add_cookies(chosen)  # pyright: ignore[reportArgumentType]
    page.reload()
    page.locator("h1").wait_for()
    # Who has several workspaces comes to the agency's Home; the first one's inbox is next.
    home = page.locator(".agency-way").first.get_attribute("href") or ""
    base = demo.app.url + home.removesuffix("/home/")
    page.goto(f"{base}/inbox/")
    page.locator("h1").wait_for()
    return base


def _faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    page.wait_for_load_state("networkidle")
    expect(page.locator(".skeleton"), page.url).to_have_count(0)
    found = [
        f"{page.url}: {one['id']} {one['nodes'][0]['html'][:150]}"
        for one in Axe().run(page).response["violations"]
    ]
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return [*found, f"{page.url} is too wide"] if page.evaluate(wide) else found


@pytest.mark.parametrize(("language", "theme", "width"), READERS)
def test_no_screen_has_a_fault(
    browser: Browser, demo: Demo, language: str, theme: str, width: int
) -> None:
    page = _page(browser, demo, language, theme, width)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    faults: list[str] = []
    for path in OUTSIDE:
        page.goto(path)
        faults += _faults(page)
    base = _sign_in(page, demo)
    for path in INSIDE:
        page.goto(f"{base}/{path}")
        faults += _faults(page)
    for path in ME:
        page.goto(path)
        faults += _faults(page)
    for path in AGENCY:
        page.goto(f"{base.rsplit('/', 1)[0].replace('/w/', '/a/')}/{path}")
        faults += _faults(page)
    page.goto(f"{base}/inbox/")
    page.locator("[data-row]").first.click()
    page.get_by_role("article").wait_for()
    faults += _faults(page)
    page.context.close()
    assert faults == []
    assert broken == []


def test_the_first_page_is_light(browser: Browser, demo: Demo) -> None:
    page = _page(browser, demo, "en", "light", 1440)
    asked: dict[str, str] = {}
    page.on("request", lambda one: asked.update({one.url: one.resource_type}))
    base = _sign_in(page, demo)
    asked.clear()
    page.goto(f"{base}/inbox/")
    page.wait_for_load_state("networkidle")
    sizes = {"script": 0, "stylesheet": 0}
    for url, kind in asked.items():
        if kind in sizes:
            sizes[kind] += len(gzip.compress(page.context.request.get(url).body()))
    print({kind: f"{size / 1024:.1f} KiB" for kind, size in sizes.items()})
    page.context.close()
    assert 0 < sizes["script"] <= JAVASCRIPT
    assert 0 < sizes["stylesheet"] <= STYLES


def test_the_language_and_the_look_change_and_stay(browser: Browser, demo: Demo) -> None:
    page = _page(browser, demo, "en", "light", 1440)
    _sign_in(page, demo)
    for language, title in (("Français", "Boîte de réception"), ("English", "Inbox")):
        page.locator("summary", has=page.locator(".tile-round")).click()
        page.get_by_role("button", name=language).click()
        page.get_by_role("heading", name=title, level=1).wait_for()
    page.context.close()


def test_the_menu_opens_on_a_phone_and_the_list_comes_back(browser: Browser, demo: Demo) -> None:
    page = _page(browser, demo, "en", "light", 390)
    _sign_in(page, demo)
    page.locator("[data-row]").first.click()
    page.get_by_role("article").wait_for()
    page.get_by_role("link", name="Back to the list").click()
    page.locator("[data-row]").first.wait_for()
    page.get_by_role("button", name="More").click()
    page.get_by_role("complementary").get_by_role("link", name="Activity").click()
    page.get_by_role("heading", name="Activity", level=1).wait_for()
    page.context.close()


def test_the_keyboard_moves_through_the_list(browser: Browser, demo: Demo) -> None:
    page = _page(browser, demo, "en", "light", 1440)
    _sign_in(page, demo)
    page.locator("[data-row]").first.wait_for()
    for number in (0, 1):
        page.keyboard.press("j")
        page.locator(f"li:nth-child({number + 1}) > [data-row][aria-current='true']").wait_for()
    page.keyboard.press("k")
    page.locator("li:nth-child(1) > [data-row][aria-current='true']").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("Escape")
    page.context.close()
